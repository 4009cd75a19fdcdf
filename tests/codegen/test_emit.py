"""What leaves code generation: bytes, relocations, lines, names."""

from __future__ import annotations

import pytest

from tests.codegen.on_kernel import ARGUMENTS, SPAN, built, compiled, interpreted, module_of, new_function, run
from tuibpf.diagnostics import CompileError, Span
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.types import U64
from tuibpf.isa import Helper
from tuibpf.program import Line, Relocation


def test_relocations_and_lines() -> None:
    """A relocation names the first slot of its two; a line starts where the span changes, the first one at 0."""

    def body(build: Builder) -> None:
        build.span = None
        key = build.slot("key", 4)
        build.span = Span(3, 4, 3, 9)
        build.store(key, 0, 4, build.const(0))
        build.span = Span(4, 0, 4, 2)
        build.call(Helper.MAP_DELETE_ELEM, build.map("out"), key)
        build.span = Span(5, 0, 5, 2)
        build.atomic("add", build.map_value("out", 16), 8, 8, build.const(1))
        build.done()

    (program,) = compiled(built(body))
    # 0: key = 0; 1: r1 = out; 3: r2 = r10; 4: r2 += -8; 5: call; 6: address; 8: 1; 9: add; 10: r0 = 0; 11: exit
    assert program.relocations == (Relocation(1, "out", None), Relocation(6, "out", 16))
    assert program.lines == (Line(0, Span(3, 4, 3, 9)), Line(1, Span(4, 0, 4, 2)), Line(6, Span(5, 0, 5, 2)))
    assert program.slots == 12


def test_a_program_without_spans_stems_from_its_function() -> None:
    function = new_function()
    build = Builder(function)
    build.span = None
    build.done()
    (program,) = compiled(module_of(function))
    assert program.lines == (Line(0, SPAN),)


def test_names_are_what_the_kernel_takes() -> None:
    function = new_function("größte_probe_von_allen")
    Builder(function).done()
    (program,) = compiled(module_of(function))
    assert program.name == "gr__te_probe_vo"


def test_unreachable_code_is_left_out() -> None:
    """The verifier refuses it."""

    def body(build: Builder) -> None:
        build.done()
        build.begin(Block())
        build.done(build.const(7))

    (program,) = compiled(built(body), optimise=False)
    assert program.slots == 2


def test_both_ways_of_a_branch_to_one_block() -> None:
    def body(build: Builder) -> None:
        after = Block()
        build.branch("eq", build.load(build.append(ops.Context()), 0, U64), build.const(0), after, after)
        build.begin(after)
        build.done()

    (program,) = compiled(built(body), optimise=False)
    assert program.slots == 3


def test_a_block_of_void_moves_is_jumped_over() -> None:
    """``x if x > 3 else 3``: where both share a register, one way has nothing to do."""

    def body(build: Builder) -> None:
        value = build.load(build.append(ops.Context()), 0, U64)
        keep, other, after = Block(), Block(), Block()
        build.branch("gt", value, build.const(3), keep, other)
        build.begin(keep)
        build.jump(after)
        build.begin(other)
        three = build.const(3)
        build.jump(after)
        build.begin(after)
        phi = build.phi(U64)
        phi.add(keep, value)
        phi.add(other, three)
        build.done(phi)

    (program,) = compiled(built(body))
    # r0 = argument; if r0 > 3 goto +1; r0 = 3; exit
    assert program.slots == 4


@pytest.mark.usefixtures("privileged")
def test_a_loop_at_the_end_of_a_branch() -> None:
    """Blocks that lie in another order than control runs through them."""

    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        limit = build.binary("and", build.load(context, 0, U64), build.const(7), U64)
        zero, entry = build.const(0), build.block
        head, after, inside = Block(), Block(), Block()
        build.jump(head)
        build.begin(after)
        counter = build.phi(U64, head)
        build.done(counter)
        build.begin(head)
        build.branch("lt", counter, limit, inside, after)
        build.begin(inside)
        following = build.binary("add", counter, build.const(1), U64)
        build.jump(head)
        counter.add(entry, zero)
        counter.add(inside, following)

    inputs = [[n] * ARGUMENTS for n in (0, 5, 15)]
    for optimise in (False, True):
        module = built(body)
        assert run(module, compiled(module, optimise=optimise), inputs) == interpreted(module.functions[0], inputs)


def test_a_jump_too_far() -> None:
    def body(build: Builder) -> None:
        out = build.map_value("out", 0)
        far, near = Block(), Block()
        value = build.load(build.append(ops.Context()), 0, U64)
        build.branch("eq", value, build.const(0), near, far)
        build.begin(near)
        for _ in range(11_000):
            build.store(out, 0, 8, value)  # three slots each: the address, then the store
        build.jump(far)
        build.begin(far)
        build.done()

    with pytest.raises(CompileError, match="a jump reaches over 32767 at most"):
        compiled(built(body), optimise=False)

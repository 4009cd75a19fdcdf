"""More values than registers: what is spilled, what is not, and that the outcome is always the same."""

from __future__ import annotations

import pytest

from tests.codegen.on_kernel import ARGUMENTS, built, compiled, interpreted, module_of, new_function, run
from tuibpf.diagnostics import CompileError
from tuibpf.ir import Block, Builder, Module, check_function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import U64
from tuibpf.isa import Helper

_INPUTS = [[3 * n + 1 for n in range(ARGUMENTS)], [(1 << 64) - 1 - n for n in range(ARGUMENTS)]]


def values_across_calls(count: int) -> Module:
    """*count* values made before a call, all wanted after it, and after another one."""

    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        arguments = [build.load(context, 8 * n, U64) for n in range(ARGUMENTS)]
        values: list[Op] = []
        for n in range(count):
            odd = build.binary("mul", arguments[n % ARGUMENTS], build.const(2 * n + 3), U64)
            values.append(build.binary("xor", odd, arguments[(n + 3) % ARGUMENTS], U64))
        a, b = build.slot("a", 8), build.slot("b", 8)
        total: Op = build.const(0)
        for turn in range(2):
            build.store(a, 0, 8, values[turn])
            build.call(Helper.PROBE_READ_KERNEL, b, build.const(8), a)
            total = build.binary("add", total, build.load(b, 0, U64), U64)
            for n, value in enumerate(values):
                total = build.binary("add", total, build.binary("mul", value, build.const(n + turn + 5), U64), U64)
        build.store(build.map_value("out", 0), 0, 8, total)
        build.done(total)

    return built(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("count", [4, 9, 30, 45])
@pytest.mark.parametrize("optimise", [True, False])
def test_pressure(count: int, optimise: bool) -> None:
    module = values_across_calls(count)
    wanted = interpreted(module.functions[0], _INPUTS)
    assert run(module, compiled(module, optimise=optimise), _INPUTS) == wanted


def test_nothing_is_spilled_while_registers_suffice() -> None:
    (program,) = compiled(values_across_calls(2))
    assert program.stack_bytes == 16


def test_values_that_are_never_alive_together_share_their_bytes() -> None:
    """Thirty values live across the calls: those that found no register take 8 bytes each, the arguments none more."""
    (program,) = compiled(values_across_calls(30))
    assert program.stack_bytes <= 16 + 8 * 30


def test_always_the_same() -> None:
    first, second = (compiled(values_across_calls(30)) for _ in range(2))
    assert first == second


def rotation(count: int, rounds: int) -> Module:
    """A loop in which *count* values change places: the copies on its way back are one cycle."""
    function = new_function()
    build = Builder(function)
    context = build.append(ops.Context())
    entry, head, inside, after = build.block, Block(), Block(), Block()
    values = [build.load(context, 8 * (n % ARGUMENTS), U64) for n in range(count)]
    zero = build.const(0)
    build.jump(head)
    build.begin(head)
    counter, *places = [build.phi(U64) for _ in range(count + 1)]
    build.branch("lt", counter, build.const(rounds), inside, after)
    build.begin(inside)
    following = build.binary("add", counter, build.const(1), U64)
    build.jump(head)
    counter.add(entry, zero)
    counter.add(inside, following)
    for n, place in enumerate(places):
        place.add(entry, values[n])
        place.add(inside, places[(n + 1) % count])
    build.begin(after)
    out = build.map_value("out", 0)
    for n, place in enumerate(places):
        build.store(out, 8 * n, 8, place)
    build.done(counter)
    check_function(function)
    return module_of(function)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("count", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("optimise", [True, False])
def test_phis_change_places_at_once(count: int, optimise: bool) -> None:
    module = rotation(count, 5)
    wanted = interpreted(module.functions[0], _INPUTS)
    assert run(module, compiled(module, optimise=optimise), _INPUTS) == wanted


def bounded_under_pressure(count: int, *, bounded: bool) -> Module:
    """A size that is compared with its bound, and used for that only after a call that *count* values survive."""

    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        arguments = [build.load(context, 8 * n, U64) for n in range(ARGUMENTS)]
        values = [build.binary("mul", arguments[n % ARGUMENTS], build.const(n + 3), U64) for n in range(count)]
        target, source = build.slot("target", 64), build.slot("source", 64)
        for slot in (target, source):
            for at in range(0, 64, 8):
                build.store(slot, at, 8, values[at // 8 % count])
        size = arguments[0]
        fits, end = Block(), Block()
        if bounded:
            build.branch("le", size, build.const(64), fits, end)
        else:
            build.jump(fits)
        build.begin(fits)
        build.call(Helper.PROBE_READ_KERNEL, source, build.const(8), target)
        build.call(Helper.PROBE_READ_KERNEL, target, size, source)
        total = build.load(target, 0, U64)
        for value in values:
            total = build.binary("add", total, value, U64)
        build.store(build.map_value("out", 0), 0, 8, total)
        build.jump(end)
        build.begin(end)
        build.done()

    return built(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("count", [1, 4, 20])
def test_the_verifier_sees_bounds_under_pressure(count: int) -> None:
    inputs = [[size] + [9] * (ARGUMENTS - 1) for size in (0, 8, 64, 65)]
    module = bounded_under_pressure(count, bounded=True)
    wanted = interpreted(module.functions[0], inputs)
    assert run(module, compiled(module), inputs) == wanted
    unbounded = bounded_under_pressure(count, bounded=False)
    with pytest.raises(CompileError, match="verifier refuses probe"):
        run(unbounded, compiled(unbounded), inputs)

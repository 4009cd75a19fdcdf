"""The forms of instructions: each short one where it fits, each long one where it must, the same result from both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.codegen.on_kernel import ARGUMENTS, atomic_operators, built, compiled, interpreted, run
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import S8, S16, S32, S64, U8, U16, U32, U64, IntType

_INPUTS = [
    [0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0, 1, 0x8000_0000, 0xFFFF_FFFF, 1 << 63, (1 << 64) - 1],
    [5] * ARGUMENTS,
]
_CONSTANTS = (
    0, 1, 255, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63,
    0xFFFF_FFFF_7FFF_FFFF, 0xFFFF_FFFF_8000_0000, (1 << 64) - 1, -1, -(1 << 31), -(1 << 63),
)  # fmt: skip
_OPERATORS = ("add", "sub", "mul", "div", "mod", "and", "or", "xor")
_CONDITIONS = ("eq", "ne", "lt", "le", "gt", "ge", "slt", "sle", "sgt", "sge", "set")


def check(body: Callable[[Builder, list[Op], Op], None]) -> None:
    """Run what *body* makes of the arguments and the address of ``out``, with and without passes."""

    def whole(build: Builder) -> None:
        context = build.append(ops.Context())
        arguments = [build.load(context, 8 * n, U64) for n in range(ARGUMENTS)]
        body(build, arguments, build.map_value("out", 0))
        build.done(arguments[0])

    for optimise in (False, True):
        module = built(whole)
        wanted = interpreted(module.functions[0], _INPUTS)
        assert run(module, compiled(module, optimise=optimise), _INPUTS) == wanted


def binary(build: Builder, operator: str, left: Op, right: Op) -> Op:
    """The operation itself, which the builder's own might fold."""
    return build.append(ops.Binary(operator, left, right, U64, None))


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("operator", _OPERATORS)
def test_arithmetic_with_constants(operator: str) -> None:
    def body(build: Builder, arguments: list[Op], out: Op) -> None:
        for n, constant in enumerate(_CONSTANTS):
            build.store(out, 32 * n, 8, binary(build, operator, arguments[n % ARGUMENTS], build.const(constant)))
            build.store(out, 32 * n + 8, 8, binary(build, operator, build.const(constant), arguments[n % ARGUMENTS]))
            same = binary(build, operator, arguments[n % ARGUMENTS], arguments[n % ARGUMENTS])
            build.store(out, 32 * n + 16, 8, same)
            build.store(out, 32 * n + 24, 8, build.const(constant))

    check(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("operator", ["lsh", "rsh", "arsh"])
def test_shifts(operator: str) -> None:
    def body(build: Builder, arguments: list[Op], out: Op) -> None:
        for n, count in enumerate((0, 1, 7, 31, 32, 33, 63)):
            build.store(out, 16 * n, 8, binary(build, operator, arguments[n], build.const(count)))
            bounded = build.binary("and", arguments[n + 1], build.const(63), U64)
            build.store(out, 16 * n + 8, 8, binary(build, operator, arguments[n], bounded))

    check(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("condition", _CONDITIONS)
def test_conditions(condition: str) -> None:
    """Of a value and a constant, a constant and a value, two values; both orders of what comes next in memory."""
    for n, constant in enumerate(_CONSTANTS):

        def body(build: Builder, arguments: list[Op], out: Op) -> None:
            value, known = arguments[n % ARGUMENTS], build.const(constant)  # noqa: B023 (called in the same turn)
            for at, (left, right) in enumerate(((value, known), (known, value), (value, arguments[3]))):
                yes, no, after = Block(), Block(), Block()
                build.branch(condition, left, right, yes, no)
                for block in (yes, no) if at % 2 else (no, yes):
                    build.begin(block)
                    build.store(out, at, 1, build.const(1 if block is yes else 2))
                    build.jump(after)
                build.begin(after)

        check(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("type", [U8, U16, U32, U64, S8, S16, S32, S64], ids=str)
def test_widths(type: IntType) -> None:
    def body(build: Builder, arguments: list[Op], out: Op) -> None:
        slot = build.slot("bytes", 64)
        for n, argument in enumerate(arguments):
            build.store(slot, 8 * n, 8, argument)
            build.store(out, 64 * n, 8, build.load(slot, 8 * n, type))
            build.store(out, 64 * n + 8, 8, build.append(ops.Convert(argument, type, None)))
            build.store(out, 64 * n + 16, type.size, argument)
            if not type.signed:
                build.store(out, 64 * n + 24, 8, build.swap(argument, type))
        for n, constant in enumerate(_CONSTANTS):
            build.store(out, 512 + 16 * n, type.size, build.const(constant))
            build.store(out, 512 + 16 * n + 8, 8, build.append(ops.Convert(build.const(constant), type, None)))

    check(body)


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("operator", ["add", "or", "and", "xor"])
def test_atomic(operator: str) -> None:
    if operator not in atomic_operators():
        pytest.skip(reason=f"this kernel refuses an atomic {operator!r}")

    def body(build: Builder, arguments: list[Op], out: Op) -> None:
        slot = build.slot("bytes", 16)
        for place, size in ((out, 8), (out, 4), (slot, 8), (slot, 4)):
            build.store(place, 8, 8, arguments[0])
            build.atomic(operator, place, 8, size, arguments[1])
            build.atomic(operator, place, 8, size, build.const(0x1_0000_0005))
            build.store(out, 16 + 8 * size + (0 if place is out else 8), 8, build.load(place, 8, U64))

    check(body)


@pytest.mark.usefixtures("privileged")
def test_far_offsets() -> None:
    """Beyond 16 bits the address is computed first; a chain of constants is one."""

    def body(build: Builder, arguments: list[Op], out: Op) -> None:
        back = build.offset(out, -40_000)
        build.store(back, 40_008, 8, arguments[1])
        chained = build.offset(build.offset(build.offset(out, 16), 100), -92)
        build.store(chained, 8, 8, arguments[2])
        slot = build.slot("bytes", 32)
        build.store(build.offset(slot, 16), 8, 8, arguments[3])
        build.store(out, 64, 8, build.load(slot, 24, U64))

    check(body)


def test_constants_cost_no_register_and_no_instruction_where_they_fit() -> None:
    def body(build: Builder) -> None:
        out = build.map_value("out", 0)
        context = build.append(ops.Context())
        value = build.load(context, 0, U64)
        build.store(out, 0, 4, build.const(0xFFFF_FFFF))
        yes, no = Block(), Block()
        build.branch("lt", value, build.const(10), yes, no)
        build.begin(yes)
        build.done(build.binary("add", value, build.const(7), U64))
        build.begin(no)
        build.done()

    (program,) = compiled(built(body))
    # the address (2 slots), its store; the load into r0, the branch; add, exit; r0 = 0, exit
    assert program.slots == 3 + 2 + 2 + 2

"""Simplification, rule by rule."""

from __future__ import annotations

import pytest

from tests.passes.before_after import after
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, INTEGERS, S32, U8, U16, U32, U64, IntType


def first(build: Builder) -> Op:
    return build.load(build.append(ops.Context()), 0, U64)


def simplified(operator: str, left: int | None, right: int | None, type: IntType = U64) -> str:
    """What is stored of ``left operator right``, the program's first argument standing for None."""

    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        value = build.load(context, 0, U64)
        a, b = (value if one is None else build.const(one) for one in (left, right))
        result = build.append(ops.Binary(operator, a, b, type, None))
        build.store(build.map_value("out", 0), 0, 8, result)
        build.done()

    lines = after("simplify", body, tidy=True).splitlines()
    stored = next(line for line in lines if "store" in line).rpartition(", ")[2]
    made = next((line.split(" = ")[1] for line in lines if line.strip().startswith(f"{stored}:")), stored)
    argument = next((line.split(":")[0].strip() for line in lines if "= load" in line), "x")
    return made.replace("load %0 + 0", "x").replace("load %1 + 0", "x").replace(argument, "x")


@pytest.mark.parametrize(
    ("operator", "left", "right", "wanted"),
    [
        ("add", None, 0, "x"), ("add", 5, None, "add x, 5"), ("sub", None, 0, "x"), ("sub", None, None, "0"),
        ("sub", 0, None, "sub 0, x"), ("mul", None, 1, "x"), ("mul", 8, None, "lsh x, 3"), ("mul", None, 0, "0"),
        ("mul", None, 10, "mul x, 10"), ("div", None, 1, "x"), ("div", None, 16, "rsh x, 4"), ("div", None, 0, "0"),
        ("div", None, 1 << 63, "rsh x, 63"), ("div", 1, None, "div 1, x"), ("mod", None, 16, "and x, 15"),
        ("mod", None, 1, "0"), ("mod", None, 0, "x"), ("and", None, 0, "0"), ("and", None, -1, "x"),
        ("and", None, (1 << 64) - 1, "x"), ("and", None, None, "x"), ("or", None, None, "x"), ("or", 0, None, "x"),
        ("xor", None, None, "0"), ("xor", None, 0, "x"), ("lsh", None, 0, "x"), ("arsh", None, 0, "x"),
        ("lsh", 0, None, "lsh 0, x"), ("add", 2, 3, "5"), ("sub", 2, 3, str((1 << 64) - 1)), ("div", 7, 0, "0"),
        ("mod", 7, 0, "7"), ("arsh", -8, 1, str((1 << 64) - 4)), ("rsh", -8, 60, "15"), ("lsh", 1, 63, str(1 << 63)),
    ],
)  # fmt: skip
def test_arithmetic(operator: str, left: int | None, right: int | None, wanted: str) -> None:
    assert simplified(operator, left, right) == wanted


def test_a_signed_result_is_a_signed_constant() -> None:
    assert simplified("sub", 2, 3, INTEGERS[64, True]) == "-1"


def test_constant_offsets_end_up_in_the_operation() -> None:
    def body(build: Builder) -> None:
        pointer = build.load(build.append(ops.Context()), 0, ADDRESS)
        place = build.offset(build.offset(pointer, 16), 24)
        value = build.load(place, 4, U32)
        build.store(build.offset(build.map_value("out", 0), 8), 8, 4, value)
        far = build.load(build.offset(pointer, 40_000), 0, U32)
        build.atomic("add", build.offset(build.map_value("out", 0), 16), 0, 8, far)
        build.done()

    assert after("simplify", body, tidy=True) == (
        "b0:\n"
        "   %0: address = context\n"
        "   %1: address = load %0 + 0\n"
        "   %2: u32 = load %1 + 44\n"
        "   %3: address = value of out + 0\n"
        "   store.4 %3 + 16, %2\n"
        "   %5: address = add %1, 40000\n"
        "   %6: u32 = load %5 + 0\n"
        "   %7: address = value of out + 0\n"
        "   atomic.8 add %7 + 16, %6\n"
        "   return 0\n"
    )


@pytest.mark.parametrize("given", INTEGERS.values(), ids=str)
@pytest.mark.parametrize("wanted", INTEGERS.values(), ids=str)
def test_a_conversion_that_changes_no_register_goes(given: IntType, wanted: IntType) -> None:
    """It stays only where some value of the one type lies in another way as the other one."""

    def body(build: Builder) -> None:
        value = build.load(build.append(ops.Context()), 0, given)
        build.store(build.map_value("out", 0), 0, 8, build.append(ops.Convert(value, wanted, None)))
        build.done()

    changes = wanted.bits < 64 and not (wanted.minimum <= given.minimum and given.maximum <= wanted.maximum)
    assert ("convert" in after("simplify", body, tidy=True)) == changes


def test_conversions_in_a_row() -> None:
    def body(build: Builder) -> None:
        value = first(build)
        narrow = build.append(ops.Convert(build.append(ops.Convert(value, U32, None)), U8, None))
        build.store(build.map_value("out", 0), 0, 8, narrow)
        widened = build.append(ops.Convert(build.append(ops.Convert(value, U8, None)), S32, None))
        build.store(build.map_value("out", 0), 8, 8, widened)
        build.store(build.map_value("out", 0), 16, 4, build.append(ops.Convert(value, S32, None)))
        build.done()

    text = after("simplify", body, tidy=True)
    assert text.count("convert %1") == text.count("convert") == 2
    assert "+ 16, %1\n" in text


def test_swaps_of_constants() -> None:
    def body(build: Builder) -> None:
        build.store(build.map_value("out", 0), 0, 2, build.swap(build.const(0x1234), U16))
        build.done()

    assert "store.2 %1 + 0, 13330" in after("simplify", body, tidy=True)  # 0x3412


@pytest.mark.parametrize(("condition", "wanted"), [("ne", "set %1, 64: b1 else b2"), ("eq", "set %1, 64: b2 else b1")])
def test_a_bit_is_tested_by_the_branch(condition: str, wanted: str) -> None:
    def body(build: Builder) -> None:
        masked = build.binary("and", first(build), build.const(64), U64)
        yes, no = Block(), Block()
        build.branch(condition, masked, build.const(0), yes, no)
        for block in (yes, no):
            build.begin(block)
            build.done()

    assert f"branch {wanted}" in after("simplify", body, tidy=True)


@pytest.mark.parametrize(("condition", "wanted"), [("lt", "gt"), ("sge", "sle"), ("eq", "eq"), ("set", "set")])
def test_a_constant_is_compared_from_the_right(condition: str, wanted: str) -> None:
    def body(build: Builder) -> None:
        value = first(build)
        yes, no = Block(), Block()
        build.branch(condition, build.const(3), value, yes, no)
        for block in (yes, no):
            build.begin(block)
            build.done()

    assert f"branch {wanted} %1, 3: b1 else b2" in after("simplify", body, tidy=True)


def test_phis_that_choose_nothing() -> None:
    """Also those that only choose each other, round a loop."""

    def body(build: Builder) -> None:
        value = first(build)
        entry, head, inside, after_it = build.block, Block(), Block(), Block()
        build.jump(head)
        build.begin(head)
        outer = build.phi(U64)
        build.branch("lt", outer, build.const(5), inside, after_it)
        build.begin(inside)
        inner = build.phi(U64)
        inner.add(head, outer)
        build.jump(head)
        outer.add(entry, value)
        outer.add(inside, inner)
        build.begin(after_it)
        build.done(outer)

    assert after("simplify", body) == (
        "b0:\n"
        "   %0: address = context\n"
        "   %1: u64 = load %0 + 0\n"
        "   jump b1\n"
        "b1:\n"
        "   branch lt %1, 5: b2 else b3\n"
        "b2:\n"
        "   jump b1\n"
        "b3:\n"
        "   return %1\n"
    )

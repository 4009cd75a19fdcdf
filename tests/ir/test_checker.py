"""The checker finds what no pass may leave behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tuibpf.diagnostics import Span
from tuibpf.ir import Block, Builder, Function, IrError, check_function
from tuibpf.ir.ops import Const, Jump, Phi
from tuibpf.ir.types import ADDRESS, U8, U64
from tuibpf.isa import Helper
from tuibpf.program import Hook, HookKind


def diamond() -> tuple[Function, Builder, Phi]:
    """``if now() > 5: x = 1`` ``else: x = 2``: a function with a phi, before its return."""
    function = Function("probe", Hook(HookKind.RAW_TP, "sched_switch"), Span(1, 0, 1, 5))
    build = Builder(function)
    then, other, after = Block(), Block(), Block()
    build.branch("gt", build.call(Helper.KTIME_GET_NS), build.const(5), then, other)
    values = []
    for block, value in ((then, 1), (other, 2)):
        build.begin(block)
        values.append(build.const(value))
        build.jump(after)
    build.begin(after)
    phi = build.phi(U64)
    for block, op in zip((then, other), values, strict=True):
        phi.add(block, op)
    return function, build, phi


def test_a_whole_function_passes() -> None:
    function, build, phi = diamond()
    build.store(build.slot("room", 8), 0, 8, phi)
    build.done()
    check_function(function)


def open_end(function: Function, build: Builder, phi: Phi) -> None:
    build.const(1)


def second_terminator(function: Function, build: Builder, phi: Phi) -> None:
    build.done()
    build.done()


def jump_out(function: Function, build: Builder, phi: Phi) -> None:
    build.jump(Block())


def phi_without_a_way(function: Function, build: Builder, phi: Phi) -> None:
    phi.blocks.pop()
    phi.args.pop()
    build.done()


def value_of_the_other_way(function: Function, build: Builder, phi: Phi) -> None:
    build.store(build.slot("room", 8), 0, 8, function.blocks[1].ops[0])
    build.done()


def value_from_nowhere(function: Function, build: Builder, phi: Phi) -> None:
    build.store(build.slot("room", 8), 0, 8, Const(1, U64))
    build.done()


def odd_store(function: Function, build: Builder, phi: Phi) -> None:
    build.store(build.slot("room", 8), 0, 3, phi)
    build.done()


def small_atomic(function: Function, build: Builder, phi: Phi) -> None:
    build.atomic("add", build.slot("room", 8), 0, 2, phi)
    build.done()


def six_arguments(function: Function, build: Builder, phi: Phi) -> None:
    build.call(Helper.TRACE_PRINTK, *[phi] * 6)
    build.done()


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (open_end, "terminator"), (second_terminator, "terminator"), (jump_out, "leaves the function"),
        (phi_without_a_way, "predecessors"), (value_of_the_other_way, "before it is defined"),
        (value_from_nowhere, "before it is defined"),
        (odd_store, "3 bytes"), (small_atomic, "atomic"), (six_arguments, "five"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)  # fmt: skip
def test_a_broken_function_does_not(breaks: Callable[[Function, Builder, Phi], None], says: str) -> None:
    function, build, phi = diamond()
    breaks(function, build, phi)
    with pytest.raises(IrError, match=says):
        check_function(function)


def test_the_builder_folds_what_changes_nothing() -> None:
    function, build, phi = diamond()
    assert build.binary("add", phi, build.const(0), U64) is phi
    assert build.binary("mul", build.const(1), phi, U64) is phi
    assert build.convert(phi, U64) is phi
    assert build.offset(phi, 0) is phi
    narrowed = build.convert(build.const(300), U8)
    assert isinstance(narrowed, Const)
    assert narrowed.value == 44
    assert build.slot("room", 8).type is ADDRESS
    assert isinstance(function.blocks[1].terminator, Jump)

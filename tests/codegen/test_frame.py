"""The stack: what lies where, who shares, and what the author is told when it does not suffice."""

from __future__ import annotations

import pytest

from tests.codegen.on_kernel import ARGUMENTS, built, compiled, interpreted, run
from tuibpf.codegen.sharing import plan
from tuibpf.diagnostics import CompileError, Span
from tuibpf.ir import Block, Builder, Module, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, U64

_INPUTS = [[7 * n + 1 for n in range(ARGUMENTS)]]


def overflowing() -> Module:
    def body(build: Builder) -> None:
        value = build.load(build.append(ops.Context()), 0, U64)
        slots: list[Op] = []
        for line, (name, size) in enumerate((("key", 256), ("buffer", 300), ("small", 4), ("value", 80)), 1):
            build.span = Span(line, 0, line, 4)
            slots.append(build.slot(name, size))
        for slot in slots * 2:
            build.store(slot, 0, 4, value)
        build.done()

    return built(body)


def test_too_much_stack_names_the_biggest() -> None:
    with pytest.raises(CompileError) as caught:
        compiled(overflowing())
    diagnostic = caught.value.diagnostic
    assert diagnostic.message == "this probe needs 648 bytes of stack, and the kernel gives 512"
    assert diagnostic.hint == "the largest: buffer (300 bytes), key (256 bytes), value (80 bytes)"
    assert diagnostic.span == Span(2, 0, 2, 4)
    assert diagnostic.source is None, "who called knows it"


def in_turn(count: int, size: int) -> Module:
    """*count* slots of *size* bytes, each filled and read before the next one."""

    def body(build: Builder) -> None:
        argument = build.load(build.append(ops.Context()), 0, U64)
        total: Op = argument
        for n in range(count):
            slot = build.slot(f"slot{n}", size)
            for at in range(0, size, 8):
                build.store(slot, at, 8, build.binary("add", total, build.const(at + n), U64))
            total = build.binary("add", build.load(slot, size - 8, U64), build.load(slot, 0, U64), U64)
        build.done(total)

    return built(body)


@pytest.mark.usefixtures("privileged")
def test_slots_used_in_turn_share_when_they_must() -> None:
    module = in_turn(8, 128)
    wanted = interpreted(module.functions[0], _INPUTS)
    programs = compiled(module)
    assert programs[0].stack_bytes == 128
    assert run(module, programs, _INPUTS) == wanted


def test_slots_do_not_share_as_long_as_there_is_room() -> None:
    assert compiled(in_turn(3, 128))[0].stack_bytes == 3 * 128


def around_a_loop() -> Module:
    """One slot carries a value round the loop, the other is used in each turn alone."""

    def body(build: Builder) -> None:
        carried, each = build.slot("carried", 264), build.slot("each", 264)
        build.store(carried, 0, 8, build.const(1))
        entry, head, inside, after = build.block, Block(), Block(), Block()
        zero = build.const(0)
        build.jump(head)
        build.begin(head)
        counter = build.phi(U64)
        build.branch("lt", counter, build.const(4), inside, after)
        build.begin(inside)
        build.store(each, 0, 8, counter)
        sum = build.binary("add", build.load(each, 0, U64), build.load(carried, 0, U64), U64)
        build.store(carried, 0, 8, sum)
        following = build.binary("add", counter, build.const(1), U64)
        build.jump(head)
        counter.add(entry, zero)
        counter.add(inside, following)
        build.begin(after)
        build.done(build.load(carried, 0, U64))

    return built(body)


def test_a_slot_carried_round_a_loop_is_not_given_away() -> None:
    with pytest.raises(CompileError, match="528 bytes of stack"):
        compiled(around_a_loop())


def test_an_address_that_is_chosen_or_stored_keeps_its_bytes() -> None:
    """Where an address goes can not be followed through a phi or through memory."""

    def body(build: Builder) -> None:
        first, second, third = (build.slot(name, 16) for name in ("first", "second", "third"))
        left, right, after = Block(), Block(), Block()
        value = build.load(build.append(ops.Context()), 0, U64)
        build.branch("eq", value, build.const(0), left, right)
        for block in (left, right):
            build.begin(block)
            build.jump(after)
        build.begin(after)
        chosen = build.phi(ADDRESS)
        chosen.add(left, first)
        chosen.add(right, second)
        build.store(third, 0, 8, value)
        fourth = build.slot("fourth", 16)
        build.store(fourth, 0, 8, build.load(third, 0, U64))
        build.store(chosen, 0, 8, build.load(fourth, 0, U64))
        build.done()

    offsets = {slot.name: offset for slot, offset in plan(built(body).functions[0]).items()}
    assert len({offsets[name] for name in ("first", "second", "third")}) == 3
    assert offsets["fourth"] not in (offsets["first"], offsets["second"])

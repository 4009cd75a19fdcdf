"""Structures built where they end up, and all the reasons for which one has to stay where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.passes.before_after import after
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import U32, U64
from tuibpf.isa import Helper

Extra = Callable[[Builder, Op, Op], None]


def nothing(build: Builder, key: Op, entry: Op) -> None:
    pass


def copying(
    early: Extra = nothing, before: Extra = nothing, within: Extra = nothing, later: Extra = nothing,
    distance: int = 8, entry_size: int = 24,
) -> Callable[[Builder], None]:  # fmt: skip
    """A key of 16 bytes, filled, copied into an entry behind its first 8 bytes, which is then handed to a helper.

    What else is done: *early*, *before* the copy when the key is filled, *within* the copy, *later*.
    """

    def body(build: Builder) -> None:
        value = build.load(build.append(ops.Context()), 0, U64)
        key, entry = build.slot("key", 16), build.slot("entry", entry_size)
        early(build, key, entry)
        build.store(key, 0, 8, value)
        build.store(key, 8, 4, build.const(1))
        build.store(key, 12, 4, build.const(2))
        before(build, key, entry)
        for at in (0, 8):
            build.store(entry, distance + at, 8, build.load(key, at, U64))
            within(build, key, entry)
        build.call(Helper.MAP_DELETE_ELEM, build.map("out"), entry)
        later(build, key, entry)
        build.done()

    return body


def test_a_key_becomes_part_of_its_entry() -> None:
    body = copying(before=lambda build, key, entry: build.store(entry, 0, 8, build.const(7)))
    assert after("in-place", body, tidy=True) == (
        "b0:\n"
        "   %0: address = frame entry[24]\n"
        "   %1: address = context\n"
        "   %2: u64 = load %1 + 0\n"
        "   %3: address = frame entry[24]\n"
        "   store.8 %0 + 8, %2\n"
        "   store.4 %0 + 16, 1\n"
        "   store.4 %0 + 20, 2\n"
        "   store.8 %3 + 0, 7\n"
        "   %7: address = map out\n"
        "   %8: u64 = call map_delete_elem(%7, %3)\n"
        "   return 0\n"
    )


def test_chains() -> None:
    """A part of a key is built in the entry right away; a helper that fills a part gets its place there."""

    def body(build: Builder) -> None:
        part, key, entry = (build.slot(name, size) for name, size in (("part", 16), ("key", 24), ("entry", 32)))
        build.call(Helper.GET_CURRENT_COMM, part, build.const(16))
        build.store(key, 0, 8, build.const(5))
        for source, target, size in ((part, key, 16), (key, entry, 24)):
            for at in range(0, size, 8):
                build.store(target, 8 + at, 8, build.load(source, at, U64))
        build.store(entry, 0, 8, build.const(6))
        build.call(Helper.MAP_DELETE_ELEM, build.map("out"), entry)
        build.done()

    text = after("in-place", body, tidy=True)
    assert "frame part" not in text
    assert "frame key" not in text
    assert "load" not in text
    assert "%0: address = frame entry[32]\n" in text
    assert "add %0, 16\n" in text, "behind the 8 bytes of the entry and the 8 of the key"


def helper_writes(build: Builder, key: Op, entry: Op) -> None:
    build.call(Helper.GET_CURRENT_COMM, entry, build.const(16))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(copying(later=lambda build, key, entry: build.store(entry, 0, 8, build.load(key, 0, U64))),
                     id="read later"),
        pytest.param(copying(later=lambda build, key, entry: build.store(key, 0, 8, build.const(1))), id="set later"),
        pytest.param(copying(within=lambda build, key, entry: build.store(key, 8, 8, build.const(1))), id="set within"),
        pytest.param(copying(before=lambda build, key, entry: build.store(entry, 8, 4, build.const(1))), id="filled"),
        pytest.param(copying(early=lambda build, key, entry: build.store(entry, 20, 8, build.const(1))), id="overlap"),
        pytest.param(copying(before=helper_writes), id="a helper writes"),
        pytest.param(copying(distance=4), id="not aligned"),
        pytest.param(copying(entry_size=23), id="too small"),
        pytest.param(copying(early=lambda build, key, entry: build.store(key, 0, 8, entry)), id="address is stored"),
        pytest.param(
            copying(before=lambda build, key, entry: build.store(
                build.binary("add", entry, build.load(key, 0, U64), U64), 0, 8, build.const(1))),
            id="address is computed",
        ),
    ],
)  # fmt: skip
def test_what_has_to_stay(body: Callable[[Builder], None]) -> None:
    assert "frame key" in after("in-place", body, tidy=True)


def test_a_copy_of_a_part_is_none() -> None:
    def body(build: Builder) -> None:
        key, entry = build.slot("key", 16), build.slot("entry", 16)
        for at in (0, 4, 8, 12):
            build.store(key, at, 4, build.const(at))
        for at in (0, 4, 12):
            build.store(entry, at, 4, build.load(key, at, U32))
        build.store(entry, 8, 4, build.const(0))
        build.call(Helper.MAP_DELETE_ELEM, build.map("out"), entry)
        build.done()

    assert "frame key" in after("in-place", body, tidy=True)


def test_a_copy_on_one_way_only() -> None:
    """On the other way the entry is filled while the key is still wanted, so the two can not be one."""

    def body(build: Builder) -> None:
        value = build.load(build.append(ops.Context()), 0, U64)
        key, entry = build.slot("key", 8), build.slot("entry", 8)
        copied, other, after_it = Block(), Block(), Block()
        build.store(key, 0, 8, value)
        build.branch("eq", value, build.const(0), copied, other)
        build.begin(copied)
        build.store(entry, 0, 8, build.load(key, 0, U64))
        build.jump(after_it)
        build.begin(other)
        build.store(entry, 0, 8, build.const(3))
        build.store(build.map_value("out", 0), 0, 8, build.load(key, 0, U64))
        build.jump(after_it)
        build.begin(after_it)
        build.done(build.load(entry, 0, U64))

    assert "frame key" in after("in-place", body, tidy=True)

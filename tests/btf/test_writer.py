"""The writer: what it writes reads back, strings are shared, limits hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuibpf.btf import Btf, BtfError, Function, Kind, Member, Struct
from tuibpf.btf.sections import HEADER, Sections
from tuibpf.btf.writer import Writer

names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30)


def test_strings_are_shared() -> None:
    writer = Writer()
    assert (writer.string(""), writer.string("one"), writer.string("two"), writer.string("one")) == (0, 1, 5, 1)
    sections = Sections(memoryview(writer.to_bytes()))
    assert bytes(sections.strings) == b"\0one\0two\0"


def test_nothing_written() -> None:
    assert len(Writer().to_bytes()) == HEADER.size + 1


@given(st.lists(st.tuples(names, st.integers(0, 0xFFFFFF), st.integers(0, 255)), max_size=20))
def test_structs_read_back(members: list[tuple[str, int, int]]) -> None:
    writer = Writer()
    integer = writer.add(Kind.INT, "int", 4, [32])
    words = [word for name, at, bits in members for word in (writer.string(name), integer, bits << 24 | at)]
    struct = writer.add(Kind.STRUCT, "s", 1 << 20, words, flag=True)
    expected = Struct("s", 1 << 20, tuple(Member(name, integer, at, bits) for name, at, bits in members))
    assert Btf(writer.to_bytes()).type(struct) == expected


def test_a_function_says_its_linkage_where_others_count() -> None:
    writer = Writer()
    prototype = writer.add(Kind.FUNC_PROTO)
    function = writer.add(Kind.FUNC, "f", prototype, elements=1)
    assert Btf(writer.to_bytes()).type(function) == Function("f", prototype, 1)


def test_limits() -> None:
    writer = Writer()
    with pytest.raises(BtfError, match="can not hold NUL"):
        writer.string("a\0b")
    with pytest.raises(BtfError, match="many has more elements than BTF can count"):
        writer.add(Kind.ENUM, "many", 4, [0, 0] * 0x10000)
    assert writer.add(Kind.ENUM, "all", 4, [0, 0] * 0xFFFF) == 1

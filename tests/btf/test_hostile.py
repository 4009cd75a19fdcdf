"""Damaged and hostile BTF: nothing but ``BtfError`` comes out, and nothing takes long."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuibpf.btf import Btf, BtfError, Index, Kind
from tuibpf.btf.sections import HEADER, MAGIC
from tuibpf.btf.writer import Writer

from .sample import DATA

NAMES = ["thing", "int", "function", "color", "name", "as_long", "flag", "RED", "HUGE", "named", "", "\udcff"]
INDEX = Index.build(DATA).to_bytes()
words = st.integers(0, 0xFFFFFFFF) | st.integers(0, 60) | st.sampled_from([1 << 31, 0xFFFFFFFF, 0x84000001, 0xFFFF])


def ask_everything(btf: Btf) -> None:
    """Every question that can be asked, of every type and some names; each may be answered with ``BtfError``."""

    def ask(question: Callable[[], object]) -> None:
        try:
            question()
        except BtfError:
            return

    ask(lambda: len(btf))
    try:
        count = len(btf)
    except BtfError:
        return
    for type_id in range(-1, count + 1):
        ask(lambda i=type_id: repr(btf.type(i)))
        ask(lambda i=type_id: btf.resolve(i))
        ask(lambda i=type_id: btf.size_of(i))
        ask(lambda i=type_id: btf.format_type(i))
        ask(lambda i=type_id: btf.member_names(i))
        ask(lambda i=type_id: btf.member(i, "as_long"))
    for name in NAMES:
        ask(lambda n=name: btf.find_all(n))
        ask(lambda n=name: btf.find(n, Kind.STRUCT))
        ask(lambda n=name: btf.enumerator(n))
        ask(lambda n=name: btf.tracepoint(n))
    ask(lambda: list(btf.names(*Kind)))
    ask(lambda: list(btf.enumerator_names()))
    ask(lambda: list(btf.tracepoint_names()))


def open_and_ask(data: bytes, index: bytes | None = None) -> None:
    try:
        btf = Btf(data, Index.from_bytes(index) if index is not None else None)
    except BtfError:
        return
    ask_everything(btf)


def with_words(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    out = bytearray(data)
    for place, word in changes:
        at = place % (len(out) // 4) * 4
        out[at : at + 4] = struct.pack("=I", word)
    return bytes(out)


changed_words = st.lists(st.tuples(st.integers(0, 10_000), words), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(changed_words)
def test_words_of_the_file_replaced(changes: list[tuple[int, int]]) -> None:
    open_and_ask(with_words(DATA, changes))


@settings(max_examples=100, deadline=None)
@given(changed_words)
def test_words_of_the_records_replaced_under_an_index_from_before(changes: list[tuple[int, int]]) -> None:
    open_and_ask(DATA[: HEADER.size] + with_words(DATA[HEADER.size :], changes), INDEX)


@settings(max_examples=100, deadline=None)
@given(changed_words)
def test_words_of_the_index_replaced(changes: list[tuple[int, int]]) -> None:
    open_and_ask(DATA, with_words(INDEX, changes))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA)))
def test_cut_short(length: int) -> None:
    open_and_ask(DATA[:length])
    with pytest.raises(BtfError):
        Btf(DATA[: min(length, len(DATA) - 1)])


@settings(max_examples=100, deadline=None)
@given(st.lists(words, max_size=60), st.binary(max_size=60), words)
def test_random_records(records: list[int], strings: bytes, offset: int) -> None:
    types = struct.pack(f"={len(records)}I", *records)
    text = b"\0" + strings + b"\0"
    open_and_ask(HEADER.pack(MAGIC, 1, 0, HEADER.size, 0, len(types), len(types), len(text)) + types + text)
    open_and_ask(HEADER.pack(MAGIC, 1, 0, HEADER.size, offset, len(types), len(types), len(text)) + types + text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    open_and_ask(data)
    open_and_ask(DATA, data)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ((0x9FEB, 1, 0, 24, 0, 0, 0, 1), "byte order"),
        ((MAGIC, 2, 0, 24, 0, 0, 0, 1), "version 2"),
        ((MAGIC, 1, 0, 20, 0, 0, 0, 1), "a header of 20 bytes"),
        ((MAGIC, 1, 0, 24, 0, 3, 0, 1), "do not fit"),
        ((MAGIC, 1, 0, 24, 0, 0, 0, 0), "do not fit"),
        ((MAGIC, 1, 0, 24, 0, 0, 0xFFFFFFFF, 2), "do not fit"),
        ((MAGIC, 1, 0, 0xFFFFFFFF, 0, 0, 0, 1), "do not fit"),
        ((MAGIC, 1, 0, 24, 0, 0, 1, 3), "begin and end with NUL"),
    ],
)
def test_headers(header: tuple[int, ...], reason: str) -> None:
    with pytest.raises(BtfError, match=reason):
        Btf(HEADER.pack(*header) + b"\0\0abc")


def test_types_that_never_end() -> None:
    writer = Writer()
    typedef = writer.add(Kind.TYPEDEF, "a", 2)
    writer.add(Kind.CONST, size_or_type=typedef)
    array = writer.add(Kind.ARRAY, rest=[3, 3, 0xFFFFFFFF])
    pointer = writer.add(Kind.PTR, size_or_type=4)
    struct_id = writer.add(Kind.STRUCT, "", 8, [0, 5, 0, writer.string("x"), 4, 0])
    function = writer.add(Kind.FUNC_PROTO, "", 6, [writer.string("p"), 6] * 0xFFFF)
    btf = Btf(writer.to_bytes())
    for type_id in (typedef, array):
        with pytest.raises(BtfError, match="never ends"):
            btf.size_of(type_id)
    assert btf.size_of(pointer) == 8
    for type_id in (array, pointer, function):
        with pytest.raises(BtfError, match="never ends"):
            btf.format_type(type_id)
    assert btf.member_names(struct_id) == ["x"]


def test_a_struct_of_sixty_thousand_anonymous_ones() -> None:
    writer = Writer()
    inner = 0x8000
    place = writer.string("m")
    for number in range(1, inner):
        writer.add(Kind.STRUCT, "", 4, [place, number, 0])
    outer = writer.add(Kind.STRUCT, "outer", 4, [word for i in range(1, inner) for word in (0, i, 0)])
    btf = Btf(writer.to_bytes())
    assert btf.member(outer, "absent") is None
    assert len(btf.member_names(outer)) == inner - 1


def test_an_enumeration_that_says_one_name_sixty_thousand_times() -> None:
    writer = Writer()
    writer.add(Kind.ENUM, "e", 4, [writer.string("SAME"), 1] * 0xFFFF)
    other = _of_the_same_hash(b"SAME")
    btf = Btf(writer.to_bytes())
    assert btf.enumerator("SAME") == 1
    assert btf.enumerator(other) is None
    assert btf.index.enumerations(other.encode("utf-8", "surrogateescape")) != []


def _of_the_same_hash(name: bytes) -> str:
    """Another name in the same bucket, by the prime that hashes are taken modulo."""
    number = int.from_bytes(name, "little") + 0xFFFFFFFB
    while 0 in (text := number.to_bytes(12, "little").rstrip(b"\0")):
        number += 0xFFFFFFFB
    return text.decode("utf-8", "surrogateescape")


def test_a_name_longer_than_any() -> None:
    writer = Writer()
    writer.add(Kind.TYPEDEF, "x" * 2000)
    with pytest.raises(BtfError, match="no name at offset 1"):
        assert Btf(writer.to_bytes()).index

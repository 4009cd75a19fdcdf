"""Records to rows: filters, strings, layouts with padding."""

from struct import pack

import pytest

from tuibpf.program import Field, Record
from tuibpf.tool.clock import Clock
from tuibpf.tool.decode import Decoder, text_of


def test_padding_and_conversions():
    record = Record((Field("a", "u8", 0, 1, "B", "A"), Field("c", "comm", 8, 16, "16s", "C")), 32)
    decoder = Decoder(record, Clock())
    raw = pack("=B7x16s8x", 3, b"name")
    assert decoder.rows(list(decoder.struct.iter_unpack(raw * 2))) == [(3, "name")] * 2
    assert decoder.rows([]) == []


def test_contains_keeps_only_the_rows_that_have_it():
    record = Record((Field("c", "comm", 0, 16, "16s", "C", contains="as"),), 16)
    decoder = Decoder(record, Clock())
    assert decoder.rows([(b"bash",), (b"ls",), (b"dash\0as",)]) == [("bash",), ("dash",)]


def test_contains_looks_into_arguments_before_they_are_quoted():
    record = Record((Field("args", "arguments", 0, 8, "II", "ARGS", tail=True, contains="a b"),), 8)
    decoder = Decoder(record, Clock())
    made = [pack("=II", len(text), len(text)) + text for text in (b"a\0b\0", b"x a b\0", b"'a  b'\0")]
    assert [row[0].plain() for row in decoder.rows_with_tail(made)] == ["a b", "x a b"]


def test_a_tail_of_text_is_marked_where_it_was_cut():
    record = Record((Field("path", "path", 0, 8, "II", "PATH", tail=True),), 8)
    decoder = Decoder(record, Clock())
    assert decoder.rows_with_tail([pack("=II", 3, 9) + b"/et", pack("=II", 4, 4) + b"/a\0x"]) == [("/et…",), ("/a",)]


@pytest.mark.parametrize(
    ("raw", "text"), [(b"", ""), (b"\0x", ""), (b"\xff\0", "\\xff"), ("é".encode() + b"\xc3", "é\\xc3")]
)
def test_text_of(raw, text):
    assert text_of(raw) == text


def test_a_record_too_short_for_its_layout_is_left_out():
    record = Record((Field("pid", "pid", 0, 4, "i", "PID"), Field("p", "path", 4, 8, "II", "P", tail=True)), 12)
    decoder = Decoder(record, Clock())
    assert decoder.rows_with_tail([pack("=i", 1), pack("=iII", 2, 2, 2) + b"/a", b""]) == [(2, "/a")]
    assert decoder.rows_with_tail([b"short"]) == decoder.rows_with_tail([]) == []

"""One object a line, with raw values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tool.decode import text_of
from tuibpf.tool.frame import Bucket, Distribution, Frame
from tuibpf.view import open_view

COLUMNS = (
    Column("pid", "PID", "pid"),
    Column("laddr", "LADDR", "address"),
    Column("rx", "RX_KB", "kibibytes", shown=False),
    Column("ok", "OK", "boolean"),
    Column("args", "ARGS", "arguments", quote=True),
)
KEY = (Column("disk", "DISK", "disk", key=True), Column("flags", "FLAGS", "block_flags", shown=False, key=True))
V4 = bytes(10) + b"\xff\xff\x0a\0\0\1"


def lines(*frames, heads=None):
    out = []
    view = open_view("json", out.append)
    view.begin(heads or frames[:1])
    for frame in frames:
        view.show(frame)
    return [json.loads(line) for line in "".join(out).splitlines()]


def test_a_row_has_every_declared_field_in_its_unit():
    frame = Frame("t", "o", "stream", 0, COLUMNS, [(7, V4, 1536, 1, Arguments((b"ls", b"\xff"), True))])
    assert lines(frame) == [
        {"tool": "t", "pid": 7, "laddr": "10.0.0.1", "rx": 1536, "ok": True, "args": ["ls", "\\xff"],
         "args_truncated": True}
    ]  # fmt: skip


def test_null_is_null():
    assert lines(Frame("t", "o", "stream", 0, COLUMNS[:1], [(None,)])) == [{"tool": "t", "pid": None}]


def test_a_histogram():
    one = Distribution(("vda", 0), (Bucket(0, 1, 0), Bucket(2, 3, 5)), 10)
    frame = Frame("t", "o", "histogram", 0, KEY, [], (one,), "microseconds")
    buckets = [{"lo": 0, "hi": 1, "count": 0}, {"lo": 2, "hi": 3, "count": 5}]
    assert lines(frame) == [{"tool": "t", "key": {"disk": "vda"}, "unit": "microseconds", "buckets": buckets}]
    single = Frame("t", "o", "histogram", 0, (), [], (Distribution((), (), 0),), "bytes")
    assert lines(single) == [{"tool": "t", "key": None, "unit": "bytes", "buckets": []}]


def test_outputs_are_named_where_there_are_several():
    rows = Frame("t", "a", "stream", 0, COLUMNS[:1], [(1,)])
    other = Frame("t", "b", "table", 0, COLUMNS[:1], [(2,)])
    assert lines(rows, other, heads=[rows, other]) == [
        {"tool": "t", "output": "a", "pid": 1},
        {"tool": "t", "output": "b", "pid": 2},
    ]


@given(st.binary(max_size=16), st.binary(max_size=16))
def test_what_is_written_is_plain_ascii_on_one_line(comm, argument):
    columns = (Column("comm", "COMM", "comm"), COLUMNS[4])
    out = []
    row = (text_of(comm), Arguments((argument,), False))
    open_view("json", out.append).show(Frame("t", "o", "stream", 0, columns, [row]))
    (line,) = "".join(out).splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["comm"] == text_of(comm)

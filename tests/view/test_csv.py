"""A header line and properly quoted rows, which any reader takes back."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tool.decode import text_of
from tuibpf.tool.frame import Bucket, Distribution, Frame
from tuibpf.view import open_view

COLUMNS = (
    Column("pid", "PID", "pid"),
    Column("comm", "COMM", "comm"),
    Column("rx", "RX_KB", "kibibytes", shown=False),
    Column("ok", "OK", "boolean"),
    Column("args", "ARGS", "arguments", quote=True),
)
KEY = (Column("disk", "DISK", "disk", key=True), Column("flags", "FLAGS", "block_flags", shown=False, key=True))


def written(*frames):
    out = []
    view = open_view("csv", out.append)
    view.begin([*{frame.output: frame for frame in frames}.values()])
    for frame in frames:
        view.show(frame)
    return "".join(out)


def test_rows():
    rows = [(7, 'a,"b', 1536, 0, Arguments((b"ls", b"a b"), True)), (8, "\x1b\n", None, 1, Arguments((), True))]
    frames = [Frame("t", "o", "stream", 0, COLUMNS, [row]) for row in rows]
    assert written(*frames) == (
        "pid,comm,rx,ok,args,args_truncated\n"
        '7,"a,""b",1536,false,ls \'a b\',true\n'
        "8,\\x1b\\n,,true,,true\n"
    )  # fmt: skip


def test_histograms_are_a_line_for_each_bucket():
    one = Distribution(("vda", 0), (Bucket(0, 1, 0), Bucket(2, 3, 5)), 10)
    assert written(Frame("t", "o", "histogram", 0, KEY, [], (one,), "microseconds")) == (
        "disk,unit,lo,hi,count\nvda,microseconds,0,1,0\nvda,microseconds,2,3,5\n"
    )


def test_several_outputs_share_one_header():
    rows = Frame("t", "a", "stream", 0, COLUMNS[:2], [(1, "x")])
    one = Distribution(("vda", 0), (Bucket(0, 1, 4),), 10)
    histogram = Frame("t", "b", "histogram", 0, KEY, [], (one,), "bytes")
    assert written(rows, histogram) == (
        "output,pid,comm,disk,unit,lo,hi,count\na,1,x,,,,,\nb,,,vda,bytes,0,1,4\n"
    )  # fmt: skip


@given(st.binary(max_size=16), st.lists(st.binary(max_size=8), max_size=3))
def test_a_reader_gets_one_line_a_row_and_no_control_characters(comm, arguments):
    vector = Arguments(tuple(one.replace(b"\0", b"") for one in arguments), False)
    text = written(Frame("t", "o", "stream", 0, COLUMNS, [(1, text_of(comm), 2, 0, vector)]))
    assert text.count("\n") == 2
    assert all(line.isprintable() for line in text.split("\n"))
    header, row = csv.reader(io.StringIO(text))
    assert len(header) == len(row)
    assert row[0] == "1"

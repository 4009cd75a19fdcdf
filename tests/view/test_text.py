"""Text for people, quoted whole."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tool.decode import text_of
from tuibpf.tool.frame import Bucket, Distribution, Frame
from tuibpf.view import open_view
from tuibpf.view.text import cells

ROW = (
    Column("pid", "PID", "pid"),
    Column("uid", "UID", "uid", shown=False),
    Column("comm", "COMM", "comm"),
    Column("rx", "RX_KB", "kibibytes"),
    Column("args", "ARGS", "arguments"),
)
TABLE = (Column("laddr", "LADDR", "address", key=True), Column("rx", "RX_KB", "kibibytes"))
DISK = (Column("disk", "DISK", "disk", key=True), Column("flags", "FLAGS", "block_flags", shown=False, key=True))
V6 = b"\xfe\x80" + b"\x11" * 14
V4 = bytes(10) + b"\xff\xff\x0a\0\0\1"


def stream(*rows):
    return Frame("execsnoop", "execs", "stream", 0, ROW, list(rows))


def histogram(*distributions, losses=None):
    return Frame(
        "biolatency", "latency", "histogram", 0, DISK, [], distributions, "microseconds", losses or {}
    )  # fmt: skip


def counts(key, *slots):
    buckets = tuple(Bucket(1 << i if i else 0, (2 << i) - 1, count) for i, count in enumerate(slots))
    return Distribution(key, buckets, 0)


@pytest.fixture
def out():
    return []


def text(out):
    return "".join(out)


def test_a_stream_has_its_titles_at_once_and_its_rows_as_they_come(out):
    view = open_view("table", out.append)
    view.begin([stream()])
    assert text(out) == "    PID COMM                 RX_KB ARGS\n"
    view.show(stream((7, 0, "ls", 1024, Arguments((b"ls", b"a b"), False))))
    view.show(stream())
    view.show(stream((12345678, 0, "漢字", 0, Arguments((), True)), (8, 0, "x\x1b]0;", 0, Arguments((b"\n",), True))))
    assert text(out) == dedent("""\
            PID COMM                 RX_KB ARGS
              7 ls                     1.0 ls 'a b'
        12345678 漢字                  0.0 (unreadable)
              8 x\\x1b]0;               0.0 $'\\n' …
        """)


def test_a_wide_value_takes_room_and_the_columns_behind_it_fall_in_line_again(out):
    view = open_view("table", out.append)
    view.show(Frame("t", "t", "stream", 0, (*TABLE, *ROW[:1]), [(V6, 1024, 1), (V4, 1024, 1)]))
    assert text(out) == dedent("""\
        LADDR               RX_KB     PID
        fe80:1111:1111:1111:1111:1111:1111:1111 1.0 1
        10.0.0.1              1.0       1
        """)


def test_a_table_is_as_wide_as_its_widest_text_and_tells_the_time(out):
    view = open_view("table", out.append)
    frame = Frame("tcptop", "connections", "table", 0, TABLE, [(V6, 1024), (V4, 99)], losses={"full": 2})
    view.begin([frame])
    view.show(frame)
    view.show(Frame("tcptop", "connections", "table", 0, TABLE))
    lines = text(out).split("\n")
    assert lines[0].endswith("  tcptop  lost 2")
    assert lines[1:5] == [
        "LADDR                                       RX_KB",
        "fe80:1111:1111:1111:1111:1111:1111:1111       1.0",
        "10.0.0.1                                      0.1",
        "",
    ]
    assert lines[5].endswith("  tcptop")
    assert lines[6:] == ["LADDR               RX_KB", ""]


def test_on_a_terminal_a_table_overwrites_the_one_before_it(out):
    view = open_view("table", out.append, rows_on_screen=lambda: 4)
    view.show(Frame("tcptop", "connections", "table", 0, TABLE, [(V4, 2048), (V6, 1)]))
    assert text(out).startswith("\x1b[H")
    assert text(out).endswith("10.0.0.1              2.0\x1b[K\x1b[J\n"), "one row fits on four lines"
    assert text(out).count("\x1b[K") == 3


def test_histograms(out):
    view = open_view("table", out.append)
    view.begin([histogram()])
    view.show(histogram(counts(("vda", 0), 0, 0, 1, 400, 0, 80), counts(("nvme0n1", 0), 0), counts(("sr0", 0), 3)))
    assert text(out) == dedent("""\
        disk = vda
             usecs               : count    distribution
                 4 -> 7          : 1       |*                                       |
                 8 -> 15         : 400     |****************************************|
                16 -> 31         : 0       |                                        |
                32 -> 63         : 80      |********                                |

        disk = sr0
             usecs               : count    distribution
                 0 -> 1          : 3       |****************************************|
        """)


def test_a_histogram_with_large_bounds_and_counts_stays_aligned(out):
    view = open_view("table", out.append, stamped=True)
    view.show(histogram(counts(("vda", 0), *[0] * 61, 1, 10**12)))
    stamp, _, *lines = text(out).splitlines()
    assert stamp.endswith("  biolatency")
    assert [line.index(":") for line in lines] == [lines[0].index(":")] * 3
    assert len({line.index("|") for line in lines[1:]}) == 1


def test_outputs_of_one_tool_are_told_apart(out):
    view = open_view("table", out.append)
    heads = [stream(), histogram()]
    view.begin(heads)
    assert out == []
    view.show(stream((1, 0, "a", 0, Arguments((), False))))
    view.show(histogram(counts(("vda", 0), 1)))
    view.show(stream((2, 0, "b", 0, Arguments((), False))))
    assert text(out).count("PID COMM") == 2
    assert "biolatency latency" in text(out)


@given(st.binary(max_size=16), st.lists(st.binary(max_size=8), max_size=4))
def test_nothing_a_process_is_called_steers_the_terminal(comm, arguments):
    out = []
    view = open_view("table", out.append)
    row = (1, 0, text_of(comm), 0, Arguments(tuple(one.replace(b"\0", b"") for one in arguments), False))
    view.show(stream(row))
    assert all(line.isprintable() for line in text(out).split("\n"))
    assert text(out).count("\n") == 2


def test_cells():
    assert cells("abc") == 3
    assert cells("漢字") == 4
    assert cells("e\u0301") == 1

"""Columns at once give byte for byte what value by value gives, whatever the values are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.view.straightforward import csv_lines, json_lines, text_lines
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tool.decode import text_of
from tuibpf.tool.frame import Frame
from tuibpf.view import open_view

INTEGERS = st.one_of(st.integers(0, 300), st.integers(-(1 << 63), (1 << 64) - 1))
COUNTS = st.one_of(st.integers(0, 300), st.integers(0, (1 << 64) - 1))
STRINGS = st.one_of(
    st.text("ab", max_size=3),
    st.text(st.sampled_from('a ,"%\\\0\r\n\x1b\u202e漢é\u0301…'), max_size=20),
    st.binary(max_size=16).map(text_of),
    st.text("long/", min_size=30, max_size=60),
)
ARGUMENTS = st.builds(
    Arguments,
    st.lists(st.one_of(st.sampled_from([b"ls", b"", b"a b", b"%s", b"\xe2\x82", b"x"]), st.binary(max_size=6)),
             max_size=4).map(tuple),
    st.booleans(),
)  # fmt: skip
NAMES = {0: "NONE", 1: 'A,"B', 2: "ESC\x1b"}
VALUES = {
    "pid": st.one_of(INTEGERS, st.none(), st.booleans()),
    "u64": INTEGERS,
    "errno": INTEGERS,
    "time": st.integers(0, 1 << 60),
    "elapsed": INTEGERS,
    "bytes": COUNTS,
    "kibibytes": COUNTS,
    "nanoseconds": COUNTS,
    "mode": st.integers(-1, 0o7777),
    "signal": st.integers(0, 80),
    "boolean": st.integers(0, 2),
    "pointer": COUNTS,
    "device": st.integers(0, (1 << 32) - 1),
    "address": st.binary(min_size=16, max_size=16),
    "enumeration": st.integers(0, 4),
    "comm": STRINGS,
    "path": STRINGS,
    "arguments": ARGUMENTS,
}
FIELD_NAMES = ["tool", "output", "args", "args_truncated", "a%s", "b"]


@st.composite
def frames(draw, shape):
    displays = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    names = draw(st.lists(st.sampled_from(FIELD_NAMES), min_size=len(displays), max_size=len(displays), unique=True))
    columns = tuple(
        Column(name, draw(st.sampled_from(["", "T", "A LONG TITLE"])), display, draw(st.integers(0, 4)) > 0, NAMES,
               draw(st.booleans()))
        for name, display in zip(names, displays, strict=True)
    )  # fmt: skip
    rows = draw(st.lists(st.tuples(*(VALUES[display] for display in displays)), max_size=5))
    return Frame("t%s", "o", shape, 0, columns, rows)


def written(form, frame):
    out = []
    view = open_view(form, out.append)
    view.begin([frame._replace(rows=[])])
    view.show(frame)
    return "".join(out)


@settings(deadline=None)
@given(frames("stream"))
def test_json(frame):
    assert written("json", frame) == json_lines(frame)


@settings(deadline=None)
@given(frames("stream"))
def test_csv(frame):
    assert written("csv", frame) == csv_lines(frame)


@settings(deadline=None)
@given(frames("stream"))
def test_a_stream_as_text(frame):
    assert written("table", frame).split("\n")[:-1] == text_lines(frame, fixed_widths=True)


@settings(deadline=None)
@given(frames("table"))
def test_a_table_as_text(frame):
    assert written("table", frame).split("\n")[1:-1] == text_lines(frame, fixed_widths=False)

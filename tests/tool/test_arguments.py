"""Argument vectors: bash takes the text back as the same bytes, and no terminal is hurt by it."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuibpf.tool.arguments import UNREADABLE, Arguments, quote_argument

argument = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"", b"~", b"*", b"a'b", b"\\", b"$(id)", b"-n", b"\x1b[2J", "\u202e".encode(), "漢".encode()]),
).map(lambda value: value.replace(b"\0", b""))


@given(argument, st.booleans())
def test_no_control_characters_ever(value, always):
    assert quote_argument(value, always).isprintable()


@settings(max_examples=40, deadline=None)
@given(st.lists(argument, min_size=1, max_size=20), st.booleans())
def test_bash_gives_the_same_bytes_back(values, quote):
    if shutil.which("bash") is None:
        pytest.skip(reason="there is no bash")
    line = Arguments(tuple(values), False).text(quote)
    script = f"printf '%s\\0' {line}".encode()
    out = subprocess.run(["bash"], input=script, capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True).stdout
    assert out.split(b"\0")[:-1] == values


@pytest.mark.parametrize(
    ("captured", "total", "values", "truncated"),
    [
        (b"", 0, (), False),
        (b"\0", 1, (b"",), False),
        (b"ls\0-l\0", 6, (b"ls", b"-l"), False),
        (b"ls\0\0x\0", 6, (b"ls", b"", b"x"), False),
        (b"ls\0-la", 9, (b"ls", b"-la"), True),
        (b"", 9, (), True),
        (b"ls\0", 0, (b"ls",), False),
    ],
)
def test_parse(captured, total, values, truncated):
    assert Arguments.parse(captured, total) == (values, truncated)


def test_text():
    assert Arguments((b"ls", b"a b", b""), False).text() == "ls 'a b' ''"
    assert Arguments((b"ls",), True).text() == "ls …"
    assert Arguments((b"ls",), False).text(quote=True) == "'ls'"
    assert Arguments((), True).text() == UNREADABLE
    assert Arguments((), False).text() == ""
    assert Arguments((b"a", b"b"), False).first(1) == ((b"a",), True)
    assert Arguments((b"a b", b"\x1b"), False).plain() == "a b \x1b"


@given(st.lists(argument, max_size=5).map(tuple), st.booleans(), st.booleans())
def test_a_line_is_its_arguments_one_by_one(values, truncated, quote):
    line = " ".join(quote_argument(value, quote) for value in values) + (" …" if truncated else "")
    assert Arguments(values, truncated).text(quote) == (UNREADABLE if truncated and not values else line)

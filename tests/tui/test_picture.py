"""What is sent in the place of a picture shows the same as the picture itself, and is less."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tuibpf.tui.picture import Picture

from .emulator import Emulator

WIDTH, HEIGHT = 24, 8
STYLES = ["", "1;38;2;1;2;3", "38;2;1;2;3;48;2;9;9;9", "4", "7;31;42", "38;5;200", "1;3;97;100"]
WORDS = ["a", "bash", "  ", "12345", "x" * WIDTH, "日本", "é", "e\u0301", "▏█", " ", "ls -l  /tmp"]


def at(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def styled(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def picture(*lines: str, style: str = "38;2;200;200;200;48;2;10;10;10") -> str:
    """A whole screen as Textual writes one."""
    padded = [styled(line.ljust(WIDTH)[:WIDTH], style) for line in lines]
    padded += [styled(" " * WIDTH, style)] * (HEIGHT - len(lines))
    return "\n".join(at(0, y) + line for y, line in enumerate(padded)) + at(0, 0)


@st.composite
def writes(draw: st.DrawFn) -> str:
    """Pieces of text here and there, in styles; what would cross the right edge is left out."""
    parts = []
    for _ in range(draw(st.integers(1, 6))):
        x, y = draw(st.integers(0, WIDTH - 2)), draw(st.integers(0, HEIGHT - 1))
        text = draw(st.sampled_from(WORDS))
        if text.isascii():
            text = text[: WIDTH - x]
        elif x > WIDTH - 5:
            continue
        parts.append(at(x, y) + styled(text, draw(st.sampled_from(STYLES))))
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(st.lists(writes(), min_size=1, max_size=8))
def test_shows_the_same(data: list[str]) -> None:
    plain, reduced = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT)
    shown = Picture()
    for text in [picture(), *data]:
        plain.feed(text)
        reduced.feed(shown.reduce(text))
        assert plain.shown() == reduced.shown()


def test_the_same_picture_again_costs_nothing() -> None:
    shown = Picture()
    text = picture("one", "two", "three")
    assert shown.reduce(text)
    assert shown.reduce(text) == ""


def test_only_the_changed_cells_are_sent() -> None:
    shown = Picture()
    shown.reduce(picture("load 0.25 of 2"))
    assert shown.reduce(picture("load 0.31 of 2")) == "\x1b[1;8H31\x1b[1;1H"


def test_a_log_that_moves_up_is_scrolled() -> None:
    lines = [f"row {n} of the log {n * 7919}" for n in range(20)]
    shown, screen = Picture(), Emulator(WIDTH, HEIGHT)
    screen.feed(shown.reduce(picture("title", *lines[0:6], "foot")))
    sent = shown.reduce(picture("title", *lines[2:8], "foot"))
    screen.feed(sent)
    assert screen.text() == ["title", *(line[:WIDTH] for line in lines[2:8]), "foot"]
    assert "\x1b[2;7r" in sent
    assert "\x1b[2M" in sent
    assert len(sent) < len(picture("title", *lines[2:8], "foot")) / 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=12, max_size=40), st.data())
def test_scrolling_shows_the_same(numbers: list[int], data: st.DataObject) -> None:
    rows = [f"{n} {'abcdefghij'[n] * 12}" for n in numbers]
    plain, reduced, shown = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT), Picture()
    first = 0
    while first < len(rows):
        text = picture("title", *rows[first : first + 6], f"foot {first}")
        plain.feed(text)
        reduced.feed(shown.reduce(text))
        assert plain.shown() == reduced.shown()
        first += data.draw(st.integers(1, 5))


def test_modes_and_questions_pass() -> None:
    shown = Picture()
    for text in ("\x1b[?25l", "\x1b[?2026h", "\x1b[6n", "\x1b[>1u"):
        assert shown.reduce(text) == text
    shown.reduce(picture("one"))
    shown.reduce("\x1b[?2026h")
    assert shown.reduce(picture("one")) == ""


def test_after_a_switch_of_screens_all_is_sent() -> None:
    shown = Picture()
    shown.reduce(picture("one"))
    shown.reduce("\x1b[?1049h")
    assert "one" in shown.reduce(picture("one"))


def test_what_was_forgotten_is_sent_again() -> None:
    shown = Picture()
    shown.reduce(picture("one"))
    shown.forget()
    screen = Emulator(WIDTH, HEIGHT)
    screen.feed(shown.reduce(picture("one")))
    assert screen.text()[0] == "one"

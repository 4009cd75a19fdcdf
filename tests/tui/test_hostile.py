"""Text from the kernel, and from a script, is data: it neither steers the terminal nor is it read as markup."""

from __future__ import annotations

import pytest

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tui.screens.row_detail import row_paragraphs
from tuibpf.tui.strips import fit, wrap
from tuibpf.tui.theme import Palette
from tuibpf.tui.widgets.text_view import paragraphs

from .conftest import Open
from .fake import EXECSNOOP, TCPTOP, FakeBackend, connection_row, exec_row, tool

EVIL = [
    "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "a\nb\rc\td\x08", "\x9b31m", "\u202eright to left",
    "[bold red]x[/]", "[/]", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_fitted_and_wrapped_text_is_printable(text: str) -> None:
    assert fit(text, 12).isprintable()
    assert all(line.isprintable() for line in wrap(text, 5))


async def test_rows_titles_and_dialogs_show_it_as_it_is(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP, size=(120, 40)) as d:
        rows = [exec_row(1000 + n, text.encode(), comm=text[:15]) for n, text in enumerate(EVIL)]
        d.session("execsnoop").push_rows(*rows)
        d.session("tcptop").push_table(connection_row(7, 1, 1, "[b]\x1b[1m"))
        await d.shows("[bold red]x[/]", "50007", "1007")
        _only_printable(d.lines)
        for n in range(0, len(EVIL), 2):
            await d.press("k", *["k"] * bool(n), "enter")
            await d.shows(str(1007 - n), "COMM")
            _only_printable(d.lines)
            await d.press("escape")
        await d.press("slash", *"[/]", "enter")
        await d.shows("/[/]")
        _only_printable(d.lines)


async def test_a_script_can_not_write_on_the_screen(desk: Open) -> None:
    """The purpose of a tool, its options and its errors are shown in several places, none of which reads markup."""
    bad = tool("evil", "[red]family", "[bold]purpose[/nothing] \x1b[2J")
    backend = FakeBackend(tools=[bad])
    backend.errors["evil"] = ValueError("[/] \x1b[2J")
    async with desk(backend) as d:
        await d.shows("[bold]purpose[/nothing]", "[red]family")
        _only_printable(d.lines)
        await d.press("enter")
        await d.shows("ValueError: [/] \\x1b[2J")
        await d.press("i")
        await d.shows("[bold]purpose[/nothing]")
        _only_printable(d.lines)
        await d.press("escape", "colon", *"evil")
        await d.shows("[bold]purpose[/nothing]")
        _only_printable(d.lines)


def test_a_row_in_full_has_every_argument_by_itself() -> None:
    columns = (Column("ret", "RET", "errno"), Column("args", "ARGS", "arguments"), Column("rx", "RX", "bytes"))
    lines = row_paragraphs(columns, (-2, Arguments((b"ls", b"\xff", b"a b"), True), 2048))
    assert [(line.label, line.text) for line in lines] == [
        ("RET", "-2"),
        ("ARGS", "ls $'\\377' 'a b' …"),
        ("[0]", "ls"),
        ("[1]", "$'\\377'"),
        ("[2]", "'a b'"),
        ("", "… more than could be captured"),
        ("RX", "2.00K   (2048)"),
    ]


def test_the_parts_of_a_diagnostic_stand_out() -> None:
    roles = [line.role for line in paragraphs("x.py:1:1: error: bad\n    1 | x\n      | ^\n  hint: try y\n  note: z")]
    assert roles == ["error", "bar", "bar", "warning", "text"]
    assert all(hasattr(Palette(), role) for role in roles)


def _only_printable(lines: list[str]) -> None:
    assert all(line.isprintable() for line in lines), lines

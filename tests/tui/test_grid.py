"""Where panes stand, which of them has the focus, and sizes from tiny to wide."""

from __future__ import annotations

import threading

from tuibpf.tui.widgets.pane_grid import columns_for
from tuibpf.tui.widgets.table_view import TableView

from .conftest import Open
from .fake import BIOLATENCY, EXECSNOOP, TCPTOP, FakeBackend, connection_row, distribution, exec_row


async def test_panes_stand_side_by_side_and_can_be_maximised_and_closed(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP, BIOLATENCY, size=(160, 40)) as d:
        assert any("1 execsnoop" in line and "2 tcptop" in line for line in d.lines)
        assert any("3 biolatency" in line and "tcptop" not in line for line in d.lines)
        await d.press("2", "m")
        assert "execsnoop" not in d.text
        await d.press("1")
        assert "1 execsnoop" in d.text
        await d.press("z")
        await d.shows("2 tcptop", "3 biolatency")
        session = d.session("tcptop")
        await d.press("2", "x")
        await d.until(lambda: session.closed == 1)
        await d.hides("tcptop")
        await d.shows("2 biolatency")
        assert d.session("execsnoop").closed == 0


async def test_the_last_pane_gives_way_to_the_host(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        await d.press("x")
        await d.until(lambda: d.session("execsnoop").closed == 1)
        await d.shows("system")
        await d.press("x")
        await d.shows("system")


async def test_works_at_80x24(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP, size=(80, 24)) as d:
        d.session("execsnoop").push_rows(exec_row(4711, b"ls", b"-l"))
        d.session("tcptop").push_table(connection_row(1, 900, 1024))
        await d.shows("4711", "ls -l", "RX_KB", "TX_KB", "1.0")
        assert len(d.lines) == 24
        assert d.lines[0].startswith(" tuibpf")
        assert "? help" in d.lines[23]
        assert "q quit" in d.lines[23]


async def test_nothing_breaks_in_a_tiny_terminal(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP, BIOLATENCY, size=(20, 6)) as d:
        d.session("execsnoop").push_rows(exec_row(4711, b"ls", b"-l"))
        d.session("biolatency").push_histogram(distribution((), 90, 9, 1))
        await d.press("j", "question_mark", "escape", "a", "escape", "m")
        await d.pilot.resize_terminal(200, 60)
        await d.shows("4711")


def test_how_many_columns() -> None:
    assert [columns_for(n, 80, 22) for n in (1, 2, 3, 4, 8)] == [1, 1, 1, 2, 2]
    assert [columns_for(n, 160, 45) for n in (1, 2, 3, 4)] == [1, 2, 2, 2]
    assert columns_for(3, 240, 60) == 3


async def test_keys_that_are_typed_ahead_go_where_they_should(desk: Open) -> None:
    """A key that moves the focus and the next one may come in one piece, over a slow line or from a script."""
    async with desk(None, EXECSNOOP, TCPTOP, BIOLATENCY, size=(120, 40)) as d:
        d.app.action_focus_pane(3)
        d.app.action_focus_pane(2)
        assert d.app.pane is d.app.grid.panes[1]
        await d.press("x")
        await d.until(lambda: d.session("tcptop").closed)
        assert d.app.pane is d.app.grid.panes[1]
        assert d.app.pane.label == "biolatency"


async def test_the_focus_stays_in_its_pane_when_a_tool_is_ready(desk: Open) -> None:
    backend = FakeBackend()
    ready = threading.Event()
    backend.opened = lambda session: ready.wait(10) and None
    async with desk(backend, size=(120, 40)) as d:
        await d.press("escape")
        for tool in (EXECSNOOP, TCPTOP, BIOLATENCY):
            d.app.open_tool(tool, {})
        await d.shows("3 biolatency", "loading…")
        await d.press("2")
        ready.set()
        await d.shows("RPORT", "ARGS", "nothing measured yet")
        assert d.app.pane is d.app.grid.panes[1]
        assert isinstance(d.app.focused, TableView)

"""The picker, the form of options, the palette, themes and help."""

from __future__ import annotations

from tuibpf.diagnostics import NotSupported
from tuibpf.tui.choice import Choice, search
from tuibpf.tui.widgets.tool_pane import ToolPane

from .conftest import Open
from .fake import EXECSNOOP, REFUSED, TCPTOP, FakeBackend, exec_row, tool


async def test_without_tools_the_picker_is_open(desk: Open) -> None:
    async with desk() as d:
        await d.shows("block", "network", "process", "host", "biolatency", "tcptop", "execsnoop", "Block I/O latency")
        assert "broken" in d.text
        await d.press(*"tcp")
        await d.hides("biolatency")
        await d.shows("-s, --sort all|sent|received")
        await d.press("enter")
        await d.shows("RPORT")
        assert len(d.app.query(ToolPane)) == 1
        assert "processes" not in d.text


async def test_the_picker_shows_what_is_wrong_with_a_tool(desk: Open) -> None:
    async with desk() as d:
        await d.press(*"dama")
        await d.shows("broken.py:2:8: error: no such name: nwo", "hint: did you mean now?")


async def test_nothing_found_and_back(desk: Open) -> None:
    async with desk() as d:
        await d.press(*"zzzz", "enter")
        assert "tools" in d.lines[1] + d.lines[2]
        await d.press("escape")
        await d.shows("processes")


async def test_options_are_asked_for_and_checked(desk: Open) -> None:
    async with desk() as d:
        await d.press(*"execsn", "tab")
        await d.shows("Options of execsnoop", "-x, --fails", "include execs that failed", "-u, --uid UID")
        await d.press("space", "tab", *"nonsuch", "enter")
        await d.shows("--uid is a user's number or name, not 'nonsuch'")
        await d.press(*["backspace"] * 7, *"42", "enter")
        await d.shows("execsnoop -x -u 42")
        assert d.backend.values == [{"failed": True, "uid": 42}]


async def test_options_of_a_running_tool_can_be_changed(desk: Open) -> None:
    async with desk(None, TCPTOP) as d:
        first = d.session("tcptop")
        await d.press("o", *["backspace"] * 3, *"sent", "enter")
        await d.shows("tcptop -s sent")
        await d.until(lambda: first.closed == 1)
        assert len(d.app.grid.panes) == 1


async def test_locked_tools_and_the_host_without_privileges(desk: Open) -> None:
    lock = NotSupported("the tools", "this user lacks cap_bpf and cap_perfmon", "run it with sudo")
    backend = FakeBackend(lock=lock)
    backend.errors["execsnoop"] = REFUSED
    async with desk(backend, EXECSNOOP, size=(100, 30)) as d:
        await d.shows(
            "tools locked", "this user lacks cap_bpf and cap_perfmon", "run it with sudo", "processes", "COMMAND"
        )
        await d.shows("cpu", "mem", "not possible here", "this kernel has no BTF", "CONFIG_DEBUG_INFO_BTF")
        await d.press("a")
        await d.shows("locked")
        assert sum("locked  " in line for line in d.lines) >= 3
        await d.shows("run it with sudo")


async def test_the_host_is_what_is_seen_first_without_privileges(desk: Open) -> None:
    async with desk(FakeBackend(lock=REFUSED)) as d:
        await d.shows("processes", "tools locked")
        assert len(d.app.screen_stack) == 1


async def test_the_palette_does_what_the_keys_do(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        d.session("execsnoop").push_rows(exec_row(4711))
        await d.shows("4711")
        await d.press("colon", *"paus", "enter")
        await d.shows("PAUSED")
        await d.press("ctrl+p", *"tcpt", "enter")
        await d.shows("2 tcptop")
        await d.press("colon", *"filter", "enter")
        await d.shows("Esc shows all")
        await d.press("escape", "colon", *"theme pap", "enter")
        await d.until(lambda: d.app.look.name == "paper")


async def test_a_theme_is_seen_before_it_is_taken(desk: Open) -> None:
    async with desk(None, EXECSNOOP, theme="midnight") as d:
        await d.press("t", "down")
        seen = d.app.look.name
        assert seen != "midnight"
        await d.press("escape")
        assert d.app.look.name == "midnight"
        await d.press("t", "down", "enter")
        assert d.app.look.name == seen


async def test_every_theme_draws_everything(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP) as d:
        d.session("execsnoop").push_rows(exec_row(4711))
        for name in d.app.looks:
            d.app.use_look(name)
            await d.press("question_mark")
            await d.shows("Anywhere", "quit")
            await d.press("escape", "j")
            await d.shows("4711")
        assert len(d.app.looks) >= 4


async def test_help_scrolls(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        await d.press("question_mark")
        await d.shows("add a tool")
        await d.press("G")
        await d.shows("ns/event")


async def test_rows_come_in_under_a_dialog(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        await d.press("question_mark")
        d.session("execsnoop").push_rows(exec_row(4711))
        pane = d.app.query_one(ToolPane)
        await d.until(lambda: pane.figures.rows == 1)
        await d.press("escape")
        await d.shows("4711")


async def test_quit(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        await d.press("q")
        await d.until(lambda: not d.app.is_running)
    assert d.session("execsnoop").closed == 1


def test_search_puts_the_best_first() -> None:
    choices = [
        Choice(1, "biotop", "block requests by process"),
        Choice(2, "execsnoop", "trace new processes"),
        Choice(3, "opensnoop", "trace open calls"),
    ]
    assert [choice.value for choice in search(choices, "open")] == [3]
    assert [choice.value for choice in search(choices, "snoop")] == [2, 3]
    assert [choice.value for choice in search(choices, "proc")] == [1, 2]
    assert [choice.value for choice in search(choices, "trace open")] == [3]
    assert [choice.value for choice in search(choices, "exsp")] == [2]
    assert search(choices, "zzz") == []
    assert len(search(choices, " ")) == 3


async def test_no_options_to_change(desk: Open) -> None:
    plain = tool("plain", "test", "has none")
    backend = FakeBackend()
    backend.outputs["plain"] = backend.outputs["execsnoop"]
    async with desk(backend, plain) as d:
        await d.press("o")
        await d.shows("plain has no options")

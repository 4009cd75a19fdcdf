"""Panes of tools side by side: what they show, their titles, and the keys."""

from __future__ import annotations

from tuibpf.tool.frame import Cost
from tuibpf.tui.widgets.stream_view import StreamView
from tuibpf.tui.widgets.table_view import TableView

from .conftest import Open
from .fake import BIOLATENCY, DAMAGED, EXECSNOOP, TCPTOP, FakeBackend, connection_row, distribution, exec_row


async def test_rows_come_and_the_title_tells_rate_losses_and_cost(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        session = d.session("execsnoop")
        await d.shows("ARGS")
        session.push_rows(exec_row(4711, b"ls", b"-l", b"a b"))
        session.spent = Cost(5_000, 10)
        await d.shows("4711", "ls -l 'a b'", "execsnoop", "rows/s", "0 lost", "ns/event", "% CPU")
        session.lost = {"execs: ring buffer full": 17}
        await d.shows("17 LOST")
        await d.press("i")
        await d.shows("17 execs: ring buffer full", "tools/process/execsnoop.py", "every exec, with its arguments.")


async def test_a_stream_follows_until_a_row_is_selected(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        session = d.session("execsnoop")
        session.push_rows(*(exec_row(1000 + n) for n in range(50)))
        await d.shows("1049")
        assert "1010 " not in d.text
        await d.press("k", "k")
        at = next(y for y, line in enumerate(d.lines) if " 1048 " in line)
        session.push_rows(*(exec_row(2000 + n) for n in range(30)))
        await d.shows("newer rows below")
        assert " 1048 " in d.lines[at]
        await d.press("F")
        await d.shows("2029")


async def test_enter_shows_the_whole_row(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        long = b"x" * 300
        d.session("execsnoop").push_rows(exec_row(4711, b"ls", long, b"\x1b[31m"))
        await d.shows("4711")
        await d.press("j", "enter")
        await d.shows("[0]", "[2]", r"$'\e[31m'")
        assert d.text.count("x") >= 600
        await d.press("escape")
        await d.shows("execsnoop")


async def test_a_table_keeps_the_selection_on_its_key(desk: Open) -> None:
    async with desk(None, TCPTOP) as d:
        session = d.session("tcptop")
        session.push_table(connection_row(1, 900, 0), connection_row(2, 500, 0), connection_row(3, 100, 0))
        await d.shows("50003")
        await d.press("j", "j")
        table = d.app.query_one(TableView)
        key = table.ranking.held
        assert key is not None
        assert key[0] == 2
        session.push_table(connection_row(3, 9900, 0), connection_row(4, 500, 0), connection_row(2, 100, 0))
        await d.until(lambda: table.ranking.index_of(key) == 2)
        session.push_table(connection_row(3, 9900, 0))
        await d.shows("gone quiet", "50002")
        await d.press("F")
        session.push_table(connection_row(3, 9900, 0))
        await d.hides("50002")


async def test_a_table_is_sorted_by_any_column(desk: Open) -> None:
    async with desk(None, TCPTOP) as d:
        d.session("tcptop").push_table(
            connection_row(1, 900, 0, "b"), connection_row(3, 500, 5000, "c"), connection_row(2, 100, 700, "a")
        )
        await d.shows("50003")

        def order() -> list[str]:
            return [line.split()[0] for line in d.lines if "10.0.0.9" in line]

        assert order() == ["1", "3", "2"]
        await d.press("s")
        assert order() == ["3", "2", "1"]
        assert "▼PID" in d.text
        await d.press("S")
        assert order() == ["1", "2", "3"]
        await d.press("s", "s", "s", "s", "s")
        assert "COMM▲" in d.text
        assert order() == ["2", "1", "3"]


async def test_a_histogram_has_buckets_percentiles_and_a_scale_from_zero(desk: Open) -> None:
    async with desk(None, BIOLATENCY) as d:
        session = d.session("biolatency")
        session.push_histogram(distribution((), 90, 9, 1))
        await d.shows("64us – 128us", "256us – 512us", "100 values", "p50 <128us", "p95 <256us", "max <512us")
        axis = next(line for line in d.lines if "──" in line and line.lstrip().startswith("0"))
        assert axis.rstrip().endswith("100")
        session.push_histogram(distribution((), 1))
        await d.shows("101 values")
        await d.press("v")
        await d.shows("interval", "1 values")
        await d.press("v")
        await d.shows("over time", "now", "in an interval")
        await d.press("enter")
        await d.shows("counts in microseconds", "91   90.10%   64 to 127")


async def test_histograms_by_key_stand_side_by_side(desk: Open) -> None:
    backend = FakeBackend()
    backend.outputs["biolatency"] = backend.outputs["disks"]
    async with desk(backend, BIOLATENCY, size=(170, 24)) as d:
        d.session("biolatency").push_histogram(distribution(("vda",), 5), distribution(("vdb",), 50))
        await d.shows("DISK vda", "DISK vdb", "all  55 values")
        assert any("DISK vda" in line and "DISK vdb" in line for line in d.lines)
        await d.press("slash", *"vdb", "enter")
        await d.hides("DISK vda")


async def test_pause_holds_the_picture_and_loses_nothing(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        session = d.session("execsnoop")
        session.push_rows(exec_row(1001))
        await d.shows("1001")
        await d.press("p")
        session.push_rows(exec_row(1002), exec_row(1003))
        await d.shows("PAUSED", "2 rows wait")
        assert "1002" not in d.text
        await d.press("p")
        await d.shows("1002", "1003")
        await d.press("c")
        assert "1002" not in d.text


async def test_a_filter_is_applied_while_it_is_typed(desk: Open) -> None:
    async with desk(None, EXECSNOOP) as d:
        session = d.session("execsnoop")
        session.push_rows(exec_row(1001, b"make"), exec_row(1002, b"ls"))
        await d.shows("1002")
        await d.press("slash", *"MAKE")
        await d.hides("1002")
        await d.shows("1001", "1 of 2 match")
        await d.press("enter")
        session.push_rows(exec_row(1003, b"ls"), exec_row(1004, b"cmake"))
        await d.shows("1004", "/MAKE")
        assert "1003" not in d.text
        await d.press("slash", "escape")
        await d.shows("1002", "1003")
        assert "/MAKE" not in d.text


async def test_a_tool_that_fails_shows_its_diagnostic_and_the_rest_go_on(desk: Open) -> None:
    async with desk(None, EXECSNOOP, DAMAGED) as d:
        await d.shows("broken.py:2:8: error: no such name: nwo", "2 | seen = nwo()", "^^^", "hint: did you mean now?")
        assert "FAILED" in d.text
        d.session("execsnoop").push_rows(exec_row(4711))
        await d.shows("4711")


async def test_a_session_that_breaks_keeps_its_rows(desk: Open) -> None:
    async with desk(None, EXECSNOOP, TCPTOP) as d:
        d.session("execsnoop").push_rows(exec_row(4711))
        await d.shows("4711")
        d.session("execsnoop").error = OSError(5, "Input/output error")
        await d.shows("OSError: [Errno 5] Input/output error", "4711")


async def test_two_views_do_not_share_a_row(desk: Open) -> None:
    """A stream's selection is by number, so a view of its own is needed for each pane."""
    async with desk(None, EXECSNOOP, TCPTOP) as d:
        assert len(d.app.query(StreamView)) == 1
        await d.until(lambda: len(d.app.query(TableView)) == 1)

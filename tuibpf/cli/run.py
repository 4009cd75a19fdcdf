"""``tuibpf run TOOL``: a tool without the dashboard, its data on stdout."""

import gc
import os
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from tuibpf.cli.speech import OutputClosed, say, tell
from tuibpf.cli.stop import Stop
from tuibpf.program import TableOutput
from tuibpf.tool.discover import find_tool
from tuibpf.tool.frame import Frame
from tuibpf.tool.option import Option, Parsed, UsageError, Value, parse_arguments
from tuibpf.tool.session import Session
from tuibpf.tool.tool import Tool
from tuibpf.view import FORMATS, View, open_view

__all__ = ["OPTIONS", "Request", "read_request", "run", "show"]

# Their names can not be those of a tool's options, which are identifiers.
OPTIONS = (
    Option("-o", "-o", "--output", "string", "table", FORMATS, help="how to write the data"),
    Option("-d", "-d", "--duration", "number", help="end after that many seconds", metavar="SECONDS"),
    Option("-i", "-i", "--interval", "number", help="show a table or histogram every SECONDS", metavar="SECONDS"),
    Option("-n", "-n", "--rows", "integer", help="end after that many rows", metavar="ROWS", minimum=1),
    Option("-h", "-h", "--help", "flag", False, help="show this and end"),
)  # fmt: skip

# Probes wake nobody up, so a stream is looked at on a timer. What came meanwhile waits in a buffer of megabytes.
_STREAM_PERIOD_S = 0.05
_TABLE_PERIOD_S = 1.0
_LOSSES_PERIOD_S = 1.0
_SHORTEST_INTERVAL_S = 0.01
_BACKLOG = 1000


class Request(NamedTuple):
    """What a command line asked for. Without *interval_s* a histogram is shown at the end, a table every second."""

    tool: Tool
    values: dict[str, Value]
    form: str = "table"
    duration_s: float | None = None
    interval_s: float | None = None
    rows: int | None = None


def run(arguments: Sequence[str]) -> int:
    """The command ``run``. Returns the exit code."""
    request = read_request(arguments)
    if request is None:
        return 0
    # What costs nobody anything is not measured: only the dashboard shows the cost of the probes.
    with Stop() as stop, Session.open(request.tool, request.values, measure=False) as session:
        gc.freeze()
        gc.enable()
        probes = "1 probe" if session.programs == 1 else f"{session.programs} probes"
        say(f"{request.tool.name}: {probes} attached in {session.attached_ms:.0f} ms; Ctrl-C ends it")
        rows = show(session, request, stop)
    for reason, count in session.losses().items():
        say(f"lost: {count} {reason}")
    if request.form == "json":
        say(_summary(session, rows))
    elif not rows:
        say(f"{request.tool.name}: nothing was seen")
    return 0


def read_request(arguments: Sequence[str]) -> Request | None:
    """What *arguments* ask for; None if that was help, which has been given.

    Before the tool's name, options are those of ``run``. After it, one that the tool has too is the tool's.
    """
    own = {spelling: option for option in OPTIONS for spelling in (option.short, option.long) if spelling}
    before = parse_arguments(own, arguments, stop_at_word=True)
    if before.values["-h"] or not before.words:
        from tuibpf.cli.manual import run_help

        if not before.values["-h"]:
            raise UsageError("run which tool?", "tuibpf list shows them")
        tell(run_help(find_tool(before.words[0]) if before.words else None))
        return None
    tool = find_tool(before.words[0])
    theirs = {spelling: option for option in tool.options for spelling in (option.short, option.long) if spelling}
    after = parse_arguments({**own, **theirs}, before.words[1:])
    if after.values.get("-h"):
        from tuibpf.cli.manual import run_help

        tell(run_help(tool))
        return None
    if after.words:
        raise UsageError(f"{tool.name} takes no argument {after.words[0]!r}", "seconds are given by -d and -i")
    _note_shadowed(tool, after)
    chosen = {name: (after if name in after.given else before).values[name] for name in before.values}
    interval_s = chosen["-i"]
    if isinstance(interval_s, float) and interval_s < _SHORTEST_INTERVAL_S:
        raise UsageError(f"--interval is at least {_SHORTEST_INTERVAL_S}, not {interval_s:g}")
    values = {option.name: after.values[option.name] for option in tool.options}
    return Request(tool, values, *(chosen[name] for name in ("-o", "-d", "-i", "-n")))  # type: ignore[arg-type]


def _note_shadowed(tool: Tool, parsed: Parsed) -> None:
    """Say so where a number was given to an option of the tool's that may have been meant for one of ``run``."""
    shorts = {option.short: option for option in OPTIONS if option.kind != "flag"}
    for option in tool.options:
        value = parsed.values[option.name]
        if option.short in shorts and option.kind == "string" and option.name in parsed.given and str(value).isdigit():
            meant = shorts[option.short]
            say(f"note: {option.short} is {option.long} of {tool.name}; to {meant.help}, write {meant.long} {value}")


def show(session: Session, request: Request, stop: Stop) -> int:
    """Write what *session* gathers until something ends it; returns the number of rows."""
    pages = request.form == "table" and sys.stdout.isatty() and _clears(session)
    view = open_view(
        request.form,
        tell,
        rows_on_screen=_rows_on_screen if pages else None,
        stamped=request.interval_s is not None,
    )
    counted = _Counted(view, request.rows)
    try:
        view.begin(session.heads())
        _follow(session, request, stop, counted, quiet=pages)
    except OutputClosed:
        pass
    return counted.rows


def _follow(session: Session, request: Request, stop: Stop, counted: "_Counted", *, quiet: bool) -> None:
    shapes = {head.shape for head in session.heads()}
    streams = "stream" in shapes
    period_s = request.interval_s
    if period_s is None and ("table" in shapes or request.rows is not None):
        period_s = _TABLE_PERIOD_S
    now = time.monotonic()
    end = now + request.duration_s if request.duration_s is not None else float("inf")
    due = now + period_s if period_s is not None and shapes != {"stream"} else float("inf")
    told, tell_again, backlog = 0, now, False
    while not counted.full:
        rest_s = min(due, end, now + _LOSSES_PERIOD_S) - now
        if streams:
            rest_s = 0 if backlog else min(rest_s, _STREAM_PERIOD_S)
        stopped = stop.wait(max(0.0, rest_s))
        now = time.monotonic()
        if stopped or now >= end:
            counted.show(session.finish())
            return
        if streams:
            frames = session.rows()
            backlog = sum(len(frame.rows) for frame in frames) > _BACKLOG
            counted.show(frames)
        if now >= due and period_s is not None:
            counted.show(session.snapshot())
            due = max(due + period_s, now)
        if not quiet and now >= tell_again:
            tell_again = now + _LOSSES_PERIOD_S
            lost = sum(session.losses().values())
            if lost > told:
                say(f"lost: {lost} so far")
                told = lost


class _Counted:
    """Hands frames on to a view until *limit* rows are shown; a histogram counts as one."""

    def __init__(self, view: View, limit: int | None) -> None:
        self.rows = 0
        self._view = view
        self._limit = limit

    @property
    def full(self) -> bool:
        return self._limit is not None and self.rows >= self._limit

    def show(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if self.full:
                return
            if self._limit is not None:
                left = self._limit - self.rows
                frame = frame._replace(rows=frame.rows[:left], distributions=frame.distributions[:left])
            self._view.show(frame)
            self.rows += len(frame.rows) + len(frame.distributions)


def _clears(session: Session) -> bool:
    return all(output.clear for output in session.outputs if isinstance(output, TableOutput))


def _rows_on_screen() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or 24
    except (OSError, ValueError):
        return 24


def _summary(session: Session, rows: int) -> str:
    from json import dumps

    return dumps(
        {
            "tool": session.tool.name,
            "rows": rows,
            "lost": sum(session.losses().values()),
            "attached_ms": round(session.attached_ms, 1),
            "compile_ms": round(session.compile_ms, 2),
        }
    )

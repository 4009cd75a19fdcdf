"""Bytes that the dashboard sends for a picture, beside a repaint of the whole screen and beside Textual by itself.

usage: python -m tests.benchmarks.screen

The dashboard runs in a real terminal (a pty) with made-up sessions, so the numbers do not depend on what the machine
does. A picture is what is drawn between two questions to the terminal (see ``tuibpf.tui.pace``); the whole screen is
what a resize makes it send. Beside it stands what Textual's own driver sends for the same, which repaints regions.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from textual.drivers.linux_driver import LinuxDriver

from tests.benchmarks.figures import table
from tests.tui.fake import FakeBackend, FakeSession, MiB, connection_row, distribution, exec_row, tool
from tests.tui.line import Line
from tuibpf.tool.frame import Cost
from tuibpf.tui import run
from tuibpf.tui.terminal import Terminal

_SCENES = (("idle",), ("execsnoop",), ("tcptop",), ("biolatency",), ("execsnoop", "tcptop", "biolatency"))
_SIZES = ((80, 24), (160, 45))
_SECONDS = 4.0


def work(session: FakeSession, chance: random.Random) -> None:
    """What a tool sees on a machine with something to do: 8 execs a second, 15 connections, 400 block requests."""
    pid = 1000
    while not session.closed:
        session.spent = Cost(session.spent.run_ns + chance.randint(40_000, 90_000), session.spent.runs + 100)
        if session.name == "execsnoop":
            words = [b"/usr/bin/make", b"-C", b"build/%d" % pid, b"all"]
            session.push_rows(*(exec_row(pid + i, *words, comm="make") for i in range(2)))
            pid += 2
            time.sleep(0.25)
        elif session.name == "tcptop":
            rows = [connection_row(700 + i, chance.randrange(8 * MiB), chance.randrange(MiB)) for i in range(15)]
            session.push_table(*sorted(rows, key=lambda row: -row[-1] - row[-2]))
            time.sleep(1)
        elif session.name == "biolatency":
            session.push_histogram(distribution((), *(chance.randrange(1, 200 >> i) for i in range(7))))
            time.sleep(1)
        else:
            time.sleep(1)


def child(mode: str, *names: str) -> int:
    if mode == "plain":
        Terminal.write = LinuxDriver.write  # type: ignore[method-assign]
    backend = FakeBackend()
    backend.outputs["idle"] = backend.outputs["execsnoop"]

    def start(session: FakeSession) -> None:
        threading.Thread(target=work, args=(session, random.Random(7)), daemon=True).start()

    backend.opened = start
    return run([(tool(name, "test", ""), {}) for name in names], backend=backend)


class Sent(NamedTuple):
    """Bytes: of a picture, of a second, of a whole screen."""

    picture: float
    second: float
    whole: int


def measure(mode: str, names: tuple[str, ...], columns: int, rows: int) -> Sent:
    with tempfile.TemporaryDirectory() as home:
        environ = {"XDG_CONFIG_HOME": home}
        with Line(__file__, "child", mode, *names, columns=columns, rows=rows, environ=environ) as line:
            line.wait_for("q quit")
            time.sleep(2)
            sent, pictures = len(line.sent), line.questions
            time.sleep(_SECONDS)
            sent, pictures = len(line.sent) - sent, line.questions - pictures
            before = len(line.sent)
            line.resize(columns, rows - 1)
            time.sleep(0.4)
            whole = len(line.sent) - before
            line.signal(signal.SIGTERM)
            line.ended()
    return Sent(sent / max(1, pictures), sent / _SECONDS, whole)


def main() -> None:
    rows = []
    for width, height in _SIZES:
        for names in _SCENES:
            ours, plain = (measure(mode, names, width, height) for mode in ("ours", "plain"))
            figures = (ours.picture, ours.second, ours.whole, plain.second)
            share = f"{ours.second / plain.second:.2f}"
            rows.append((f"{width}x{height} {' '.join(names)}", *(f"{figure:.0f}" for figure in figures), share))
    table(("panes", "B/picture", "B/s", "whole screen", "Textual B/s", "ratio"), rows)


if __name__ == "__main__":
    sys.exit(child(*sys.argv[2:]) if sys.argv[1:2] == ["child"] else main())

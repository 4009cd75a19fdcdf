"""Bytes that the dashboard sends for a picture, at 80×24 and 160×45, against a repaint of the whole screen.

usage: python -m tests.benchmarks.screen

The dashboard runs in a real terminal (a pty) with made-up sessions, so the numbers do not depend on what the machine
does. A picture is what is drawn between two questions to the terminal (see ``tuibpf.tui.pace``); the whole screen is
what a resize makes it send.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.figures import tell
from tests.tui.fake import FakeBackend, FakeSession, MiB, connection_row, distribution, exec_row, tool
from tests.tui.line import Line
from tuibpf.tool.frame import Cost
from tuibpf.tui import run

_SCENES = (("idle",), ("execsnoop",), ("tcptop",), ("biolatency",), ("execsnoop", "tcptop", "biolatency"))
_SIZES = ((80, 24), (160, 45))
_SECONDS = 6.0


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


def child(*names: str) -> int:
    backend = FakeBackend()
    backend.outputs["idle"] = backend.outputs["execsnoop"]

    def start(session: FakeSession) -> None:
        threading.Thread(target=work, args=(session, random.Random(7)), daemon=True).start()

    backend.opened = start
    return run([(tool(name, "test", ""), {}) for name in names], backend=backend)


def measure(names: tuple[str, ...], columns: int, rows: int) -> tuple[float, float, int]:
    """(bytes a picture, bytes a second, bytes of a whole screen)"""
    with tempfile.TemporaryDirectory() as home:
        environ = {"XDG_CONFIG_HOME": home}
        with Line(__file__, "child", *names, columns=columns, rows=rows, environ=environ) as line:
            line.wait_for("q quit")
            time.sleep(3)
            sent, pictures = len(line.sent), line.questions
            time.sleep(_SECONDS)
            sent, pictures = len(line.sent) - sent, line.questions - pictures
            before = len(line.sent)
            line.resize(columns, rows - 1)
            time.sleep(0.4)
            whole = len(line.sent) - before
            line.signal(signal.SIGTERM)
            line.ended()
    return sent / max(1, pictures), sent / _SECONDS, whole


def main() -> None:
    tell(f"{'size':>8}  {'panes':32} {'B/picture':>10} {'B/s':>8} {'whole screen':>13} {'ratio':>6}")
    for columns, rows in _SIZES:
        for names in _SCENES:
            picture, second, whole = measure(names, columns, rows)
            size, panes = f"{columns}x{rows}", " ".join(names)
            tell(f"{size:>8}  {panes:32} {picture:10.0f} {second:8.0f} {whole:13} {picture / whole:6.2f}")


if __name__ == "__main__":
    sys.exit(child(*sys.argv[2:]) if sys.argv[1:2] == ["child"] else main())

"""The dashboard in a real terminal: it leaves it as it was, closes everything, sends no more than the line bears."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import why_not_privileged

from .line import CHILD, Line


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def quit_by_key(line: Line) -> None:
    line.type(b"q")


def interrupt(line: Line) -> None:
    line.type(b"\x03")


def terminate(line: Line) -> None:
    line.signal(signal.SIGTERM)


def hang_up(line: Line) -> None:
    line.signal(signal.SIGHUP)


def crash(line: Line) -> None:
    line.type(b"j")
    time.sleep(0.2)
    line.type(b"\r")


@pytest.mark.parametrize(
    ("end", "code"), [(quit_by_key, 0), (interrupt, 0), (terminate, 143), (hang_up, 129), (crash, 1)]
)
def test_however_it_ends_the_terminal_is_as_it_was(end: Callable[[Line], None], code: int, log: Path) -> None:
    with Line(str(CHILD), str(log), "crash" if end is crash else "execsnoop") as line:
        line.wait_for("started-")
        end(line)
        assert line.ended() == code
        assert line.modes() == line.modes_before
        last = bytes(line.sent)
        if end is crash:
            assert b"made to fail" in last
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
        assert sequence in last[-20_000:]
    name = "crash" if end is crash else "execsnoop"
    assert log.read_text().split("\n") == [f"open {name}", f"close {name}", ""]


def test_a_line_that_is_cut_ends_it_and_closes_everything(log: Path) -> None:
    with Line(str(CHILD), str(log), "execsnoop", "tcptop") as line:
        line.wait_for("started-execsnoop")
        line.hang_up()
        assert line.ended() == 129
    assert sorted(log.read_text().split()) == [
        "close",
        "close",
        "execsnoop",
        "execsnoop",
        "open",
        "open",
        "tcptop",
        "tcptop",
    ]


def test_a_line_that_takes_no_more_bytes_does_not_keep_it_alive(log: Path) -> None:
    with Line(str(CHILD), str(log), "busy") as line:
        line.wait_for("PPID")
        line.stall()
        time.sleep(1.5)
        line.signal(signal.SIGTERM)
        assert line.ended() == 143


def test_a_slow_line_gets_fewer_pictures_not_later_ones(log: Path) -> None:
    """At 3 kB/s, while rows come in by the thousands: what is sent does not pile up, so a key is answered soon."""
    with Line(str(CHILD), str(log), "busy", bytes_per_s=3000) as line:
        line.wait_for("PPID", timeout_s=40)
        time.sleep(2.5)
        pressed = time.monotonic()
        line.type(b"?")
        line.wait_for("Anywhere", timeout_s=10)
        assert time.monotonic() - pressed < 8
        line.type(b"\x1b")


def test_an_idle_dashboard_sends_next_to_nothing(log: Path) -> None:
    with Line(str(CHILD), str(log), "execsnoop") as line:
        line.wait_for("started-execsnoop")
        time.sleep(1.2)
        before = len(line.sent)
        time.sleep(1.5)
        assert len(line.sent) - before < 500


def test_few_colours_are_enough(log: Path) -> None:
    with Line(str(CHILD), str(log), "execsnoop", environ={"TERM": "linux", "COLORTERM": ""}) as line:
        line.wait_for("started-execsnoop")
        line.type(b"q")
        line.ended()
        assert b"38;2;" not in line.sent
        assert b"48;2;" not in line.sent


def test_without_privileges_it_opens_and_says_what_is_missing() -> None:
    prefix: tuple[str, ...] = ()
    if why_not_privileged() is None:
        prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        if shutil.which(prefix[0]) is None:
            pytest.skip(reason="this user may load programs, and there is no setpriv to run as one who may not")
    with Line("-m", "tuibpf", "execsnoop", prefix=prefix) as line:
        line.wait_for("tools locked")
        line.wait_for("processes")
        line.wait_for("not possible here")
        line.type(b"a")
        line.wait_for("locked  Trace new processes")
        line.type(b"\x1b")
        time.sleep(0.3)
        line.type(b"q")
        assert line.ended() == 0


def test_without_a_terminal_it_says_so(log: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(CHILD), str(log), "execsnoop"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "the dashboard: it needs a terminal" in done.stderr
    assert "tuibpf run TOOL" in done.stderr


def test_textual_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, tuibpf.tui; sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}).returncode == 0

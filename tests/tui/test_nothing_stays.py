"""However the dashboard ends, no program, map or link of it stays in the kernel."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tuibpf.kernel.info import link_ids, map_ids, program_ids

from .line import Line

pytestmark = pytest.mark.usefixtures("privileged", "kernel_types")

TOOLS = ("execsnoop", "tcptop", "biolatency")

# The command line as it is, but for a key that makes the dashboard fail.
PROGRAM = """
import sys
from tuibpf.tui.widgets.pane import Pane
def fail(self):
    raise RuntimeError("made to fail")
Pane.action_info = fail
from tuibpf.cli import main
sys.argv[1:] = {tools!r}
sys.exit(main())
"""
_IDS = re.compile(r"^(prog|map|link)_id:\s*(\d+)$", re.MULTILINE)


def held_by(pid: int) -> set[tuple[str, int]]:
    """The programs, maps and links that a process has descriptors of (/proc/PID/fdinfo, kernel/bpf/syscall.c)."""
    found = set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            found |= {(kind, int(number)) for kind, number in _IDS.findall(path.read_text())}
        except FileNotFoundError:
            continue
    return found


def in_the_kernel() -> set[tuple[str, int]]:
    lists = {"prog": program_ids(), "map": map_ids(), "link": link_ids()}
    return {(kind, number) for kind, numbers in lists.items() for number in numbers}


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda line: line.type(b"q"), 0),
        (lambda line: line.type(b"\x03"), 0),
        (lambda line: line.signal(signal.SIGTERM), 143),
        (lambda line: line.signal(signal.SIGHUP), 129),
        (lambda line: line.signal(signal.SIGKILL), -9),
        (lambda line: line.hang_up(), 129),
        (lambda line: line.type(b"i"), 1),
    ],
    ids=["quit", "ctrl-c", "term", "hup", "kill", "cut", "exception"],
)
def test_however_it_ends(end: Callable[[Line], None], code: int) -> None:
    with Line("-c", PROGRAM.format(tools=list(TOOLS)), columns=120, rows=40) as line:
        line.wait_for("3 biolatency")
        line.wait_for("events/s")
        held = held_by(line.process.pid)
        assert {kind for kind, _ in held} == {"prog", "map", "link"}
        assert held <= in_the_kernel()
        end(line)
        assert line.ended() == code
    # The kernel frees them after a grace period.
    patience_end = time.monotonic() + 10
    while (left := held & in_the_kernel()) and time.monotonic() < patience_end:
        time.sleep(0.05)
    assert not left


def test_closing_a_pane_takes_its_probes_out() -> None:
    with Line("-c", PROGRAM.format(tools=list(TOOLS)), columns=120, rows=40) as line:
        line.wait_for("3 biolatency")
        line.wait_for("events/s")
        before = held_by(line.process.pid)
        line.type(b"2x")
        line.wait_for("2 biolatency")
        patience_end = time.monotonic() + 10
        while not held_by(line.process.pid) < before and time.monotonic() < patience_end:
            time.sleep(0.05)
        assert held_by(line.process.pid) < before
        line.type(b"q")
        assert line.ended() == 0

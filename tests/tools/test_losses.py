"""What is lost is counted: the rows that came and those that were lost are all that there were."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.tools.commands import TRUE, libc, spawn
from tests.tools.running import named_rows, running, session, session_and_maps
from tuibpf.kernel import machine
from tuibpf.program import MapType
from tuibpf.tool.discover import find_tool

# Each row has the number of a descriptor that is not open: the test numbers its events itself. Rows of a fixed size go
# into the buffer in another way than those with a tail.
FLOOD = '''"""Every close(2) of one process."""

from tuibpf.lang import *

target = Option("-p", "--pid", type=Pid, default=0, help="only this process")


class Closing(Row):
    fd: u64
    {field}


closings = Stream(Closing)


@tracepoint("syscalls/sys_enter_close")
def closing(fd: u64):
    if pid() == target and fd >= 1_000_000:
        closings.emit(fd=fd{value})
'''
FORMS = {
    "fixed": FLOOD.format(field="padding: Text[64]", value=""),
    "tail": FLOOD.format(field="memory: Arguments[1]", value=", memory=user_memory(0, 100)"),
}
FIRST, EVENTS = 1_000_000, 250_000


def flood(start=FIRST, count=EVENTS):
    close = libc().close
    for number in range(start, start + count):
        close(number)


@pytest.fixture(params=FORMS)
def script(request, tmp_path):
    path = tmp_path / "flood.py"
    path.write_text(FORMS[request.param])
    return str(path)


@pytest.fixture(params=[MapType.RINGBUF, MapType.PERF_EVENT_ARRAY], ids=["ring", "perf"])
def buffer(request, monkeypatch):
    """The type of the buffer that is used. What the kernel can do is found out anew, before and after."""
    if request.param is MapType.PERF_EVENT_ARRAY:
        monkeypatch.setenv("TUIBPF_WITHOUT", "ringbuf")
    monkeypatch.setattr(machine, "_running", None)
    return request.param


@pytest.mark.usefixtures("tracefs")
def test_rows_and_losses_are_all_events(script, buffer):
    with session_and_maps(find_tool(script), target=os.getpid()) as (opened, loaded):
        assert loaded.map("closings").spec.type is buffer
        flood()
        first = [row["fd"] for row in named_rows(opened.rows())]
        # There is room again, and what comes now is neither lost nor mixed up with what was.
        flood(FIRST + EVENTS, 100)
        last = [row["fd"] for row in named_rows(opened.finish())]
        losses = opened.losses()
    assert 1000 < len(first) < EVENTS
    assert len(first) + len(last) + sum(losses.values()) == EVENTS + 100
    assert last == list(range(FIRST + EVENTS, FIRST + EVENTS + 100))
    assert first == sorted(set(first))
    assert set(first) <= set(range(FIRST, FIRST + EVENTS))
    assert set(losses) == {"closings: buffer full"}


@pytest.mark.usefixtures("tracefs", "buffer")
def test_nothing_is_lost_while_somebody_reads(script):
    found = []
    with session(find_tool(script), target=os.getpid()) as opened:
        for start in range(FIRST, FIRST + EVENTS, 1000):
            flood(start, 1000)
            found += [row["fd"] for row in named_rows(opened.rows())]
        found += [row["fd"] for row in named_rows(opened.finish())]
        assert opened.losses() == {}
    assert found == list(range(FIRST, FIRST + EVENTS))


def test_execs_while_the_command_line_is_stopped():
    """A reader that sleeps through more execs than there is room for tells how many it missed."""
    arguments, count = [b"true", b"x" * 100_000], 60
    with running("execsnoop", "-o", "json", "--max-args", "1024") as told:
        os.kill(told.pid, signal.SIGSTOP)
        wait_until_stopped(told.pid)
        pids = [spawn(TRUE, arguments) for _ in range(count)]
        os.kill(told.pid, signal.SIGCONT)
        pids.append(spawn(TRUE, [b"true", b"and on"]))
    rows = told.of(*pids)
    lost = told.summary["lost"]
    assert lost > 0
    # Commands of others may be among those that were lost, never the other way round.
    assert count + 1 - lost <= len(rows) < count + 1
    assert [row["pid"] for row in rows] == [pid for pid in pids if pid in {row["pid"] for row in rows}]
    assert all(row["args"] == ["true", "x" * 100_000] for row in rows if row["pid"] != pids[-1])
    assert any(f"lost: {lost} " in line for line in told.speech)
    assert json.loads(told.speech[-1])["rows"] == len(told.rows)


def wait_until_stopped(pid):
    end = time.monotonic() + 10
    while time.monotonic() < end and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.01)

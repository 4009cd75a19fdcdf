"""execsnoop and threads: whoever calls exec, the leader is who comes back; and what is remembered of calls."""

from __future__ import annotations

import errno
import os
import sys
import threading

import pytest

from tests.tools.commands import (
    TRUE,
    execve,
    forked,
    in_thread,
    libc,
    seen,
    whole,
)
from tests.tools.running import session, session_and_maps, tool_of

ERESTARTSYS = 512  # include/linux/errno.h


def test_a_thread_that_is_not_the_leader():
    with session("execsnoop", failed=True) as opened:
        pids = [forked(lambda: in_thread(lambda: execve(TRUE, [b"true", b"thread"])), status=0) for _ in range(20)]
        rows = seen(opened, *pids)
    assert [row["pid"] for row in rows] == pids
    for row in rows:
        assert (whole(row), row["comm"], row["ppid"], row["ret"]) == ([b"true", b"thread"], "true", os.getpid(), 0)


def test_a_failure_in_a_thread_that_is_not_the_leader():
    name = b"worker"

    def work():
        libc().prctl(15, name, 0, 0, 0)  # PR_SET_NAME
        execve(b"/nonexistent", [b"no", b"such"])

    with session("execsnoop", failed=True) as opened:
        pid = forked(lambda: in_thread(work))
        (row,) = seen(opened, pid)
    assert (row["comm"], row["pid"], row["ret"]) == ("worker", pid, -errno.ENOENT)
    assert (whole(row), row["file"]) == ([b"no", b"such"], "/nonexistent")


@pytest.mark.usefixtures("tracefs")
def test_threads_that_exec_at_the_same_time_are_one_exec():
    """The first to get there ends the others, whose calls come back to nobody, mostly with the kernel's own errors."""

    def race():
        start = threading.Barrier(4)

        def one():
            start.wait()
            execve(TRUE, [b"true"])

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with session("execsnoop", failed=True) as opened:
        pids = [forked(race, status=0) for _ in range(100)]
        rows = seen(opened, *pids)
    assert [row["pid"] for row in rows if row["ret"] == 0] == pids
    assert all(row["ret"] > -ERESTARTSYS for row in rows)


def left_behind(tool, runs):
    """The rows of *runs* processes, each with a thread that fails to exec and then execs; who of them is in the map."""
    reader, writer = os.pipe()

    def threaded():
        os.write(writer, b"%d\n" % threading.get_native_id())
        execve(b"/nonexistent", [b"x"])
        execve(TRUE, [b"true"])

    with session_and_maps(tool, failed=True) as (opened, loaded):
        pids = [forked(lambda: in_thread(threaded), status=0) for _ in range(runs)]
        rows = seen(opened, *pids)
        keys = loaded.map("calls").items().keys
    os.close(writer)
    with open(reader, "rb") as told:
        callers = {*pids, *map(int, told)}
    left = {int.from_bytes(keys[at : at + 4], sys.byteorder) for at in range(0, len(keys), 4)}
    return rows, left & callers


@pytest.mark.usefixtures("tracefs")
def test_nothing_is_left_behind_by_many_execs_from_threads_and_failures():
    rows, left = left_behind(tool_of("execsnoop"), 100)
    assert [row["ret"] for row in rows] == [-errno.ENOENT, 0] * 100
    assert not left


@pytest.mark.usefixtures("tracefs")
def test_a_tool_that_forgets_the_caller_by_the_wrong_id_would_be_found_out():
    """Behind exec the thread that called has the id of the leader."""
    rows, left = left_behind(tool_of("execsnoop", ("calls.remove(old_pid)", "calls.remove(tid())")), 10)
    assert len(rows) == 20
    assert len(left) == 10

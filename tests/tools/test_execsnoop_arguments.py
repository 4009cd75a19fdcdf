"""execsnoop against 200 commands with odd arguments: every one seen once, with the argv that it got."""

from __future__ import annotations

import errno
import os
import time

import pytest

from tests.tools.commands import TRUE, check_arguments, execve, forked, own_comm, spawn
from tests.tools.odd_arguments import odd_vectors
from tests.tools.running import named_rows, running, session


def test_200_commands_are_200_rows_with_their_exact_bytes():
    vectors = odd_vectors()
    with session("execsnoop") as opened:
        before = time.time_ns()
        pids = [spawn(TRUE, vector) for vector in vectors]
        after = time.time_ns()
        rows = [row for row in named_rows(opened.finish()) if row["pid"] in set(pids)]
        assert not opened.losses()
    assert [row["pid"] for row in rows] == pids
    for row, vector in zip(rows, vectors, strict=True):
        check_arguments(row["args"].values, row["args"].truncated, vector)
        assert (row["ppid"], row["uid"], row["ret"]) == (os.getpid(), os.getuid(), 0)
        assert (row["pcomm"], row["comm"], row["file"]) == (own_comm(), "true", "/bin/true")
    times = [row["time"] for row in rows]
    assert times == sorted(times)
    # The wall clock may have been set a little in between: the kernel tells the time since boot.
    assert before - 1_000_000_000 < times[0] <= times[-1] < after + 1_000_000_000
    assert sum(not row["args"].truncated for row in rows) > 100
    assert sum(row["args"].truncated for row in rows) > 30


@pytest.mark.parametrize("without", ["", "ringbuf"])
def test_the_command_line_tells_the_same_through_either_buffer(without):
    vectors = odd_vectors()
    with running("execsnoop", "-o", "json", environment={"TUIBPF_WITHOUT": without}) as told:
        pids = [spawn(TRUE, vector) for vector in vectors]
    rows = told.of(*pids)
    assert [row["pid"] for row in rows] == pids
    for row, vector in zip(rows, vectors, strict=True):
        texts = [argument.decode("utf-8", "backslashreplace") for argument in vector]
        shown = row["args"]
        if row["args_truncated"]:
            assert shown[:-1] == texts[: len(shown) - 1]
            assert 19 <= len(shown) < len(texts) or sum(map(len, shown)) > 1000
        else:
            assert shown == texts
    assert told.summary["rows"] == len(told.rows)
    assert told.summary["lost"] == 0


@pytest.mark.usefixtures("tracefs")
def test_the_arguments_of_200_that_failed_are_as_exact():
    vectors = odd_vectors()
    with session("execsnoop", failed=True) as opened:
        pids = [forked(lambda given=vector: execve(b"/nonexistent/file", given)) for vector in vectors]
        rows = [row for row in named_rows(opened.finish()) if row["pid"] in set(pids)]
        assert not opened.losses()
    assert [row["pid"] for row in rows] == pids
    for row, vector in zip(rows, vectors, strict=True):
        check_arguments(row["args"].values, row["args"].truncated, vector)
        assert (row["ppid"], row["uid"], row["ret"]) == (os.getpid(), os.getuid(), -errno.ENOENT)
        assert (row["pcomm"], row["comm"], row["file"]) == (own_comm(), own_comm(), "/nonexistent/file")

"""The options of exitsnoop, through the command line."""

from __future__ import annotations

import os
import re
import signal

from tests.tools.opening import started
from tests.tools.running import running


def ended(code):
    pid = started(lambda: os._exit(code))
    os.waitpid(pid, 0)
    return pid


def killed(number):
    pid = started(signal.pause)
    os.kill(pid, number)
    os.waitpid(pid, 0)
    return pid


def lines(told, pid):
    """The titles, and the words of the lines of a process."""
    title, *rest = told.out.decode().splitlines()
    return title.split(), [line.split() for line in rest if f" {pid} " in line]


def test_columns_without_options():
    with running("exitsnoop") as told:
        pids = [ended(3), killed(signal.SIGKILL)]
    titles, (failed,) = lines(told, pids[0])
    assert titles == ["COMM", "PID", "PPID", "AGE", "EXIT_CODE", "SIGNAL", "CORE"]
    assert failed[-6:-4] == [str(pids[0]), str(os.getpid())]
    assert re.fullmatch(r"[\d.]+(ns|us|ms|s)", failed[-4])
    assert failed[-3:] == ["3", "0", "no"]
    assert [line[-3:] for line in lines(told, pids[1])[1]] == [["0", "SIGKILL", "no"]]


def test_columns_with_all_options():
    with running("exitsnoop", "-t", "-T") as told:
        pid = ended(0)
    titles, (line,) = lines(told, pid)
    assert titles == ["TIME", "COMM", "PID", "PPID", "TID", "AGE", "EXIT_CODE", "SIGNAL", "CORE"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d", line[0])
    assert line[-7:-4] == [str(pid), str(os.getpid()), str(pid)]


def test_only_what_failed():
    with running("exitsnoop", "-x", "-o", "json") as told:
        pids = [ended(0), ended(1), killed(signal.SIGTERM)]
    assert [(row["pid"], row["code"], row["signal"], row["core"]) for row in told.of(*pids)] == [
        (pids[1], 1, 0, False), (pids[2], 0, signal.SIGTERM, False),
    ]  # fmt: skip
    assert all(row["code"] or row["signal"] for row in told.rows)
    assert told.summary["lost"] == 0


def test_only_one_process():
    first = started(signal.pause)
    with running("exitsnoop", "-o", "json", "-p", str(first)) as told:
        ended(0)
        os.kill(first, signal.SIGINT)
        os.waitpid(first, 0)
        ended(1)
    assert [row["pid"] for row in told.rows] == [first]

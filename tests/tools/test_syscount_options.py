"""The options of syscount, through the command line."""

from __future__ import annotations

import os
import re
import threading

from tests.tools.calling import call, held
from tests.tools.opening import started
from tests.tools.running import running


def table(told):
    """The titles and the rows of the only frame, as words; a table on a pipe has its time above it."""
    lines = [line.split() for line in told.out.decode().splitlines() if line]
    titles = next(number for number, line in enumerate(lines) if "COUNT" in line)
    return lines[titles], [line for line in lines[titles + 1 :] if len(line) == len(lines[titles])]


def calling(name, times, *arguments):
    return lambda: [call(name, *arguments) for _ in range(times)]


def test_columns_without_options():
    with held(calling("getpgid", 300, 0)) as child, running("syscount", "-i", "60", "-p", str(child.pid)) as told:
        child.run()
    titles, rows = table(told)
    assert titles == ["SYSCALL", "COUNT"]
    assert rows[0] == ["getpgid", "300"]


def test_columns_with_all_options():
    with (
        held(calling("getpgid", 300, 0)) as child,
        running("syscount", "-i", "60", "-L", "-P", "-p", str(child.pid)) as told,
    ):
        child.run()
    titles, (row,) = table(told)
    assert titles == ["PID", "COMM", "COUNT", "TIME"]
    assert row[0] == str(child.pid)
    assert int(row[-2]) >= 300
    assert re.fullmatch(r"[\d.]+(ns|us|ms|s)", row[-1])


def test_the_most_first_and_no_more_than_asked_for():
    def work():
        for times, name in ((300, "getpgid"), (500, "getsid"), (400, "sched_get_priority_max")):
            calling(name, times, 0)()

    with held(work) as child, running("syscount", "-i", "60", "-T", "2", "-p", str(child.pid)) as told:
        child.run()
    assert table(told)[1] == [["getsid", "500"], ["sched_get_priority_max", "400"]]


def test_names_for_machines():
    with (
        held(calling("getpgid", 7, -1)) as child,
        running("syscount", "-o", "json", "-s", "getpgid", "-e", "ESRCH", "-p", str(child.pid)) as told,
    ):
        child.run()
    (row,) = told.rows
    assert {name: row[name] for name in ("tool", "syscall", "count")} == {
        "tool": "syscount", "syscall": "getpgid", "count": 7,
    }  # fmt: skip
    assert told.summary["lost"] == 0


def test_failures_by_process():
    with (
        held(calling("getpgid", 7, -1)) as child,
        running("syscount", "-o", "json", "-x", "-P", "-s", "getpgid") as told,
    ):
        calling("getpgid", 5, 0)()
        child.run()
    assert [(row["pid"], row["count"]) for row in told.of(child.pid, os.getpid())] == [(child.pid, 7)]


def test_only_one_thread():
    def work():
        call("getpgid", 0)
        thread = threading.Thread(target=calling("getpgid", 50, 0))
        thread.start()
        thread.join()

    with (
        held(work) as child,
        running("syscount", "-o", "json", "-s", "getpgid", "-t", str(child.pid)) as told,
    ):
        child.run()
    assert [row["count"] for row in told.rows] == [1]


def test_only_the_children_of_a_process():
    def work():
        calling("getsid", 9, 0)()
        pids = [started(calling("getsid", 20, 0)) for _ in range(3)]
        for pid in pids:
            os.waitpid(pid, 0)

    with (
        held(work) as child,
        running("syscount", "-o", "json", "-s", "getsid", "--ppid", str(child.pid)) as told,
    ):
        child.run()
    assert sum(row["count"] for row in told.rows) == 60

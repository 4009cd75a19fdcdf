"""exitsnoop: every process once, at its real end, with what its parent gets from wait(2)."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.tools.commands import TRUE, execve, libc
from tests.tools.opening import NUMBERS, seen, started
from tests.tools.running import session, tool_of

DEADLY = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE,
          signal.SIGALRM, signal.SIGTERM, signal.SIGRTMIN, signal.SIGRTMAX]  # fmt: skip


def leave(code):
    """End this thread alone; not as Python would, which ends the process with its main thread."""
    libc().syscall(NUMBERS["exit"], code)


def status_of(row):
    """A row as wait(2) has it."""
    return row["code"] << 8 | row["signal"] | row["core"] << 7


def waited(works):
    """Run each of *works* in a child, one after the other; their ids with the status that wait(2) gave."""
    found = {}
    for work in works:
        pid = started(work)
        found[pid] = os.waitpid(pid, 0)[1]
    return found


def told(tool, works, **options):
    """What the tool tells of children that do *works*, by process id, and what wait(2) tells."""
    with session(tool, **options) as opened:
        expected = waited(works)
        rows = seen(opened, *expected)
    return [(row["pid"], status_of(row)) for row in rows], list(expected.items())


def die_by(number):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def test_every_exit_code():
    rows, expected = told("exitsnoop", [lambda code=code: os._exit(code) for code in range(256)])
    assert rows == expected
    assert [status for _, status in rows] == [code << 8 for code in range(256)]


def test_signals():
    rows, expected = told("exitsnoop", [lambda number=number: die_by(number) for number in DEADLY])
    assert rows == expected
    assert [status for _, status in rows] == [int(number) for number in DEADLY]


def test_a_core(tmp_path):
    def die():
        os.chdir(tmp_path)
        resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGQUIT)

    rows, expected = told("exitsnoop", [die])
    if not os.WCOREDUMP(expected[0][1]):
        pytest.skip(reason=f"this machine dumps no core: {Path('/proc/sys/kernel/core_pattern').read_text().strip()}")
    assert rows == expected


def leader_first(code, last):
    """The leader goes with *code*, and when it is gone, another thread does *last*."""
    leader = os.getpid()

    def other():
        while not gone(leader, leader):
            pass
        last()

    threading.Thread(target=other).start()
    leave(code)


def gone(process, thread):
    """Whether a thread is over: a zombie if it is the leader."""
    try:
        return Path(f"/proc/{process}/task/{thread}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except OSError:
        return True


def leader_last(code, leader_code):
    """A thread goes with *code*, then the leader."""
    thread = threading.Thread(target=leave, args=(code,))
    thread.start()
    while not gone(os.getpid(), thread.native_id):
        pass
    leave(leader_code)


def in_a_thread(work):
    """A thread ends the process, whose leader waits."""
    threading.Thread(target=work).start()
    while True:
        time.sleep(1)


WAYS = {
    "the leader leaves, then a thread ends the process": lambda: leader_first(7, lambda: os._exit(9)),
    "the leader leaves, then a thread": lambda: leader_first(7, lambda: leave(5)),
    "the leader leaves, then a thread is killed": lambda: leader_first(0, lambda: os.kill(os.getpid(), 9)),
    "a thread leaves, then the leader": lambda: leader_last(3, 4),
    "a thread ends the process": lambda: in_a_thread(lambda: os._exit(6)),
    "a thread kills the process": lambda: in_a_thread(lambda: os.kill(os.getpid(), 15)),
    "alone": lambda: leave(8),
}


@pytest.mark.parametrize("way", WAYS)
def test_processes_with_threads_end_once_and_at_their_end(way):
    rows, expected = told("exitsnoop", [WAYS[way]] * 10)
    assert rows == expected


OLDER = ('"trace_event_raw_sched_process_exit.group_dead"', '"task_struct.nothing"')


@pytest.mark.parametrize("way", WAYS)
def test_the_same_where_the_kernel_does_not_tell_who_was_the_last(way):
    rows, expected = told(tool_of("exitsnoop", OLDER), [WAYS[way]])
    assert rows == expected


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("if last:", "if task.tgid == task.pid:"),
        ("group.group_exit_code if group.flags & GROUP_EXIT else leader.exit_code", "leader.exit_code"),
    ],
)
def test_a_tool_that_asks_the_leader_alone_would_be_found_out(right, wrong):
    broken = tool_of("exitsnoop", (right, wrong))
    assert any(rows != expected for rows, expected in (told(broken, [work]) for work in WAYS.values()))


def crowd(count):
    """So many threads that leave at the same moment, the leader among them."""
    start = threading.Barrier(count)
    threads = [threading.Thread(target=lambda: (start.wait(), leave(1))) for _ in range(count - 1)]
    for thread in threads:
        thread.start()
    start.wait()
    leave(2)


@pytest.mark.parametrize("mutations", [(), (OLDER,)], ids=["this kernel", "an older one"])
def test_threads_that_end_at_the_same_moment_are_one_process(mutations):
    rows, expected = told(tool_of("exitsnoop", *mutations), [lambda: crowd(8)] * 50)
    assert rows == expected


def test_an_exec_is_not_the_end():
    def work():
        thread = threading.Thread(target=execve, args=(TRUE, [b"true"]))
        thread.start()
        thread.join()

    with session("exitsnoop") as opened:
        expected = waited([work] * 20)
        rows = seen(opened, *expected)
    assert [(row["pid"], row["comm"], status_of(row)) for row in rows] == [(pid, "true", 0) for pid in expected]


def test_who_its_parent_was_and_how_old_it_got():
    with session("exitsnoop") as opened:
        start_ns = time.monotonic_ns()
        pid = started(lambda: (time.sleep(0.2), os._exit(0)))
        os.waitpid(pid, 0)
        end_ns = time.monotonic_ns()
        (row,) = seen(opened, pid)
    assert row["ppid"] == os.getpid()
    assert 200_000_000 <= row["age"] <= end_ns - start_ns


def test_every_thread_on_its_own():
    reader, writer = os.pipe()

    def thread(code):
        os.write(writer, b"%d %d\n" % (threading.get_native_id(), code))
        leave(code)

    def work():
        libc().prctl(15, b"the leader", 0, 0, 0)  # PR_SET_NAME
        for code in range(1, 21):
            one = threading.Thread(target=thread, args=(code,))
            one.start()
            while not gone(os.getpid(), one.native_id):
                pass
        os._exit(99)

    with session("exitsnoop", threads=True) as opened:
        pid = started(work)
        os.waitpid(pid, 0)
        rows = seen(opened, pid)
    os.close(writer)
    with open(reader) as pipe:
        expected = [tuple(map(int, line.split())) for line in pipe]
    assert [(row["tid"], row["code"]) for row in rows] == [*expected, (pid, 99)]
    assert (rows[-1]["comm"], rows[-1]["signal"], rows[-1]["core"]) == ("the leader", 0, False)

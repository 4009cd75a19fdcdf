"""runqlat against /proc/PID/schedstat, where the kernel counts for itself how often and how long a thread waited.

Some virtual machines hide moments of a processor from all tracepoints, of BPF or not, for as long as an agent of their
host runs on it: a switch between two tasks that are told of is then told of by nobody. So what a test compares exactly
must come out so in one of a few attempts.
"""

from __future__ import annotations

import os
import struct
from collections import Counter

import pytest

from tests.tools.commands import libc
from tests.tools.running import running, session, session_and_maps, tool_of
from tests.tools.tasks import Schedule, Worker, at_work, doze, spin, step_aside, workers

CLONE_NEWPID = 0x20000000  # include/uapi/linux/sched.h
CONTENDERS = (spin, spin, doze, doze, step_aside)


def by_key(frames, field):
    """(waits, their sum) of each value of *field*; the names that one value has are put together."""
    found = {}
    for frame in frames:
        place = [column.name for column in frame.columns].index(field)
        for one in frame.distributions:
            waits, total = found.get(one.key[place], (0, 0))
            found[one.key[place]] = waits + one.count, total + one.sum
    return found


def exactly(attempt, most=6):
    """The first result of *attempt* of which the counts of both sides are the same; else its last."""
    for _ in range(most):
        found, told = attempt()
        if all(found.get(key, (0, 0))[0] == one.turns for key, one in told.items()):
            break
    return found, told


def check(found, told):
    """As many waits as the kernel counted, and as long, but that it looks at its clock at another place."""
    assert {key: found[key][0] for key in told} == {key: one.turns for key, one in told.items()}
    for key, one in told.items():
        waited = one.waiting_ns // 1000
        assert abs(found[key][1] - waited) <= waited // 5 + one.turns * 50


def per_thread(tool):
    """What *tool* counts for threads that take the processor away from each other, and what the kernel does."""
    with workers(*CONTENDERS) as found, session(tool, by_thread=True) as opened:
        told = at_work(found)
        frames = opened.finish()
        assert not opened.losses()
    return by_key(frames, "tid"), told


def test_every_wait_of_every_thread_and_how_long_it_was():
    found, told = exactly(lambda: per_thread("runqlat"))
    check(found, told)
    # Those that never sleep were counted because they were preempted; the idle task has nothing to wait for.
    assert all(one.turns > 3 for one in told.values())
    assert 0 not in found


def test_a_tool_that_forgets_preempted_tasks_would_be_found_out():
    found, told = per_thread(tool_of("runqlat", ("if preempt or state == 0:", "if False:")))
    assert any(found.get(tid, (0, 0))[0] < one.turns // 2 for tid, one in told.items())


def test_a_tool_that_counts_sleep_would_be_found_out():
    found, told = per_thread(tool_of("runqlat", ("if preempt or state == 0:", "if preempt or state < 1 << 20:")))
    assert any(found[tid][1] > 2 * one.waiting_ns // 1000 for tid, one in told.items())


def test_a_process_is_all_of_its_threads():
    def attempt():
        with workers(spin, doze, threads=3) as found, session("runqlat", by_process=True) as opened:
            told = at_work(found)
            counted = by_key(opened.finish(), "pid")
            assert [len(worker.tids) for worker in found] == [3, 3]
            return counted, {
                worker.pid: Schedule(*map(sum, zip(*(told[tid] for tid in worker.tids), strict=True)))
                for worker in found
            }

    check(*exactly(attempt))


@pytest.mark.parametrize("place", [0, 4])
def test_one_process_alone(place):
    """Of those that contend, by two tools at once; in milliseconds, each wait is cut."""

    def attempt():
        with workers(*CONTENDERS) as found:
            pid = found[place].pid
            with (
                session("runqlat", only_pid=pid) as fine,
                session("runqlat", only_pid=pid, milliseconds=True) as coarse,
            ):
                told = at_work(found)[pid]
                frames = [*fine.finish(), *coarse.finish()]
        assert [frame.unit for frame in frames] == ["microseconds", "milliseconds"]
        (one,), (other,) = (frame.distributions for frame in frames)
        return {pid: (one.count, one.sum), "milliseconds": (other.count, other.sum)}, {pid: told}

    found, told = exactly(attempt)
    check(found, told)
    (waits, microseconds), (coarse_waits, milliseconds) = found.values()
    assert coarse_waits == waits
    assert microseconds // 1000 - 2 * waits <= milliseconds <= microseconds // 1000 + waits


def test_nothing_is_left_of_tasks_that_have_ended():
    def attempt():
        with session_and_maps(tool_of("runqlat")) as (opened, loaded):
            with workers(*CONTENDERS) as found:
                at_work(found)
            for _ in range(50):
                Worker(lambda: None, resting=False).end()
            opened.finish()
            assert not opened.losses()
            entries = loaded.map("waiting").items()
        # Others may wait right now, or run into the end of the probes; those that have ended do neither.
        return [tid for (tid,) in struct.iter_unpack("=i", entries.keys) if not os.path.exists(f"/proc/{tid}")]

    assert any(not attempt() for _ in range(4))


def namespace_of(pid):
    return os.stat(f"/proc/{pid}/ns/pid").st_ino


def test_pid_namespaces():
    read, write = os.pipe()

    def make_one():
        """A process in a namespace of its own; the one that makes it stays where it was."""
        if libc().unshare(CLONE_NEWPID):
            return
        child = os.fork()
        if not child:
            doze(40)
            os.write(write, struct.pack("=Q", namespace_of("self")))
            os._exit(0)
        os.waitpid(child, 0)

    with workers(make_one) as (worker,), session("runqlat", by_namespace=True) as opened:
        at_work([worker])
        found = by_key(opened.finish(), "pidns")
        here = namespace_of(worker.pid)
    os.close(write)
    answer = os.read(read, 8)
    os.close(read)
    if not answer:
        pytest.skip(reason="no PID namespace can be made here")
    (inode,) = struct.unpack("=Q", answer)
    assert inode != here
    assert found[inode][0] >= 38
    assert found[here][0] > 0


def test_the_command_line_tells_the_same():
    def attempt():
        with workers(*CONTENDERS) as found, running("-i", "0.1", "runqlat", "-o", "json", "-L") as told:
            counted = at_work(found)
        assert {tuple(row["key"]) for row in told.rows} == {("tid", "comm")}
        assert {row["unit"] for row in told.rows} == {"microseconds"}
        assert told.summary["lost"] == 0
        waits = Counter()
        for row in told.rows:
            waits[row["key"]["tid"]] += sum(bucket["count"] for bucket in row["buckets"])
        return {tid: (count, 0) for tid, count in waits.items()}, counted

    found, told = exactly(attempt)
    assert {tid: found[tid][0] for tid in told} == {tid: one.turns for tid, one in told.items()}


def test_a_histogram_for_people():
    with workers(doze) as (worker,):
        pid = worker.pid
        with running("runqlat", "-P", "-L", "-m", "-p", str(pid)) as told:
            counted = at_work([worker])[pid]
    text = told.out.decode().splitlines()
    assert text[0].startswith(f"pid = {pid}, tid = {pid}, comm = ")
    assert text[1].split() == ["msecs", ":", "count", "distribution"]
    counts = [int(line.partition(":")[2].partition("|")[0]) for line in text[2:]]
    assert counted.turns - 3 <= sum(counts) <= counted.turns

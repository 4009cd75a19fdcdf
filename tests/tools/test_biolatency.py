"""biolatency against direct I/O on loop devices: as many as were done, and as long as the kernel's statistics say."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections import Counter

import pytest

from tests.tools.blindness import sees_everything
from tests.tools.disks import BLOCK, loop_device, settings
from tests.tools.running import named_rows, running, session, tool_of

_DISCARD = 0x1277  # BLKDISCARD, include/uapi/linux/fs.h


@pytest.fixture
def disk(tmp_path):
    with loop_device(tmp_path) as made:
        yield made


def counted(frames):
    """(requests, sum of their times) over all *frames* of a histogram, each of them checked for itself."""
    found = [one for frame in frames for one in frame.distributions]
    for one in found:
        assert sum(bucket.lo * bucket.count for bucket in one.buckets) <= one.sum
        assert sum(bucket.hi * bucket.count for bucket in one.buckets) >= one.sum
    return sum(one.count for one in found), sum(one.sum for one in found)


@pytest.mark.parametrize("threads", [1, 16])
@sees_everything
def test_as_many_reads_as_were_done_and_as_long_as_they_took(disk, threads):
    with session("biolatency", disk=disk.name) as device, session("biolatency", disk=disk.name, queued=True) as queued:
        before, start = disk.quiet(), time.perf_counter_ns()
        disk.read(1000, threads)
        took_us = (time.perf_counter_ns() - start) // 1000
        told = disk.quiet().since(before)
        requests, device_us = counted(device.finish())
        queued_requests, queued_us = counted(queued.finish())
        assert not device.losses()
        assert not queued.losses()
    assert told.reads + told.read_merges == 1000 * told.sectors_read // 8000
    assert requests == queued_requests == told.requests >= 1000 - told.read_merges
    assert told.requests == told.reads
    # No request was in the device for longer than the thread that waited for it.
    assert 0 < device_us <= queued_us <= took_us * threads
    # The kernel's own sum has the same start and a slightly later end; microseconds and milliseconds are cut.
    assert queued_us <= (told.total_ms + 2) * 1000
    assert queued_us >= told.total_ms * 1000 // 2 - requests - 2000


@pytest.mark.parametrize("scheduler", ["none", "mq-deadline"])
@sees_everything
def test_the_queue_is_included_on_demand_with_any_scheduler(disk, scheduler):
    with (
        settings(disk, scheduler=scheduler),
        session("biolatency", disk=disk.name) as device,
        session("biolatency", disk=disk.name, queued=True) as queued,
    ):
        before = disk.quiet()
        disk.read(500, 16)
        told = disk.quiet().since(before)
        requests, device_us = counted(device.finish())
        queued_requests, queued_us = counted(queued.finish())
    assert requests == queued_requests == told.requests
    # That not one of 500 requests waited between its creation and its issue would be a tool that does not look.
    assert device_us < queued_us <= (told.total_ms + 2) * 1000


@sees_everything
def test_writes_flushes_and_discards(disk):
    with session("biolatency", disk=disk.name, by_flags=True) as opened:
        before = disk.quiet()
        disk.write(100)
        disk.read(50)
        file = os.open(disk.path, os.O_RDWR)
        for _ in range(3):
            os.fsync(file)
        for place in range(4):
            fcntl.ioctl(file, _DISCARD, struct.pack("=QQ", place << 20, 1 << 20))
        os.close(file)
        told = disk.quiet().since(before)
        (frame,) = opened.finish()
    operations = Counter()
    for one in frame.distributions:
        (text,) = [column.text(value) for column, value in zip(frame.columns, one.key, strict=True) if column.shown]
        operations[text.rpartition("-")[2]] += one.count
    # The kernel counts an fsync twice: an empty write, which no device ever sees, and the flush that it leads to.
    writes = told.writes - told.flushes
    assert operations == {"Write": writes, "Read": told.reads, "Flush": told.flushes, "Discard": told.discards}
    assert operations == {"Write": 100, "Read": 50, "Flush": 3, "Discard": 4}


@sees_everything
def test_requests_that_were_merged_are_one(disk):
    with (
        session("biolatency", disk=disk.name) as opened,
        settings(disk, scheduler="mq-deadline", max_sectors_kb="16", nomerges="0"),
    ):
        before = disk.quiet()
        with open(disk.path, "r+b") as file:
            file.write(bytes(4 << 20))
            file.flush()
            os.fdatasync(file.fileno())
        told = disk.quiet().since(before)
        requests, _ = counted(opened.finish())
    assert requests == told.requests - told.flushes  # as above: the write that asks for the flush is empty
    assert told.sectors_written == 4 << 11
    assert told.write_merges > 0
    assert requests >= (4 << 20) // (16 << 10)


@sees_everything
def test_nothing_is_lost_between_frames(disk):
    frames = []
    with session("biolatency", disk=disk.name) as plain, session("biolatency", disk=disk.name, by_disk=True) as keyed:
        before = disk.quiet()
        keyed_frames = []
        for turn in range(20):
            disk.read(40 + turn)
            frames += plain.snapshot()
            keyed_frames += keyed.snapshot()
        told = disk.quiet().since(before)
        frames += plain.finish()
        keyed_frames += keyed.finish()
    assert counted(frames)[0] == counted(keyed_frames)[0] == told.requests
    assert told.requests >= 20 * 40 + sum(range(20))
    assert sum(bool(frame.distributions and frame.distributions[0].count) for frame in frames) >= 20


@sees_everything
def test_frames_that_are_taken_while_it_works_add_up(disk):
    frames = []
    with session("biolatency", disk=disk.name, by_disk=True, by_flags=True) as opened:
        before = disk.quiet()
        pid = os.fork()
        if not pid:
            try:
                for _ in range(10):
                    disk.read(500, 4)
            finally:
                os._exit(0)
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            frames += opened.snapshot()
        told = disk.quiet().since(before)
        frames += opened.finish()
    assert counted(frames)[0] == told.requests == 5000


@sees_everything
def test_milliseconds(disk):
    """Each is measured by a probe of its own, and cut."""
    with (
        session("biolatency", disk=disk.name) as fine,
        session("biolatency", disk=disk.name, milliseconds=True) as coarse,
    ):
        disk.quiet()
        disk.read(300, 8)
        disk.quiet()
        requests, microseconds = counted(fine.finish())
        (frame,) = coarse.finish()
    coarse_requests, milliseconds = counted([frame])
    assert frame.unit == "milliseconds"
    assert coarse_requests == requests == 300
    assert milliseconds <= microseconds // 1000 + 300
    assert milliseconds >= microseconds // 1000 - 2 * 300


@sees_everything
def test_buckets_are_what_the_durations_say(disk):
    """The histogram against one made here, of the same durations, which a second output tells one by one."""
    tool = tool_of(
        "biolatency",
        ("started = Hash(", "class Done(Row):\n    us: Microseconds\n\n\ndone = Stream(Done)\nstarted = Hash("),
        ("        kind = Kind(", "        done.emit(us=duration)\n        kind = Kind("),
    )
    with session(tool, disk=disk.name) as opened:
        disk.quiet()
        disk.read(400, 8)
        disk.write(100)
        disk.quiet()
        rows, histogram = opened.finish()
    durations = [row["us"] for row in named_rows([rows])]
    (one,) = histogram.distributions
    assert len(durations) == 500
    assert one.sum == sum(durations)
    slots = Counter(max(duration, 1).bit_length() - 1 for duration in durations)
    assert [bucket.count for bucket in one.buckets] == [slots[place] for place in range(len(one.buckets))]
    assert [(bucket.lo, bucket.hi) for bucket in one.buckets[:3]] == [(0, 1), (2, 3), (4, 7)]


def short_read(folder, tool, **values):
    """(requests, sum) of one read of which the first part can be had and the rest can not.

    A loop device that works past the cache has what a file gives at once, and asks again for the rest.
    """
    with loop_device(folder, 1, direct=True) as disk, session(tool, disk=disk.name, **values) as opened:
        disk.quiet()
        os.truncate(disk.backing, 2 * BLOCK)
        file = os.open(disk.path, os.O_RDONLY | os.O_DIRECT)
        with mmap.mmap(-1, 8 * BLOCK) as memory, pytest.raises(OSError, match="Input/output error"):
            os.preadv(file, [memory], 0)
        os.close(file)
        disk.quiet()
        return counted(opened.finish())


@pytest.mark.parametrize("queued", [False, True])
@sees_everything
def test_a_request_that_is_completed_in_parts_is_one(tmp_path, queued):
    assert short_read(tmp_path, "biolatency", queued=queued)[0] == 1


@sees_everything
def test_a_tool_that_ends_with_the_first_part_would_be_found_out(tmp_path):
    broken = tool_of("biolatency", ("if nr_bytes < rq.__data_len:", "if nr_bytes < 0 * rq.__data_len:"))
    if short_read(tmp_path, broken)[0] == 1:
        pytest.skip(reason="this kernel's loop device completes no request in parts")


@sees_everything
def test_the_command_line_tells_the_same(disk):
    with running("-i", "0.1", "biolatency", "-o", "json", "-d", disk.name) as told:
        before = disk.quiet()
        for _ in range(5):
            disk.read(200, 4)
            time.sleep(0.1)
        done = disk.quiet().since(before)
    assert {(row["tool"], row["key"], row["unit"]) for row in told.rows} == {("biolatency", None, "microseconds")}
    assert sum(bucket["count"] for row in told.rows for bucket in row["buckets"]) == done.requests == 1000
    for row in told.rows:
        assert [bucket["hi"] + 1 for bucket in row["buckets"]][:-1] == [bucket["lo"] for bucket in row["buckets"]][1:]
    assert told.summary["rows"] == len(told.rows) >= 3
    assert told.summary["lost"] == 0

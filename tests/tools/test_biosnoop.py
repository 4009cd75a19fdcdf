"""biosnoop against direct I/O on loop devices: a row for each request, and in it what was asked for by whom."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
from collections import Counter

import pytest

from tests.tools.blindness import sees_everything
from tests.tools.commands import own_comm
from tests.tools.disks import BLOCK, loop_device, settings
from tests.tools.running import named_rows, running, session, session_and_maps, tool_of

DISCARD = 0x1277  # BLKDISCARD, include/uapi/linux/fs.h
SECTOR = 512
# enum req_op, include/linux/blk_types.h
READ, WRITE, FLUSH, DISCARD_OPERATION = range(4)


@pytest.fixture
def disk(tmp_path):
    with loop_device(tmp_path) as made:
        made.quiet()
        yield made


def places(disk, kind, numbers, size=BLOCK):
    """Read or write *size* bytes at each of these blocks, past the cache; how long each call took."""
    file = os.open(disk.path, (os.O_RDONLY if kind == READ else os.O_WRONLY) | os.O_DIRECT)
    took = []
    with mmap.mmap(-1, size) as memory:
        for number in numbers:
            start = time.monotonic_ns()
            done = (os.preadv if kind == READ else os.pwritev)(file, [memory], number * BLOCK)
            took.append(time.monotonic_ns() - start)
            assert done == size
    os.close(file)
    return took


@pytest.mark.parametrize("scheduler", ["none", "mq-deadline"])
@sees_everything
def test_a_row_for_each_request_with_who_made_it(disk, scheduler):
    with settings(disk, scheduler=scheduler), session_and_maps(tool_of("biosnoop"), disk=disk.name) as (opened, loaded):
        before = disk.quiet()
        reads, writes = range(0, 400, 4), range(2, 402, 8)
        took = places(disk, READ, reads) + places(disk, WRITE, writes, 2 * BLOCK)
        told = disk.quiet().since(before)
        rows = named_rows(opened.finish())
        assert not opened.losses()
        assert loaded.map("requests").items().count == 0
    assert len(rows) == told.requests == len(took) == 150
    assert [row["sector"] for row in rows] == [place * BLOCK // SECTOR for place in (*reads, *writes)]
    assert [row["type"] for row in rows] == [READ] * 100 + [WRITE] * 50
    assert [row["bytes"] for row in rows] == [BLOCK] * 100 + [2 * BLOCK] * 50
    assert {(row["pid"], row["comm"], row["disk"]) for row in rows} == {(os.getpid(), own_comm(), disk.name)}
    # No request took longer than the call that waited for it, and none of them took no time.
    assert all(
        0 < row["latency"] <= row["latency"] + row["queue"] <= most for row, most in zip(rows, took, strict=True)
    )
    assert all(row["queue"] > 0 for row in rows)
    moments = [row["time"] for row in rows]
    assert moments == sorted(moments)


@sees_everything
def test_each_thread_and_process_has_its_own_requests(disk):
    def work():
        with open("/proc/thread-self/comm", "w") as file:
            file.write("another thread")
        places(disk, READ, range(0, 100, 4))

    with session("biosnoop", disk=disk.name) as opened:
        child = os.fork()
        if not child:
            try:
                places(disk, READ, range(1, 201, 4))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        disk.quiet()
        rows = named_rows(opened.finish())
    assert Counter((row["pid"], row["comm"]) for row in rows) == {
        (child, own_comm()): 50,
        (os.getpid(), "another thread"): 25,
    }


@sees_everything
def test_flushes_and_discards(disk):
    with session_and_maps(tool_of("biosnoop"), disk=disk.name) as (opened, loaded):
        before = disk.quiet()
        file = os.open(disk.path, os.O_RDWR)
        for _ in range(3):
            os.fsync(file)
        for place in range(4):
            fcntl.ioctl(file, DISCARD, struct.pack("=QQ", place << 20, 1 << 20))
        os.close(file)
        told = disk.quiet().since(before)
        rows = named_rows(opened.finish())
        assert loaded.map("requests").items().count == 0
    # The kernel counts an fsync twice: an empty write, which no device ever sees, and the flush that it leads to.
    assert told.flushes == 3
    assert told.discards == 4
    found = [(row["type"], row["sector"], row["bytes"]) for row in rows]
    assert found[:3] == [(FLUSH, 0, 0)] * 3
    assert found[3:] == [(DISCARD_OPERATION, place << 11, 1 << 20) for place in range(4)]
    assert {row["pid"] for row in rows[3:]} == {os.getpid()}
    # A flush is queued by whoever is at it, here or in a worker of the kernel: both have a name.
    assert all(row["pid"] and row["comm"] for row in rows)


def merged(disk, tool):
    """What is told of neighbours that are written back together, and the statistics of that."""
    with session_and_maps(tool, disk=disk.name) as (opened, loaded):
        before = disk.quiet()
        file = os.open(disk.path, os.O_WRONLY)
        os.pwrite(file, b"m" * (64 * BLOCK), 0)
        os.fsync(file)
        os.close(file)
        told = disk.quiet().since(before)
        return named_rows(opened.finish()), told, loaded.map("requests").items().count


@sees_everything
def test_what_is_written_back_is_told_once(disk):
    rows, told, left = merged(disk, tool_of("biosnoop"))
    writes = [row for row in rows if row["type"] == WRITE]
    assert len(writes) == told.writes - told.flushes
    assert sum(row["bytes"] for row in writes) == told.sectors_written * SECTOR == 64 * BLOCK
    assert left == 0


@sees_everything
def test_a_tool_that_keeps_requests_that_no_device_sees_would_be_found_out(disk):
    mutation = (
        "    request = requests.pop(rq)\n    if not request or",
        "    request = requests.get(rq)\n    if not request or",
    )
    assert merged(disk, tool_of("biosnoop", mutation))[2] > 0


def short_read(folder, tool):
    """The rows of one read of which the first part can be had and the rest can not; see test_biolatency.py."""
    with loop_device(folder, 1, direct=True) as disk, session_and_maps(tool, disk=disk.name) as (opened, loaded):
        disk.quiet()
        os.truncate(disk.backing, 2 * BLOCK)
        file = os.open(disk.path, os.O_RDONLY | os.O_DIRECT)
        with mmap.mmap(-1, 8 * BLOCK) as memory, pytest.raises(OSError, match="Input/output error"):
            os.preadv(file, [memory], 0)
        os.close(file)
        disk.quiet()
        rows = named_rows(opened.finish())
        assert loaded.map("requests").items().count == 0
    return [(row["type"], row["sector"], row["bytes"]) for row in rows]


@sees_everything
def test_a_request_that_is_completed_in_parts_is_one_of_its_whole_size(tmp_path):
    assert short_read(tmp_path, tool_of("biosnoop")) == [(READ, 0, 8 * BLOCK)]


@sees_everything
def test_a_tool_that_takes_the_size_of_the_last_part_would_be_found_out(tmp_path):
    broken = tool_of("biosnoop", ("bytes=request.bytes", "bytes=rq.__data_len"))
    if (found := short_read(tmp_path, broken)) == [(READ, 0, 8 * BLOCK)]:
        pytest.skip(reason="this kernel's loop device completes no request in parts")
    assert found == [(READ, 0, 6 * BLOCK)]


@sees_everything
def test_only_one_disk_and_only_slow_requests(disk, tmp_path):
    with loop_device(tmp_path, 1) as other, session("biosnoop", disk=other.name) as opened:
        before = other.quiet()
        places(disk, READ, range(0, 100, 4))
        places(other, READ, range(0, 40, 4))
        told = other.quiet().since(before)
        rows = named_rows(opened.finish())
    assert {row["disk"] for row in rows} == {other.name}
    assert len(rows) == told.requests == 10
    with session("biosnoop", disk=disk.name) as every, session("biosnoop", disk=disk.name, least=1) as slow:
        disk.read(500, 16)
        disk.quiet()
        all_of_them, slow_ones = named_rows(every.finish()), named_rows(slow.finish())
    assert len(all_of_them) == 500
    assert all(row["latency"] >= 1_000_000 for row in slow_ones)
    # Each tool has its own clock, a moment before or after that of the other.
    assert sum(row["latency"] > 1_200_000 for row in all_of_them) <= len(slow_ones)
    assert len(slow_ones) <= sum(row["latency"] > 800_000 for row in all_of_them)


@sees_everything
def test_the_command_line(disk):
    with running("biosnoop", "-o", "json", "-d", disk.name, "-F") as told:
        places(disk, READ, range(0, 100, 4))
        disk.quiet()
    assert len(told.rows) == told.summary["rows"] == 25
    assert told.summary["lost"] == 0
    assert {row["type"] for row in told.rows} in ({"Sync-Read"}, {"Read"})  # the second on older kernels
    with running("biosnoop", "-Q", "-t", "-d", disk.name) as told:
        places(disk, WRITE, [6])
        disk.quiet()
    titles, row = (line.split() for line in told.out.decode().splitlines())
    assert titles == ["TIME", "COMM", "PID", "DISK", "T", "SECTOR", "BYTES", "QUE", "LAT"]
    assert row[-8:-2] == [own_comm().split()[-1], str(os.getpid()), disk.name, "Write", "48", "4.00K"]
    with running("biosnoop", "-d", disk.name) as told:
        pass
    assert told.out.decode().split() == ["TIME(s)", "COMM", "PID", "DISK", "T", "SECTOR", "BYTES", "LAT"]

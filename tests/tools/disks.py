"""Disks of a test's own: loop devices on files, direct I/O on them, and what /sys/block says of it."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

BLOCK = 4096
# include/uapi/linux/loop.h
_SET_FD, _CLEAR_FD, _SET_DIRECT_IO, _GET_FREE = 0x4C00, 0x4C01, 0x4C08, 0x4C82


class Statistics(NamedTuple):
    """What a disk has done since it exists; Documentation/block/stat.rst. Times in milliseconds."""

    reads: int
    read_merges: int
    sectors_read: int
    read_ms: int
    writes: int
    write_merges: int
    sectors_written: int
    write_ms: int
    in_flight: int
    busy_ms: int
    queue_ms: int
    discards: int = 0
    discard_merges: int = 0
    sectors_discarded: int = 0
    discard_ms: int = 0
    flushes: int = 0
    flush_ms: int = 0

    @property
    def requests(self) -> int:
        return self.reads + self.writes + self.discards + self.flushes

    @property
    def total_ms(self) -> int:
        return self.read_ms + self.write_ms + self.discard_ms + self.flush_ms

    def since(self, before: Statistics) -> Statistics:
        return Statistics(*(now - then for now, then in zip(self, before, strict=True)))


class Disk:
    """A loop device, and how to work on it."""

    def __init__(self, name: str, backing: Path) -> None:
        self.name = name
        self.path = f"/dev/{name}"
        self.backing = backing
        self.blocks = backing.stat().st_size // BLOCK

    def statistics(self) -> Statistics:
        return Statistics(
            *map(int, Path(f"/sys/block/{self.name}/stat").read_text().split()[: len(Statistics._fields)])
        )

    def quiet(self) -> Statistics:
        """The statistics, when whoever looks at new disks has finished."""
        end, before = time.monotonic() + 5, self.statistics()
        while time.monotonic() < end:
            time.sleep(0.02)
            now = self.statistics()
            if now.in_flight == 0 and now == before:
                return now
            before = now
        pytest.skip(reason=f"somebody else works on {self.path} all the time")

    def read(self, count: int, threads: int = 1) -> None:
        """Read *count* blocks past the cache, no two of them neighbours, so that nothing is merged."""
        places = random.Random(count).sample(range(0, self.blocks, 2), count)
        file = os.open(self.path, os.O_RDONLY | os.O_DIRECT)

        def work(some: list[int]) -> None:
            with mmap.mmap(-1, BLOCK) as memory:
                for place in some:
                    assert os.preadv(file, [memory], place * BLOCK) == BLOCK

        try:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, (places[start::threads] for start in range(threads))))
        finally:
            os.close(file)

    def write(self, count: int, flags: int = os.O_DIRECT) -> None:
        """Write *count* blocks, no two of them neighbours, past the cache, one after the other."""
        file = os.open(self.path, os.O_WRONLY | flags)
        try:
            with mmap.mmap(-1, BLOCK) as memory:
                for place in range(count):
                    assert os.pwritev(file, [memory], 2 * place * BLOCK) == BLOCK
        finally:
            os.close(file)


@contextmanager
def loop_device(folder: Path, mebibytes: int = 16, *, direct: bool = False) -> Iterator[Disk]:
    """A loop device on a new file; *direct* has it work past the cache of that file. Skips where there can be none."""
    number, backing = 0, folder / f"disk{random.randrange(1 << 30):x}"
    with backing.open("wb") as file:
        file.write(os.urandom(mebibytes << 20))
        file.flush()
        os.fsync(file.fileno())
    try:
        control = os.open("/dev/loop-control", os.O_RDWR)
    except OSError as error:
        pytest.skip(reason=f"/dev/loop-control: {error.strerror}")
    with open(backing, "r+b") as file:
        try:
            device, number = _claim(control, file.fileno())
        finally:
            os.close(control)
        try:
            if direct:
                fcntl.ioctl(device, _SET_DIRECT_IO, 1)
            yield Disk(f"loop{number}", backing)
        except OSError as error:
            if error.errno == errno.EINVAL and direct and "ioctl" in str(error):
                pytest.skip(reason="a loop device can not work past the cache of this file system")
            raise
        finally:
            fcntl.ioctl(device, _CLEAR_FD)
            os.close(device)
            backing.unlink()


def _claim(control: int, backing: int) -> tuple[int, int]:
    """A free loop device with *backing* behind it, and its number. Somebody else may take it in between."""
    for _ in range(20):
        try:
            number = fcntl.ioctl(control, _GET_FREE)
            device = os.open(f"/dev/loop{number}", os.O_RDWR)
        except OSError as error:
            pytest.skip(reason=f"a free loop device: {error.strerror}")
        try:
            fcntl.ioctl(device, _SET_FD, backing)
            return device, number
        except OSError as error:
            os.close(device)
            if error.errno != errno.EBUSY:
                pytest.skip(reason=f"a file behind /dev/loop{number}: {error.strerror}")
    pytest.skip(reason="every free loop device was taken by somebody else")


@contextmanager
def settings(disk: Disk, **queue: str) -> Iterator[None]:
    """Settings of a disk's queue in /sys, put back at the end; skips where one is refused."""
    before = {}
    try:
        for name, value in queue.items():
            path = Path(f"/sys/block/{disk.name}/queue/{name}")
            try:
                before[path] = path.read_text()
                path.write_text(value)
            except OSError as error:
                pytest.skip(reason=f"{path}: {error.strerror}")
        yield
    finally:
        for path, value in before.items():
            with suppress(OSError):
                path.write_text(value.partition("[")[2].partition("]")[0] or value)

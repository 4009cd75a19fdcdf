"""The reader of a perf buffer: a ring for each processor, for kernels without ring buffers (before Linux 5.8).

``struct perf_event_mmap_page`` and ``enum perf_event_type``, include/uapi/linux/perf_event.h. Page 0 of a mapping
holds the kernel's position in the data at byte 1024 and the reader's at 1032, both u64 that only grow; the data
follows. What reaches its end goes on at its start. Records are multiples of 8 bytes::

    ┌──────────┬──────────┬──────────┬──────────┬────────────┬──────────────────┐
    │ type = 9 │ misc u16 │ size u16 │ time u64 │ length u32 │ data and padding │   PERF_RECORD_SAMPLE
    └──────────┴──────────┴──────────┴──────────┴────────────┴──────────────────┘
    │ type = 2 │ misc u16 │ size u16 │ id u64   │ how many were lost u64        │   PERF_RECORD_LOST
    └──────────┴──────────┴──────────┴──────────┴───────────────────────────────┘
"""

from __future__ import annotations

import errno
import mmap
import select
from struct import Struct
from sys import byteorder
from typing import Any, TypeVar

from tuibpf.kernel import bpf, perf
from tuibpf.kernel.buffers.fence import Fence
from tuibpf.kernel.cpus import online_cpus
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.privileges import denied

__all__ = ["PerfReader"]

_Item = TypeVar("_Item")

_PAGE = mmap.PAGESIZE
_HEAD_AT, _TAIL_AT = 1024 // 8, 1032 // 8
_HEADER = Struct("=IHH")
_SAMPLE_HEAD = Struct("=8xQI")  # time and length, behind the header
_LOST = Struct("=16xQ")
_RECORD_LOST, _RECORD_SAMPLE = 2, 9

_ALL_BYTES = 16 << 20  # for all processors together
_MOST_BYTES, _LEAST_BYTES = 1 << 20, 1 << 16  # for one


class PerfReader:
    """Reads the perf event array *map_fd*. One reader, one thread.

    Processors that are plugged in later have no ring here: a program on one of them sees its output refused, and
    counts it. A reader is not woken; the kernel only makes ``fileno()`` readable when a ring is half full.
    """

    def __init__(self, map_fd: int, bytes_per_cpu: int = 0) -> None:
        """*bytes_per_cpu* is a power of two, by default what suits the number of processors.

        ``NotSupported`` where this user may not open the events behind the buffer.
        """
        cpus = online_cpus()
        wanted = bytes_per_cpu or min(_MOST_BYTES, max(_LEAST_BYTES, 1 << (_ALL_BYTES // len(cpus)).bit_length() - 1))
        self._fence = Fence()
        self._lost = 0
        self._strides: dict[str, tuple[Struct, int, bytes, bytes] | None] = {}
        self._rings: list[_CpuRing] = []
        self._poll = select.epoll()
        try:
            for cpu in cpus:
                self._rings.append(_CpuRing(cpu, wanted // 2))
            self._map(wanted)
            for cpu, ring in zip(cpus, self._rings, strict=True):
                perf.enable(ring.fileno())
                self._poll.register(ring.fileno(), select.EPOLLIN)
                bpf.map_update(map_fd, cpu.to_bytes(4, byteorder), ring.fileno().to_bytes(4, byteorder))
        except OSError as error:
            self.close()
            if error.errno in (errno.EPERM, errno.EACCES):
                raise denied("perf buffer", error) from error
            raise
        except BaseException:
            self.close()
            raise

    def _map(self, size: int) -> None:
        """Map all rings, smaller ones where this user may not lock so much memory (kernel.perf_event_mlock_kb)."""
        while True:
            try:
                for ring in self._rings:
                    ring.map(size)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.ENOMEM) or size <= _PAGE:
                    raise
                size //= 2
            else:
                return

    @property
    def lost(self) -> int:
        """Records that found a ring full, as the kernel tells with the next one that did not; and too short ones."""
        return self._lost

    def fileno(self) -> int:
        return self._poll.fileno()

    def pending(self) -> bool:
        return any(ring.pending() for ring in self._rings)

    def rows(self, fmt: Struct) -> list[tuple[Any, ...]]:
        """All records that are there as tuples of *fmt*, in the order of their time.

        Where all records of a processor have one length and none was lost (nearly always), no Python code runs per
        record.
        """
        times: list[int] = []
        rows: list[tuple[Any, ...]] = []
        sources = 0
        quick = self._stride(fmt)
        for ring in self._rings:
            copied = ring.take(self._fence)
            if not copied:
                continue
            sources += 1
            if quick is not None:
                whole, stride, kinds, sizes = quick
                count, rest = divmod(len(copied), stride)
                view = memoryview(copied)
                if (
                    not rest
                    and view.cast("I")[:: stride // 4].tobytes() == kinds * count
                    and view.cast("H")[3 :: stride // 2].tobytes() == sizes * count
                ):
                    times += view.cast("Q")[1 :: stride // 8].tolist()
                    rows += whole.iter_unpack(copied)
                    continue
            for time, data in self._walk(copied):
                if len(data) >= fmt.size:
                    times.append(time)
                    rows.append(fmt.unpack_from(data))
                else:
                    self._lost += 1
        return _in_order(times, rows) if sources > 1 else rows

    def records(self) -> list[bytes]:
        """All records that are there, in the order of their time, each with up to 7 bytes of padding."""
        found = [pair for ring in self._rings for pair in self._walk(ring.take(self._fence))]
        return _in_order([time for time, _ in found], [data for _, data in found])

    def close(self) -> None:
        rings, self._rings = self._rings, []
        for ring in rings:
            ring.close()
        self._poll.close()

    def _walk(self, copied: bytes) -> list[tuple[int, bytes]]:
        """The time and data of every sample; what was lost is added to the count."""
        found, at, end = [], 0, len(copied)
        while at < end:
            kind, _, size = _HEADER.unpack_from(copied, at)
            if kind == _RECORD_SAMPLE:
                time, length = _SAMPLE_HEAD.unpack_from(copied, at)
                data = at + _SAMPLE_HEAD.size
                found.append((time, copied[data : data + length]))
            elif kind == _RECORD_LOST:
                self._lost += _LOST.unpack_from(copied, at)[0]
            at += max(size, _HEADER.size)
        return found

    def _stride(self, fmt: Struct) -> tuple[Struct, int, bytes, bytes] | None:
        """The format of a whole record, its size, and its type and size as they lie in memory.

        None for a format with native alignment, which the data behind a head of 20 bytes would not have.
        """
        if fmt.format not in self._strides:
            known = None
            if fmt.format[0] in "=<>!":
                stride = (_SAMPLE_HEAD.size + fmt.size + 7) // 8 * 8
                padding = stride - _SAMPLE_HEAD.size - fmt.size
                whole = Struct(f"{fmt.format[0]}{_SAMPLE_HEAD.size}x{fmt.format[1:]}{padding}x")
                known = whole, stride, Struct("=I").pack(_RECORD_SAMPLE), Struct("=H").pack(stride & 0xFFFF)
            self._strides[fmt.format] = known
        return self._strides[fmt.format]


class _CpuRing:
    """The ring of one processor: its event and, once it is mapped, its memory."""

    def __init__(self, cpu: int, wakeup_bytes: int) -> None:
        self._event = Descriptor(perf.open_buffer_event(cpu, wakeup_bytes))
        self._memory: mmap.mmap | None = None

    def map(self, size: int) -> None:
        """Map *size* bytes of data, in place of what was mapped before."""
        self._unmap()
        self._memory = mmap.mmap(self.fileno(), _PAGE + size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._size = size
        self._words = memoryview(self._memory)[:_PAGE].cast("Q")
        self._data = memoryview(self._memory)[_PAGE:]

    def fileno(self) -> int:
        return self._event.fileno()

    def pending(self) -> bool:
        return self._words[_HEAD_AT] != self._words[_TAIL_AT]

    def take(self, fence: Fence) -> bytes:
        """All that the kernel has written, in one piece; the room is the kernel's again."""
        head, tail = self._words[_HEAD_AT], self._words[_TAIL_AT]
        if head == tail:
            return b""
        fence()
        start, length = tail % self._size, head - tail
        copied = self._data[start : start + length].tobytes()
        if len(copied) < length:
            copied += self._data[: length - len(copied)].tobytes()
        fence()
        self._words[_TAIL_AT] = head
        return copied

    def close(self) -> None:
        self._unmap()
        self._event.close()

    def _unmap(self) -> None:
        if self._memory is not None:
            self._words.release()
            self._data.release()
            self._memory.close()
            self._memory = None


def _in_order(times: list[int], items: list[_Item]) -> list[_Item]:
    """*items* in the order of their *times*; those of one processor are in order already, and stay so."""
    return [items[index] for index in sorted(range(len(items)), key=times.__getitem__)]

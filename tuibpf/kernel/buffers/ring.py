"""The reader of a ring buffer map. Layout: kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst.

    page 0            the consumer's position, u64, written here
    page 1            the producer's position, u64, written by the kernel
    page 2 and on     the data, mapped twice in a row, so that what wraps around lies in one piece

Positions only grow; a position modulo the size is an offset. A record is a u32 length whose top two bits say that it
is still being written (busy) or was given up (discarded), a u32 for the kernel, then the data up to a multiple of 8.
The producer's position is ahead of busy records, so what may be read ends at the first busy one.

Memory order. The kernel clears the busy bit with an exchange (a full barrier) after the data is written; here the
header must be loaded before the data, and the data before the consumer's position is stored. x86-64 does no other
order. On weaker machines ``Fence`` makes it so. Each position is one aligned 8-byte access: ``memoryview`` items of
format Q are copied with an 8-byte ``memcpy``, which compilers turn into a single move.
"""

from __future__ import annotations

import mmap
from itertools import compress
from struct import Struct
from sys import byteorder
from typing import Any

from tuibpf.kernel.buffers.fence import Fence

__all__ = ["RingReader"]

_PAGE = mmap.PAGESIZE
_HEADER_BYTES = 8
_BUSY = 1 << 31
_DISCARDED = 1 << 30
_LENGTH = _DISCARDED - 1


class RingReader:
    """Reads the ring buffer map *map_fd* of *size* bytes. One reader, one thread."""

    def __init__(self, map_fd: int, size: int) -> None:
        self._fd = map_fd
        self._size = size
        self._fence = Fence()
        self._lost = 0
        self._strides: dict[str, tuple[Struct, int, int]] = {}
        self._consumer_page = mmap.mmap(map_fd, _PAGE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        try:
            self._memory = mmap.mmap(map_fd, _PAGE + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=_PAGE)
        except BaseException:
            self._consumer_page.close()
            raise
        self._consumer = memoryview(self._consumer_page)[:8].cast("Q")
        self._producer = memoryview(self._memory)[:8].cast("Q")
        self._data = memoryview(self._memory)[_PAGE:]
        self._closed = False

    @property
    def lost(self) -> int:
        """Records too short for the format they were asked in. What found the buffer full, only the program knows."""
        return self._lost

    def fileno(self) -> int:
        return self._fd

    def pending(self) -> bool:
        return not self._closed and self._producer[0] != self._consumer[0]

    def rows(self, fmt: Struct) -> list[tuple[Any, ...]]:
        """All finished records as tuples of *fmt*.

        Where all have one length and none is busy or discarded (nearly always), no Python code runs per record; some
        that are cost a comparison each.
        """
        at, end = self._consumer[0], self._producer[0]
        if at == end:
            return []
        self._fence()
        whole, stride, size = self._stride(fmt)
        start, length = at % self._size, end - at
        if length % stride == 0:
            count = length // stride
            headers = self._data[start : start + length].cast("I")[:: stride // 4]  # the first word of every record
            if headers.tobytes() == size.to_bytes(4, byteorder) * count:
                return list(whole.iter_unpack(self._copy(at, length)))
            words = headers.tolist()
            if {word & _LENGTH for word in words} == {size}:
                ready = next((index for index, word in enumerate(words) if word & _BUSY), count)
                copied = self._copy(at, ready * stride)
                return list(compress(whole.iter_unpack(copied), (word == size for word in words)))
        found = self.records()
        rows = [fmt.unpack_from(record) for record in found if len(record) >= fmt.size]
        self._lost += len(found) - len(rows)
        return rows

    def records(self) -> list[bytes]:
        """All finished records, each in its own length."""
        at, end = self._consumer[0], self._producer[0]
        self._fence()
        start, length = at % self._size, end - at
        words = self._data[start : start + length].cast("I")
        offset, spans = 0, []
        while offset < length:
            header = words[offset // 4]
            if header & _BUSY:
                break
            size = header & _LENGTH
            if not header & _DISCARDED:
                spans.append((offset + _HEADER_BYTES, size))
            offset += (_HEADER_BYTES + size + 7) // 8 * 8
        copied = self._copy(at, offset)
        return [copied[begin : begin + size] for begin, size in spans]

    def _copy(self, at: int, length: int) -> bytes:
        """*length* bytes of finished records from position *at* on; the room is the kernel's again."""
        self._fence()
        start = at % self._size
        copied = self._data[start : start + length].tobytes()
        self._fence()
        self._consumer[0] = at + length
        return copied

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for view in (self._consumer, self._producer, self._data):
            view.release()
        self._consumer_page.close()
        self._memory.close()

    def _stride(self, fmt: Struct) -> tuple[Struct, int, int]:
        """The format of a record with its header and padding, its size in the ring, and its own size."""
        known = self._strides.get(fmt.format)
        if known is None:
            stride = (_HEADER_BYTES + fmt.size + 7) // 8 * 8
            order, codes = (fmt.format[0], fmt.format[1:]) if fmt.format[0] in "@=<>!" else ("@", fmt.format)
            known = Struct(f"{order}8x{codes}{stride - _HEADER_BYTES - fmt.size}x"), stride, fmt.size
            self._strides[fmt.format] = known
        return known

"""How rows leave the kernel: a ring buffer (Linux 5.8), or a perf buffer where there is none, behind one interface.

Programs are kind to the process that they watch: they write with ``BPF_RB_NO_WAKEUP`` (a wake-up per record costs the
traced process 9 µs, a silent record 75 ns), so a reader comes by on a timer: ``wait()`` here, or its own. ``poll()``
and ``epoll`` on ``fileno()`` tell truly whether there is something to read at that moment, but a sleep in them is
only ended by a program that asks for a wake-up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from struct import Struct
from typing import Any, Protocol

from tuibpf.kernel.maps import KernelMap
from tuibpf.program import MapType

__all__ = ["BufferReader", "open_buffer", "wait"]


class BufferReader(Protocol):
    """What both kinds of buffer can do.

    Records of one processor come in their order; those of several come in the order of their reservation (ring
    buffer) or of their time stamp (perf buffer).
    """

    @property
    def lost(self) -> int:
        """Records lost so far that this reader knows of: told by the kernel (perf) or too short for their format.

        A program sees the same full buffer as an error of its output helper and counts it itself. Show the program's
        count; this one is for a check, and is not to be added to it.
        """
        ...

    def fileno(self) -> int:
        """A descriptor that is readable while there are records, for poll and epoll."""
        ...

    def pending(self) -> bool:
        """Whether there is something to read; costs no system call."""
        ...

    def rows(self, fmt: Struct) -> list[tuple[Any, ...]]:
        """Take all records that are there as tuples of *fmt*; what one has beyond ``fmt.size`` bytes is cut off."""
        ...

    def records(self) -> list[bytes]:
        """Take all records that are there, whole. A perf buffer pads each with up to 7 zero bytes."""
        ...

    def close(self) -> None:
        """Give the memory back; the map itself stays with its owner. May be called again."""
        ...


def open_buffer(source: KernelMap) -> BufferReader:
    """The reader for *source*, by its type. Its module alone is imported."""
    if source.spec.type is MapType.RINGBUF:
        from tuibpf.kernel.buffers.ring import RingReader

        return RingReader(source.fileno(), source.spec.max_entries)
    if source.spec.type is MapType.PERF_EVENT_ARRAY:
        from tuibpf.kernel.buffers.perf import PerfReader

        return PerfReader(source.fileno())
    raise ValueError(f"map {source.spec.name} is neither a ring buffer nor a perf buffer")


def wait(readers: Iterable[BufferReader], timeout_s: float, period_s: float = 0.05) -> bool:
    """Sleep until one of *readers* has something, looking every *period_s*; False if the time is up before."""
    watched = tuple(readers)
    end = time.monotonic() + timeout_s
    while not any(reader.pending() for reader in watched):
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(period_s, left))
    return True

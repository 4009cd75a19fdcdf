"""The globals map of a session: the epoch, which is written here, and the loss counters, which programs write.

The map is mapped into memory, for two reasons: an update by system call would overwrite counters that a program is
adding to at that moment, and reading them costs nothing.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Sequence

from tuibpf.kernel import bpf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.maps import KernelMap
from tuibpf.program import MapType

__all__ = ["Globals", "GracePeriod"]


class Globals:
    """Element 0 of a map created with ``BPF_F_MMAPABLE`` (Linux 5.5), as u64 words."""

    def __init__(self, source: KernelMap, epoch_offset: int, losses_offset: int, losses: Sequence[str]) -> None:
        self._memory = mmap.mmap(source.fileno(), source.spec.value_size, mmap.MAP_SHARED)
        self._words = memoryview(self._memory)[: source.spec.value_size // 8 * 8].cast("Q")
        self._epoch = epoch_offset // 8
        self._first_loss = losses_offset // 8
        self._reasons = tuple(losses)
        self._grace = GracePeriod()

    @property
    def epoch(self) -> int:
        """The epoch under which programs write now."""
        return self._words[self._epoch]

    def advance_epoch(self) -> int:
        """Move on to the next epoch, wait until no program still holds the old one, and return the old one."""
        old = self._words[self._epoch]
        self._words[self._epoch] = old + 1
        self._grace.wait()
        return old

    def losses(self) -> dict[str, int]:
        """How often each reason to lose something came up since the session began."""
        words = self._words[self._first_loss : self._first_loss + len(self._reasons)].tolist()
        return dict(zip(self._reasons, words, strict=True))

    def close(self) -> None:
        self._words.release()
        self._memory.close()
        self._grace.close()


class GracePeriod:
    """Waits until every BPF program that runs now has ended.

    The kernel promises that for an update of a map of maps from user space: it waits for an RCU grace period, so that
    whoever updates knows the old inner map to be unused (``maybe_wait_bpf_programs()``, kernel/bpf/syscall.c).
    It takes 6 ms on an idle machine with HZ=250. ``membarrier(MEMBARRIER_CMD_GLOBAL)`` takes as long, promises less,
    and is refused on kernels with ``nohz_full``. The two small maps are created when first needed.
    """

    def __init__(self) -> None:
        self._inner: Descriptor | None = None
        self._outer: Descriptor | None = None

    def wait(self) -> None:
        if self._inner is None:
            self._inner = Descriptor(bpf.map_create(MapType.ARRAY, 4, 4, 1, 0, "grace_inner"))
        if self._outer is None:
            fd = bpf.map_create(MapType.ARRAY_OF_MAPS, 4, 4, 1, 0, "grace_outer", self._inner.fileno())
            self._outer = Descriptor(fd)
        bpf.map_update(self._outer.fileno(), bytes(4), self._inner.fileno().to_bytes(4, sys.byteorder))

    def close(self) -> None:
        for owned in (self._outer, self._inner):
            if owned is not None:
                owned.close()

"""Memory order between this process and the kernel, for buffers that both have mapped."""

from __future__ import annotations

from _thread import allocate_lock  # what threading.Lock is, without the import of threading

__all__ = ["Fence"]


class Fence:
    """Orders what comes before against what comes after: a release followed by an acquire, which no load passes.

    The kernel writes data before it moves its position on, and may overwrite data once the reader's position is past
    it. So a reader loads the position before the data, and the data before it stores its own position. x86-64 does no
    other order; on weaker machines the two operations on a lock make it so.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def __call__(self) -> None:
        self._lock.release()
        self._lock.acquire()

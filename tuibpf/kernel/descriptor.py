"""A file descriptor with one owner."""

from __future__ import annotations

import os

__all__ = ["Descriptor"]


class Descriptor:
    """Owns *fd*: closed once, however often ``close()`` is called, and at the latest when nobody refers to it."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        """The descriptor; ``ValueError`` once it is closed, so that a number reused by another file is never met."""
        if self._fd < 0:
            raise ValueError("I/O operation on a closed descriptor")
        return self._fd

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Descriptor({self._fd})" if self._fd >= 0 else "Descriptor(closed)"

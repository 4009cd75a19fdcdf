"""Bytes from one place to another: words loaded and stored, and what the kernel copies."""

from __future__ import annotations

import sys
from typing import Literal

from tuibpf.frontend.scope import Scope
from tuibpf.ir.ops import Op
from tuibpf.ir.types import integer
from tuibpf.isa import Helper

__all__ = ["BYTE_ORDER", "Readable", "chunks", "copy", "encoded", "probe", "zero"]

BYTE_ORDER: Literal["little", "big"] = "little" if sys.byteorder == "little" else "big"


def chunks(size: int, start: int = 0, widest: int = 8) -> list[tuple[int, int]]:
    """Offset and size of the naturally aligned words, of at most *widest* bytes, that make up *size* from *start*."""
    found, at, end = [], start, start + size
    while at < end:
        width = next(width for width in (8, 4, 2, 1) if width <= widest and at % width == 0 and at + width <= end)
        found.append((at, width))
        at += width
    return found


def encoded(text: str | bytes) -> bytes:
    """A string literal as the kernel has it."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def zero(scope: Scope, address: Op, offset: int, size: int) -> None:
    for at, width in chunks(size, offset):
        scope.build.store(address, at, width, scope.build.const(0))


class Readable:
    """Bytes at an *offset* from an address; ``load(scope, at, size)`` gives *size* of them as an unsigned integer."""

    __slots__ = ("_address", "offset", "size")

    def __init__(self, address: Op, offset: int, size: int) -> None:
        self._address = address
        self.offset = offset
        self.size = size

    def load(self, scope: Scope, at: int, size: int) -> Op:
        return scope.build.load(self._address, self.offset + at, integer(8 * size, False))


def probe(scope: Scope, address: Op, offset: int, size: int, source: Op) -> Op:
    """Read *size* bytes of the kernel's memory. What can not be read is zero (Linux 5.5)."""
    build = scope.build
    return build.call(Helper.PROBE_READ_KERNEL, build.offset(address, offset), build.const(size), source)


def copy(scope: Scope, address: Op, offset: int, source: Readable, size: int) -> None:
    """Copy the first *size* bytes of *source*."""
    misaligned = (offset - source.offset) % 8
    for at, width in chunks(size, offset, misaligned & -misaligned or 8):
        scope.build.store(address, at, width, source.load(scope, at - offset, width))

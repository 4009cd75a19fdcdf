"""What operations on constants give, as the processor would: 64 bits, unsigned division, 0 where that is by 0."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["fold_binary", "holds", "signed", "swap_bytes", "unsigned"]

_MASK = 0xFFFF_FFFF_FFFF_FFFF


def unsigned(value: int) -> int:
    """The 64 bits of *value* as an unsigned number."""
    return value & _MASK


def signed(value: int) -> int:
    """The 64 bits of *value* as a signed number."""
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


_BINARY: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if b else 0,
    "mod": lambda a, b: a % b if b else a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "lsh": lambda a, b: a << (b & 63),
    "rsh": lambda a, b: a >> (b & 63),
    "arsh": lambda a, b: signed(a) >> (b & 63),
}
_CONDITIONS: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "slt": lambda a, b: signed(a) < signed(b),
    "sle": lambda a, b: signed(a) <= signed(b),
    "sgt": lambda a, b: signed(a) > signed(b),
    "sge": lambda a, b: signed(a) >= signed(b),
    "set": lambda a, b: a & b != 0,
}


def fold_binary(operator: str, left: int, right: int) -> int:
    """``left operator right`` as an unsigned number of 64 bits."""
    return _BINARY[operator](left & _MASK, right & _MASK) & _MASK


def holds(condition: str, left: int, right: int) -> bool:
    """Whether ``left condition right``."""
    return _CONDITIONS[condition](left & _MASK, right & _MASK)


def swap_bytes(value: int, size: int) -> int:
    """The low *size* bytes of *value* in network order instead of the machine's, or back; the rest 0."""
    low = value & (1 << 8 * size) - 1
    return int.from_bytes(low.to_bytes(size, sys.byteorder), "big")

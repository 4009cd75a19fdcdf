"""Types of IR values: an integer of a width and a sign, or an address."""

from __future__ import annotations

__all__ = [
    "ADDRESS",
    "BOOL",
    "INTEGERS",
    "S8",
    "S16",
    "S32",
    "S64",
    "U8",
    "U16",
    "U32",
    "U64",
    "IntType",
    "Type",
    "integer",
]


class IntType:
    """An integer type. A value lies in its 64-bit register sign- or zero-extended from *bits*, always."""

    __slots__ = ("bits", "name", "signed")

    def __init__(self, bits: int, signed: bool, name: str) -> None:
        self.bits = bits
        self.signed = signed
        self.name = name

    @property
    def size(self) -> int:
        """The size in memory, in bytes."""
        return self.bits // 8

    @property
    def minimum(self) -> int:
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def maximum(self) -> int:
        return (1 << self.bits - self.signed) - 1

    def wrap(self, value: int) -> int:
        """*value* reduced to what this type can hold."""
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if self.signed and value >> self.bits - 1 else value

    def __repr__(self) -> str:
        return self.name


class AddressType:
    """An address: of the context, the stack, a map's value, a row or the kernel."""

    __slots__ = ()
    bits = 64
    signed = False
    size = 8
    name = "address"

    def __repr__(self) -> str:
        return self.name


U8, U16, U32, U64 = (IntType(bits, False, f"u{bits}") for bits in (8, 16, 32, 64))
S8, S16, S32, S64 = (IntType(bits, True, f"s{bits}") for bits in (8, 16, 32, 64))
BOOL = IntType(8, False, "bool")
ADDRESS = AddressType()
INTEGERS = {(item.bits, item.signed): item for item in (U8, U16, U32, U64, S8, S16, S32, S64)}

Type = IntType | AddressType


def integer(bits: int, signed: bool) -> IntType:
    """The integer type of 8, 16, 32 or 64 *bits*."""
    return INTEGERS[bits, signed]

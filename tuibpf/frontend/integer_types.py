"""Integer types: which one holds several values, and which values another one can take.

Arithmetic is done on 64 bits: of two unsigned operands the result is u64, of two signed ones s64, and of a signed
one and an unsigned one that is known to be below 2**63 it is s64, which holds them all.
"""

from __future__ import annotations

from tuibpf.frontend.values import Constant, Scalar, Value
from tuibpf.ir.types import BOOL, S64, U64, IntType

__all__ = ["assignable", "bound", "common_type", "constant_integer", "is_integer"]


def is_integer(value: Value) -> bool:
    return isinstance(value, Scalar) or isinstance(value, Constant) and isinstance(value.value, int)


def constant_integer(value: Value) -> int:
    """The number that a constant is."""
    assert isinstance(value, Constant) and isinstance(value.value, int)
    return int(value.value)


def common_type(values: list[Value]) -> IntType | None:
    """The type that holds all of *values*, constants included; None if signed and unsigned ones have none."""
    if all(_is_bool(value) for value in values):
        return BOOL
    types = [value.type for value in values if isinstance(value, Scalar)]
    constants = [constant_integer(value) for value in values if isinstance(value, Constant)]
    if not types:
        return S64 if min(constants, default=0) < 0 else U64
    if all(item is types[0] for item in types) and all(types[0].minimum <= c <= types[0].maximum for c in constants):
        return types[0]
    negative = min(constants, default=0) < 0
    if not negative and not any(item.signed for item in types):
        return U64
    if all(value.type.signed or bound(value) <= S64.maximum for value in values if isinstance(value, Scalar)):
        return S64 if all(c <= S64.maximum for c in constants) else None
    return None


def bound(value: Value) -> int:
    """The largest that an integer can be."""
    if isinstance(value, Scalar):
        return value.type.maximum if value.most is None else value.most
    return constant_integer(value)


def _is_bool(value: Value) -> bool:
    if isinstance(value, Scalar):
        return value.type is BOOL
    return isinstance(value, Constant) and isinstance(value.value, bool)


def assignable(value: IntType, wanted: IntType) -> bool:
    """Whether every number goes over with its meaning, or is cut to a width of the same sign."""
    return value.signed == wanted.signed or (not value.signed and value.bits < wanted.bits)

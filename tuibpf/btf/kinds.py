"""The types of BTF as values: one class for each kind of include/uapi/linux/btf.h.

Types name each other by *id*, a number that counts from 1 in the order of the file; 0 is ``void``. A class is a
NamedTuple since these are made by the thousand and on the launch path.
"""

from enum import IntEnum
from typing import NamedTuple, TypeAlias

__all__ = [
    "Array", "BtfError", "DeclTag", "Enum", "Enumerator", "Float", "Forward", "Function", "FunctionPrototype", "Int",
    "Kind", "Member", "Parameter", "Pointer", "Qualifier", "Section", "SectionVariable", "Struct", "Type", "Typedef",
    "Union", "Variable", "Void",
]  # fmt: skip


class BtfError(ValueError):
    """BTF, or an index of it, that is damaged or of a form that is not known."""


class Kind(IntEnum):
    """``BTF_KIND_*``, with the kernel that added those that came after the first."""

    VOID = 0
    INT = 1
    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FWD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12  # Linux 5.0
    FUNC_PROTO = 13  # Linux 5.0
    VAR = 14  # Linux 5.2
    DATASEC = 15  # Linux 5.2
    FLOAT = 16  # Linux 5.13
    DECL_TAG = 17  # Linux 5.16
    TYPE_TAG = 18  # Linux 5.17
    ENUM64 = 19  # Linux 6.0


class Void:
    """Type 0: no value at all, or what a ``void *`` points to."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Void()"


class Int(NamedTuple):
    """An integer of *size* bytes, of which *bits* count from bit *bit_offset* (the whole, but for old bitfields)."""

    name: str
    size: int
    bits: int
    signed: bool
    is_bool: bool
    is_char: bool
    bit_offset: int = 0


class Pointer(NamedTuple):
    target: int


class Array(NamedTuple):
    """*count* elements of the type *element*; 0 for a flexible array at the end of a struct."""

    element: int
    count: int  # type: ignore[assignment]  # hides tuple.count(), which nobody asks of a type


class Member(NamedTuple):
    """A member of a struct or union. *name* is empty for an anonymous struct or union inside it.

    *bit_offset* counts from the start of the struct; *bitfield_bits* is the width of a bitfield, or 0.
    """

    name: str
    type: int
    bit_offset: int
    bitfield_bits: int

    @property
    def offset(self) -> int:
        """The offset in whole bytes, rounded down for a bitfield."""
        return self.bit_offset // 8


class Struct(NamedTuple):
    """*size* in bytes; *name* is empty for an anonymous one."""

    name: str
    size: int
    members: tuple[Member, ...]


class Union(NamedTuple):
    """*size* in bytes; *name* is empty for an anonymous one."""

    name: str
    size: int
    members: tuple[Member, ...]


class Enumerator(NamedTuple):
    name: str
    value: int


class Enum(NamedTuple):
    """An enumeration of *size* bytes: ENUM and ENUM64 alike."""

    name: str
    size: int
    signed: bool
    values: tuple[Enumerator, ...]


class Forward(NamedTuple):
    """A struct or union that is declared and not defined."""

    name: str
    is_union: bool


class Typedef(NamedTuple):
    name: str
    target: int


class Qualifier(NamedTuple):
    """``const``, ``volatile``, ``restrict``, or a type tag such as ``user`` and ``rcu``."""

    name: str
    is_tag: bool
    target: int


class Parameter(NamedTuple):
    name: str
    type: int


class FunctionPrototype(NamedTuple):
    """A function type. *is_variadic* if any number of arguments may follow the *parameters*."""

    returns: int
    parameters: tuple[Parameter, ...]
    is_variadic: bool


class Function(NamedTuple):
    """A function of the kernel; *prototype* is the id of a ``FunctionPrototype``."""

    name: str
    prototype: int
    linkage: int


class Variable(NamedTuple):
    name: str
    type: int
    linkage: int


class SectionVariable(NamedTuple):
    """Where in its section a variable lies: *offset* and *size* in bytes."""

    variable: int
    offset: int
    size: int


class Section(NamedTuple):
    """An ELF section (``.data..percpu``) and the variables in it; *size* in bytes."""

    name: str
    size: int
    variables: tuple[SectionVariable, ...]


class Float(NamedTuple):
    name: str
    size: int


class DeclTag(NamedTuple):
    """A note on the type *target*, or on its member or parameter number *component* where that is not -1."""

    name: str
    target: int
    component: int


Type: TypeAlias = (
    Void | Int | Pointer | Array | Struct | Union | Enum | Forward | Typedef | Qualifier | Function | FunctionPrototype
    | Variable | Section | Float | DeclTag
)  # fmt: skip

"""The types of BTF as values: one class for each kind of include/uapi/linux/btf.h.

Types name each other by *id*, a number that counts from 1 in the order of the file; 0 is ``void``.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, dataclass_transform

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


@dataclass_transform(frozen_default=True)
class Value:
    """A value with the annotated fields of its class, and the behaviour of a frozen dataclass.

    To make a class a dataclass takes 0.4 ms, a NamedTuple 0.1 ms, and this 0.01 ms: with as many classes as there are
    here, milliseconds of each launch.
    """

    _names: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        cls._names = tuple(cls.__annotations__)
        type.__setattr__(cls, "__match_args__", cls._names)

    def __init__(self, *values: Any) -> None:
        self.__dict__.update(zip(self._names, values, strict=True))

    @classmethod
    def late(cls, *values: Any, last: Callable[[], Any]) -> Self:
        """A value whose last field is worked out when it is first asked for, by *last*."""
        made = cls.__new__(cls)
        made.__dict__.update(zip(cls._names, (*values, last), strict=True))
        made.__dict__["_last"] = made.__dict__.pop(cls._names[-1])
        return made

    if not TYPE_CHECKING:  # or every name would be a field of every value

        def __getattr__(self, name: str) -> Any:
            if name != self._names[-1] or "_last" not in self.__dict__:
                raise AttributeError(f"a {type(self).__name__} has no {name}")
            found = self.__dict__[name] = self.__dict__["_last"]()
            del self.__dict__["_last"]
            return found

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))

    def __repr__(self) -> str:
        fields = zip(self._names, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._names)


class Void(Value):
    """Type 0: no value at all, or what a ``void *`` points to."""


class Int(Value):
    """An integer of *size* bytes, of which *bits* count from bit *bit_offset* (the whole, but for old bitfields)."""

    name: str
    size: int
    bits: int
    signed: bool
    is_bool: bool
    is_char: bool
    bit_offset: int


class Pointer(Value):
    target: int


class Array(Value):
    """*count* elements of the type *element*; 0 for a flexible array at the end of a struct."""

    element: int
    count: int


class Member(Value):
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


class Struct(Value):
    """*size* in bytes; *name* is empty for an anonymous one."""

    name: str
    size: int
    members: tuple[Member, ...]


class Union(Value):
    """*size* in bytes; *name* is empty for an anonymous one."""

    name: str
    size: int
    members: tuple[Member, ...]


class Enumerator(Value):
    name: str
    value: int


class Enum(Value):
    """An enumeration of *size* bytes: ENUM and ENUM64 alike."""

    name: str
    size: int
    signed: bool
    values: tuple[Enumerator, ...]


class Forward(Value):
    """A struct or union that is declared and not defined."""

    name: str
    is_union: bool


class Typedef(Value):
    name: str
    target: int


class Qualifier(Value):
    """``const``, ``volatile``, ``restrict``, or a type tag such as ``user`` and ``rcu``."""

    name: str
    is_tag: bool
    target: int


class Parameter(Value):
    name: str
    type: int


class FunctionPrototype(Value):
    """A function type. *is_variadic* if any number of arguments may follow the *parameters*."""

    returns: int
    parameters: tuple[Parameter, ...]
    is_variadic: bool


class Function(Value):
    """A function of the kernel; *prototype* is the id of a ``FunctionPrototype``."""

    name: str
    prototype: int
    linkage: int


class Variable(Value):
    name: str
    type: int
    linkage: int


class SectionVariable(Value):
    """Where in its section a variable lies: *offset* and *size* in bytes."""

    variable: int
    offset: int
    size: int


class Section(Value):
    """An ELF section (``.data..percpu``) and the variables in it; *size* in bytes."""

    name: str
    size: int
    variables: tuple[SectionVariable, ...]


class Float(Value):
    name: str
    size: int


class DeclTag(Value):
    """A note on the type *target*, or on its member or parameter number *component* where that is not -1."""

    name: str
    target: int
    component: int


Type: TypeAlias = (
    Void | Int | Pointer | Array | Struct | Union | Enum | Forward | Typedef | Qualifier | Function | FunctionPrototype
    | Variable | Section | Float | DeclTag
)  # fmt: skip

"""Layouts: how a declared type lies in memory, and how its value is shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tuibpf.ir.types import IntType
from tuibpf.program import Field, Record

__all__ = [
    "BYTES_EACH", "ArgumentsLayout", "BytesLayout", "ColumnOptions", "IntLayout", "Layout", "Member", "StructLayout", "pack_members", "record_of",
]  # fmt: skip

BYTES_EACH = 128  # of a tail for each of the arguments that are shown


@dataclass(frozen=True, slots=True)
class IntLayout:
    """An integer, shown as *display*."""

    type: IntType
    display: str = "integer"
    names: tuple[tuple[int, str], ...] = ()

    @property
    def size(self) -> int:
        return self.type.size

    @property
    def align(self) -> int:
        return self.type.size

    @property
    def name(self) -> str:
        return self.type.name if self.display == "integer" else self.display


@dataclass(frozen=True, slots=True)
class BytesLayout:
    """Bytes of a fixed size: a string that ends at its first NUL, or an address."""

    size: int
    display: str

    align = 8

    @property
    def name(self) -> str:
        return f"{self.display}[{self.size}]"


@dataclass(frozen=True, slots=True)
class ArgumentsLayout:
    """The head of a tail: two u32, the bytes captured and the bytes there were. *capacity* bytes may follow the row."""

    count: int

    size = 8
    align = 8
    display = "arguments"
    name = "arguments"

    @property
    def capacity(self) -> int:
        return self.count * BYTES_EACH


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """What ``Column(…)`` says about a field."""

    title: str = ""
    shown: bool = True
    contains: str | None = None
    quote: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a structure."""

    name: str
    layout: Layout
    offset: int
    column: ColumnOptions = ColumnOptions()


@dataclass(frozen=True, slots=True)
class StructLayout:
    """A declared structure. Fields are aligned to their size; the gaps between them are zero, always."""

    name: str
    members: tuple[Member, ...]
    size: int
    align: int
    display: str = "struct"
    by_name: dict[str, Member] = field(default_factory=dict, compare=False)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Offset and size of each gap."""
        found, at = [], 0
        for member in self.members:
            if member.offset > at:
                found.append((at, member.offset - at))
            at = member.offset + member.layout.size
        if self.size > at:
            found.append((at, self.size - at))
        return found


Layout = IntLayout | BytesLayout | ArgumentsLayout | StructLayout


def pack_members(name: str, fields: list[tuple[str, Layout, ColumnOptions]]) -> StructLayout:
    """Lay the fields out in their order, each aligned."""
    members, at, widest = [], 0, 1
    for title, layout, column in fields:
        align = min(layout.align, 8)
        at = -(-at // align) * align
        members.append(Member(title, layout, at, column))
        at += layout.size
        widest = max(widest, align)
    size = -(-at // widest) * widest
    return StructLayout(name, tuple(members), size, widest, by_name={member.name: member for member in members})


_FORMATS = {(8, False): "B", (16, False): "H", (32, False): "I", (64, False): "Q"}
_FORMATS |= {(bits, True): code.lower() for (bits, _), code in list(_FORMATS.items())}


def record_of(layout: Layout, name: str = "") -> Record:
    """The record that readers decode: a structure's fields, or one field called *name*."""
    if not isinstance(layout, StructLayout):
        layout = pack_members(name, [(name, layout, ColumnOptions())])
    return Record(tuple(_field(member) for member in layout.members), layout.size)


def _field(member: Member) -> Field:
    layout, column = member.layout, member.column
    plain = Field(
        name=member.name, display=layout.display, offset=member.offset, size=layout.size, format=f"{layout.size}s",
        title=column.title or member.name.upper(), shown=column.shown, contains=column.contains, quote=column.quote,
    )  # fmt: skip
    match layout:
        case IntLayout():
            return replace(plain, format=_FORMATS[layout.type.bits, layout.type.signed], names=layout.names)
        case ArgumentsLayout():
            return replace(plain, format="II", tail=True, limit=layout.count)
    return plain

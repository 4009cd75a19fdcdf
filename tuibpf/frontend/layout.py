"""Layouts: how a declared type lies in memory, and how its value is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tuibpf.ir.types import IntType
from tuibpf.program import Field, Record

__all__ = [
    "BYTES_EACH", "ArgumentsLayout", "BytesLayout", "ColumnOptions", "IntLayout", "Layout", "Member", "StructLayout",
    "pack_members", "record_of",
]  # fmt: skip

BYTES_EACH = 128  # of a tail for each of the arguments that are shown


class IntLayout(NamedTuple):
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


class BytesLayout(NamedTuple):
    """Bytes of a fixed size: a string that ends at its first NUL, or an address."""

    size: int
    display: str
    align: int = 8

    @property
    def name(self) -> str:
        return f"{self.display}[{self.size}]"


class ArgumentsLayout(NamedTuple):
    """The head of a tail: two u32, the bytes captured and the bytes there were. *capacity* bytes may follow the row."""

    limit: int
    size: int = 8
    align: int = 8
    display: str = "arguments"
    name: str = "arguments"

    @property
    def capacity(self) -> int:
        return self.limit * BYTES_EACH


class ColumnOptions(NamedTuple):
    """What ``Column(…)`` says about a field."""

    title: str = ""
    shown: bool = True
    contains: str | None = None
    quote: bool = False


class Member(NamedTuple):
    """A field of a structure."""

    name: str
    layout: Layout
    offset: int
    column: ColumnOptions = ColumnOptions()


class StructLayout(NamedTuple):
    """A declared structure. Fields are aligned to their size; the gaps between them are zero, always."""

    name: str
    members: tuple[Member, ...]
    size: int
    align: int
    by_name: Mapping[str, Member]

    @property
    def display(self) -> str:
        return self.name

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
    return Record(tuple(_fields(layout, 0, "")), layout.size)


def _fields(struct: StructLayout, base: int, prefix: str) -> Iterator[Field]:
    """The fields of a structure; those of a structure inside it go by both names."""
    for member in struct.members:
        placed = member._replace(name=prefix + member.name, offset=base + member.offset)
        if isinstance(member.layout, StructLayout):
            yield from _fields(member.layout, placed.offset, f"{placed.name}_")
        else:
            yield _field(placed)


def _field(member: Member) -> Field:
    layout, column = member.layout, member.column
    plain = Field(
        name=member.name, display=layout.display, offset=member.offset, size=layout.size, format=f"{layout.size}s",
        title=column.title or member.name.upper(), shown=column.shown, contains=column.contains, quote=column.quote,
    )  # fmt: skip
    match layout:
        case IntLayout():
            return plain._replace(format=_FORMATS[layout.type.bits, layout.type.signed], names=layout.names)
        case ArgumentsLayout():
            return plain._replace(format="II", tail=True, limit=layout.limit)
    return plain

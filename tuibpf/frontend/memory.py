"""Memory: reading strings, addresses and structures, and writing values to where they are wanted."""

from __future__ import annotations

import ast
import sys
from typing import Literal

from tuibpf.btf import Array, Struct, Union
from tuibpf.frontend import integers
from tuibpf.frontend.layout import ArgumentsLayout, BytesLayout, IntLayout, Layout, StructLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Constant, KernelPlace, KernelPointer, Place, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import U64, integer
from tuibpf.isa import Helper

__all__ = ["BYTE_ORDER", "Readable", "chunks", "copy", "encoded", "materialise", "probe", "readable", "write", "zero"]

BYTE_ORDER: Literal["little", "big"] = "little" if sys.byteorder == "little" else "big"
_LARGEST_DIRECT = 64  # bytes; more are copied by a helper, in fewer instructions
_LARGEST_COPY = 4096


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


def readable(scope: Scope, node: ast.AST, value: Value) -> Readable:
    """The bytes of *value*; an error at *node* if it has none."""
    if isinstance(value, Place):
        scope.require_present(node, value.present)
        return Readable(value.op, value.offset, value.layout.size)
    if isinstance(value, KernelPlace):
        size = scope.unit.target.btf.size_of(value.type)
        if value.direct and size <= _LARGEST_DIRECT and _is_plain(scope, value):
            return Readable(value.op, value.offset, size)
        if not 0 < size <= _LARGEST_COPY:
            scope.error(node, f"{value.article} of {size} bytes can not be read whole", "read one of its fields")
        address = scope.slot(scope.fresh(), size)
        probe(scope, address, 0, size, scope.build.offset(value.op, value.offset))
        return Readable(address, 0, size)
    if isinstance(value, Producer) and value.layout is not None:
        place = materialise(scope, node, value, scope.fresh())
        assert isinstance(place, Place)
        return Readable(place.op, place.offset, place.layout.size)
    scope.error(node, f"{value.article} has no bytes that could be compared or copied")


def _is_plain(scope: Scope, value: KernelPlace) -> bool:
    """Whether the verifier lets words of it be loaded: an array of integers, or a structure that is nothing else."""
    btf = scope.unit.target.btf
    _, found = btf.resolve(value.type)
    for _ in range(4):
        if isinstance(found, Array):
            return not isinstance(btf.resolve(found.element)[1], (Struct, Union, Array))
        if not isinstance(found, (Struct, Union)) or not found.members:
            return False
        first = btf.resolve(found.members[0].type)[1]
        if isinstance(found, Struct) and len(found.members) > 1:
            return False
        found = first
    return False


def probe(scope: Scope, address: Op, offset: int, size: int, source: Op) -> Op:
    """Read *size* bytes of the kernel's memory. What can not be read is zero (Linux 5.5)."""
    build = scope.build
    return build.call(Helper.PROBE_READ_KERNEL, build.offset(address, offset), build.const(size), source)


def copy(scope: Scope, address: Op, offset: int, source: Readable, size: int) -> None:
    """Copy the first *size* bytes of *source*."""
    misaligned = (offset - source.offset) % 8
    for at, width in chunks(size, offset, misaligned & -misaligned or 8):
        scope.build.store(address, at, width, source.load(scope, at - offset, width))


def materialise(scope: Scope, node: ast.AST, value: Value, name: str) -> Value:
    """*value* as it can be kept under *name*: one that is still to be made is put on the stack."""
    if not isinstance(value, Producer):
        return value
    layout = value.layout
    if layout is None:
        scope.error(node, f"{value.article} has no size of its own", "put it into a field right here")
    scope.at(node)
    address = scope.slot(name, layout.size)
    holders = [known for known, held in scope.names.items() if isinstance(held, Place) and held.op is address]
    if not holders:
        write(scope, address, 0, layout, value, node)
    else:
        # What the name stands for now may be a part of the new value, and other names may go on standing for it.
        made = scope.slot(scope.fresh(), layout.size)
        write(scope, made, 0, layout, value, node)
        if holders == [name]:
            copy(scope, address, 0, Readable(made, 0, layout.size), layout.size)
        else:
            address = made
    return Place(address, 0, layout)


def write(scope: Scope, address: Op, offset: int, layout: Layout, value: Value, node: ast.AST) -> None:
    """Put *value* into memory that is laid out as *layout*; an error at *node* where it does not fit."""
    match layout:
        case IntLayout():
            if isinstance(value, KernelPointer) and layout.type is U64:
                scope.build.store(address, offset, 8, value.op)
                return
            assert isinstance(node, ast.expr)
            stored = integers.to_scalar(scope, value, node, layout.type)
            scope.build.store(address, offset, layout.size, stored.op)
        case BytesLayout():
            _write_bytes(scope, address, offset, layout, value, node)
        case ArgumentsLayout():
            scope.error(node, "arguments are a field of a row, and nothing else", "emit them")
        case StructLayout():
            if isinstance(value, Producer) and value.layout == layout and value.write is not None:
                value.write(scope, address, offset, layout)
            elif isinstance(value, Place) and value.layout == layout:
                copy(scope, address, offset, readable(scope, node, value), layout.size)
            else:
                scope.error(node, f"{_described(value)} where {layout.name} is wanted", f"write {layout.name}(…)")


def _described(value: Value) -> str:
    """A structure by its name, anything else by its kind."""
    layout = getattr(value, "layout", None)
    return layout.name if isinstance(layout, StructLayout) else value.article


def _write_bytes(scope: Scope, address: Op, offset: int, layout: BytesLayout, value: Value, node: ast.AST) -> None:
    if isinstance(value, Constant) and isinstance(value.value, (str, bytes)) and layout.display != "address":
        _write_literal(scope, address, offset, layout, encoded(value.value), node)
    elif isinstance(value, Producer):
        if value.write is None or value.layout is not None and value.layout.size != layout.size:
            scope.error(node, f"{value.article} where {layout.name} is wanted")
        value.write(scope, address, offset, layout)
    elif isinstance(value, KernelPlace) and not (value.direct and _is_plain(scope, value)):
        size = _wanted(scope, layout, scope.unit.target.btf.size_of(value.type), value, node)
        probe(scope, address, offset, size, scope.build.offset(value.op, value.offset))
        _end(scope, address, offset, layout, size)
    elif isinstance(value, KernelPlace) or isinstance(value, Place) and isinstance(value.layout, BytesLayout):
        source = readable(scope, node, value)
        size = _wanted(scope, layout, source.size, value, node)
        copy(scope, address, offset, source, size)
        _end(scope, address, offset, layout, source.size)
    elif isinstance(value, KernelPointer):
        scope.error(node, f"a pointer where {layout.name} is wanted", "read what it points to: kernel_text(…)")
    else:
        scope.error(node, f"{_described(value)} where {layout.name} is wanted")


def _wanted(scope: Scope, layout: BytesLayout, size: int, value: Value, node: ast.AST) -> int:
    if size <= 0 or layout.display == "address" and size != layout.size:
        scope.error(node, f"{value.article} of {size} bytes where {layout.name} is wanted")
    return min(size, layout.size)


def _end(scope: Scope, address: Op, offset: int, layout: BytesLayout, size: int) -> None:
    """Zeros behind a string that is shorter than its field; one that is longer is cut and still ends in NUL."""
    if size < layout.size:
        zero(scope, address, offset + size, layout.size - size)
    elif size > layout.size and layout.display != "address":
        zero(scope, address, offset + layout.size - 1, 1)


def _write_literal(scope: Scope, address: Op, offset: int, layout: BytesLayout, text: bytes, node: ast.AST) -> None:
    if len(text) >= layout.size and text:
        scope.error(
            node, f"{len(text)} bytes and a NUL do not fit {layout.name}", "shorten it, or make the field larger"
        )
    padded = text.ljust(layout.size, b"\0")
    for at, width in chunks(layout.size, offset):
        word = int.from_bytes(padded[at - offset : at - offset + width], BYTE_ORDER)
        scope.build.store(address, at, width, scope.build.const(word))

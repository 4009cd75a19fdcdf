"""Memory: reading strings, addresses and structures, and writing values to where they are wanted."""

from __future__ import annotations

import ast

from tuibpf.btf import Array, Struct, Union
from tuibpf.frontend import integers
from tuibpf.frontend.layout import ArgumentsLayout, BytesLayout, IntLayout, Layout, StructLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.transfer import BYTE_ORDER, Readable, chunks, copy, encoded, probe, zero
from tuibpf.frontend.values import Constant, KernelPlace, KernelPointer, Place, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import U64

__all__ = ["materialise", "readable", "snapshot", "write"]

_LARGEST_DIRECT = 64  # bytes; more are copied by a helper, in fewer instructions
_LARGEST_COPY = 4096


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


def materialise(scope: Scope, node: ast.AST, value: Value, name: str) -> Value:
    """*value* as it can be kept under *name*: one that is still to be made is put on the stack.

    So is a text, which never changes in Python, while the field that it was read from may.
    """
    if isinstance(value, Place):
        if not isinstance(value.layout, BytesLayout) or value.present is not None and value.present not in scope.facts:
            return value
        if scope.slot(name, value.layout.size) is value.op:
            return value
        value = _copied(value)
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


def snapshot(scope: Scope, node: ast.AST, value: Value) -> Value:
    """A structure or a text as it is now, in memory of its own; anything else as it is."""
    if isinstance(value, Place) and (value.present is None or value.present in scope.facts):
        value = _copied(value)
    has_layout = isinstance(value, Producer) and isinstance(value.layout, (StructLayout, BytesLayout))
    return materialise(scope, node, value, scope.fresh()) if has_layout else value


def _copied(place: Place) -> Producer:
    """The bytes at *place* as a value that is made where it is wanted."""
    size = place.layout.size

    def work(scope: Scope, address: Op, offset: int, _layout: Layout) -> None:
        copy(scope, address, offset, Readable(place.op, place.offset, size), size)

    return Producer(place.article, place.layout, work)


def write(
    scope: Scope, address: Op, offset: int, layout: Layout, value: Value, node: ast.AST, *, rest: bool = True
) -> None:
    """Put *value* into memory that is laid out as *layout*; an error at *node* where it does not fit.

    Without *rest*, what lies behind the NUL of a string may stay as it was: nobody reads it in a row of a stream.
    """
    match layout:
        case IntLayout():
            if isinstance(value, KernelPointer) and layout.type is U64:
                scope.build.store(address, offset, 8, value.op)
                return
            assert isinstance(node, ast.expr)
            stored = integers.to_scalar(scope, value, node, layout.type)
            scope.build.store(address, offset, layout.size, stored.op)
        case BytesLayout():
            if rest and isinstance(value, Producer) and not value.fills:
                zero(scope, address, offset, layout.size)
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
        if value.write is None or value.layout is not None and not _same_bytes(value.layout, layout):
            scope.error(node, f"{value.article} where {layout.name} is wanted")
        value.write(scope, address, offset, layout)
    elif isinstance(value, KernelPlace) and not (value.direct and _is_plain(scope, value)):
        size = _wanted(scope, layout, scope.unit.target.btf.size_of(value.type), value, node)
        probe(scope, address, offset, size, scope.build.offset(value.op, value.offset))
        _end(scope, address, offset, layout, size)
    elif isinstance(value, KernelPlace) or isinstance(value, Place) and isinstance(value.layout, BytesLayout):
        source = readable(scope, node, value)
        if isinstance(value, Place) and (layout.display == "address") is not (value.layout.display == "address"):
            scope.error(node, f"{value.layout.name} where {layout.name} is wanted")
        size = _wanted(scope, layout, source.size, value, node)
        copy(scope, address, offset, source, size)
        _end(scope, address, offset, layout, source.size)
    elif isinstance(value, KernelPointer):
        scope.error(node, f"a pointer where {layout.name} is wanted", "read what it points to: kernel_text(…)")
    else:
        scope.error(node, f"{_described(value)} where {layout.name} is wanted")


def _same_bytes(layout: Layout, wanted: BytesLayout) -> bool:
    """Whether the bytes of *layout* mean the same in a *wanted* field: strings in strings, addresses in addresses."""
    return layout.size == wanted.size and (layout.display == "address") is (wanted.display == "address")


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

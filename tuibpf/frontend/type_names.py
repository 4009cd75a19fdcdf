"""Types as a script writes them: ``u32``, ``Comm``, ``Text[64]``, the structures it declares."""

from __future__ import annotations

import ast

from tuibpf import lang
from tuibpf.btf import Enum, Kind
from tuibpf.frontend.layout import ArgumentsLayout, BytesLayout, IntLayout, Layout
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.unit import Unit
from tuibpf.frontend.values import Constant, TypeValue
from tuibpf.ir.types import BOOL, integer

__all__ = ["language_type", "layout_of"]

_OPERATION_BITS = 8  # REQ_OP_BITS, include/linux/blk_types.h
_LARGEST_TEXT = 4096
_MOST_ARGUMENTS = 1024


def layout_of(scope: Scope, node: ast.expr) -> Layout:
    """The type that an expression names; an error where it names none."""
    if isinstance(node, ast.IfExp):
        return layout_of(scope, node.body if scope.known_truth(node.test) else node.orelse)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _sized(scope, node, node.value.id)
    if isinstance(node, ast.Name):
        if node.id == "float":
            scope.error(
                node, "there are no floats in the kernel", "count in a smaller unit: an integer of microseconds, say"
            )
        value = scope.unit.names.get(node.id)
        if value is None and (layout := language_type(scope.unit, node.id)):
            return layout
        if isinstance(value, TypeValue):
            return value.layout
        if node.id in ("Text", "Path", "Arguments"):
            scope.error(node, f"{node.id} needs a size", f"write {node.id}[64]")
    known = [name for name, value in scope.unit.names.items() if isinstance(value, TypeValue)] + lang.types.__all__
    text = ast.unparse(node)
    scope.error(node, f"`{text}` is not a type of the language", near(text, known))


def language_type(unit: Unit, name: str) -> Layout | None:
    """A type of the language that has no size to choose, or None."""
    known = getattr(lang.types, name, None) if name in lang.types.__all__ else None
    if known is lang.Boolean:
        return IntLayout(BOOL, "boolean")
    if known is lang.BlockFlags:
        return IntLayout(integer(32, False), "block_flags", _block_flags(unit))
    if bits := getattr(known, "bits", 0):
        plain = name[1:].isdigit()
        return IntLayout(integer(bits, bool(getattr(known, "signed", False))), "integer" if plain else name.lower())
    if size := getattr(known, "size", 0):
        return BytesLayout(size, name.lower())
    return None


def _sized(scope: Scope, node: ast.Subscript, name: str) -> Layout:
    value = scope.expression(node.slice)
    size = value.value if isinstance(value, Constant) else None
    most = _MOST_ARGUMENTS if name == "Arguments" else _LARGEST_TEXT
    if name not in ("Text", "Path", "Arguments") or name in scope.unit.names:
        scope.error(node, f"`{name}` takes no size", "Text, Path and Arguments do")
    if not isinstance(size, int) or not 1 <= size <= most:
        scope.error(node.slice, f"the size of {name} must be known at launch, from 1 to {most}")
    return ArgumentsLayout(size) if name == "Arguments" else BytesLayout(size, name.lower())


def _block_flags(unit: Unit) -> tuple[tuple[int, str], ...]:
    """Names of block operations by number, and of the flags by bit: ``REQ_*`` of include/linux/blk_types.h, from BTF.

    Up to Linux 5.19 the operations were an anonymous ``enum req_opf``.
    """
    btf = unit.target.btf
    names: dict[int, str] = {}
    for enumeration, shift in (("req_op", None), ("req_opf", None), ("req_flag_bits", 1)):
        found = btf.find(enumeration, Kind.ENUM, Kind.ENUM64)
        kind = btf.type(found) if found is not None else None
        for item in kind.values if isinstance(kind, Enum) else ():
            if shift is None and 0 <= item.value < 1 << _OPERATION_BITS:
                names.setdefault(item.value, item.name)
            elif shift and _OPERATION_BITS <= item.value < 32 and item.name.startswith("__REQ_"):
                names.setdefault(1 << item.value, item.name)
    return tuple(sorted(names.items()))

"""The kernel's structures by name: pointers followed, members, elements and bitfields read, all of it by BTF."""

from __future__ import annotations

import ast

from tuibpf.btf import Array, Btf, Enum, Int, Kind, Member, Pointer, Qualifier, Struct, Union
from tuibpf.frontend import transfer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.unit import Unit
from tuibpf.frontend.values import KernelPlace, KernelPointer, Scalar, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, BOOL, S64, U64, IntType, integer

__all__ = ["element", "exists_member", "follow", "named_pointer", "pointee", "read"]

_WIDTHS = (1, 2, 4, 8)
_UNREADABLE_TAGS = ("user", "percpu")  # address spaces in which the verifier allows no plain load


def named_pointer(unit: Unit, node: ast.expr, text: str) -> int:
    """The id of the type that ``"struct request *"`` points to."""
    words = text.replace("*", " * ").split()
    if words.count("*") != 1 or words[-1] != "*" or not 1 < len(words) < 4:
        unit.script.error(
            node, f"{text!r} is not a pointer to a type of the kernel", 'write e.g. "struct task_struct *"'
        )
    kinds = {"struct": (Kind.STRUCT,), "union": (Kind.UNION,)}.get(words[0] if len(words) == 3 else "", ())
    name = words[-2]
    found = unit.target.btf.find(name, *(kinds or (Kind.STRUCT, Kind.UNION, Kind.TYPEDEF)))
    if found is None:
        names = unit.target.btf.names(*(kinds or (Kind.STRUCT,)))
        unit.script.error(node, f"this kernel has no type `{' '.join(words[:-1])}`", near(name, names))
    return unit.target.btf.resolve(found)[0]


def pointee(btf: Btf, target: int) -> tuple[int, bool]:
    """What a pointer's *target* resolves to, and whether the verifier can know such a pointer."""
    for _ in range(16):
        found = btf.type(target)
        if not isinstance(found, Qualifier):
            break
        if found.is_tag and found.name in _UNREADABLE_TAGS:
            return btf.resolve(target)[0], False
        target = found.target
    resolved, found = btf.resolve(target)
    return resolved, isinstance(found, (Struct, Union))


def exists_member(unit: Unit, node: ast.expr, path: str) -> bool:
    """Whether this kernel has ``struct.member.member``."""
    first, *members = path.split(".")
    btf = unit.target.btf
    if not members:
        unit.script.error(node, "a structure and a member are wanted", 'write exists("struct.member")')
    found = btf.find(first, Kind.STRUCT, Kind.UNION)
    for name in members:
        if found is None:
            return False
        found, kind = btf.resolve(found)
        if isinstance(kind, Pointer):
            found, kind = btf.resolve(kind.target)
        member = btf.member(found, name) if isinstance(kind, (Struct, Union)) else None
        found = None if member is None else member.type
    return found is not None


def follow(scope: Scope, node: ast.Attribute, value: KernelPointer | KernelPlace) -> Value:
    """``value.name``: the member of the structure, or of the one that is pointed to."""
    btf = scope.unit.target.btf
    struct, offset = (value.target, 0) if isinstance(value, KernelPointer) else (value.type, value.offset)
    kind = btf.type(struct)
    if not isinstance(kind, (Struct, Union)):
        what = btf.format_type(struct)
        hint = 'say what it points to: pointer(x, "struct …")' if what == "void" else None
        scope.error(node, f"`{what}` has no members", hint)
    member = btf.member(struct, node.attr)
    if member is None:
        name = btf.format_type(struct)
        scope.error(_name_of(node), f"`{name}` has no member `{node.attr}`", near(node.attr, btf.member_names(struct)))
    scope.at(node)
    if member.bitfield_bits:
        return _read_bitfield(scope, value.op, offset, member, btf, value.direct)
    return read(scope, node, value.op, offset + member.offset, member.type, value.direct)


def _name_of(node: ast.Attribute) -> ast.AST:
    """The name behind the dot alone, for the carets."""
    name = ast.Name(node.attr)
    name.end_lineno, name.end_col_offset = node.end_lineno, node.end_col_offset
    assert node.end_lineno is not None and node.end_col_offset is not None
    name.lineno, name.col_offset = node.end_lineno, node.end_col_offset - len(node.attr.encode())
    return name


def element(scope: Scope, node: ast.Subscript, value: KernelPointer | KernelPlace, index: int) -> Value:
    """``value[index]`` with an index known at launch: of an array, or of what a pointer points to."""
    btf = scope.unit.target.btf
    scope.at(node)
    if isinstance(value, KernelPointer):
        if value.target == 0:
            scope.error(node, "`void *` has no elements", 'say what it points to: pointer(x, "struct …")')
        return read(scope, node, value.op, index * btf.size_of(value.target), value.target, value.direct and index == 0)
    kind = btf.type(value.type)
    if not isinstance(kind, Array):
        scope.error(node, f"`{btf.format_type(value.type)}` has no elements")
    if not 0 <= index < kind.count and kind.count:
        scope.error(node.slice, f"the array has {kind.count} elements, from 0 to {kind.count - 1}")
    offset = value.offset + index * btf.size_of(kind.element)
    return read(scope, node, value.op, offset, kind.element, value.direct)


def read(scope: Scope, node: ast.AST, address: Op, offset: int, type: int, direct: bool) -> Value:
    """The value of a *type* of the kernel at an address; structures and arrays are not read yet."""
    btf = scope.unit.target.btf
    resolved, kind = btf.resolve(type)
    match kind:
        case Struct() | Union() | Array():
            return KernelPlace(address, offset, resolved, direct)
        case Pointer():
            target, known = pointee(btf, kind.target)
            op = _load(scope, address, offset, U64, direct)
            op.type = ADDRESS
            return KernelPointer(op, target, direct and known)
        case Int() if kind.size in _WIDTHS:
            wanted = BOOL if kind.is_bool else integer(8 * kind.size, kind.signed)
            return Scalar(_load(scope, address, offset, wanted, direct), wanted)
        case Enum() if kind.size in _WIDTHS:
            wanted = integer(8 * kind.size, kind.signed)
            return Scalar(_load(scope, address, offset, wanted, direct), wanted)
    scope.error(node, f"a `{btf.format_type(type)}` can not be read into a register")


def _load(scope: Scope, address: Op, offset: int, type: IntType, direct: bool) -> Op:
    if direct:
        return scope.build.load(address, offset, type)
    room = scope.slot(scope.fresh(), 8)
    transfer.probe(scope, room, 0, type.size, scope.build.offset(address, offset))
    return scope.build.load(room, 0, type)


def _read_bitfield(scope: Scope, address: Op, base: int, member: Member, btf: Btf, direct: bool) -> Scalar:
    """A bitfield, from the smallest naturally aligned word around it."""
    first, bits = member.bit_offset, member.bitfield_bits
    width = next((8 * size for size in _WIDTHS if first // (8 * size) == (first + bits - 1) // (8 * size)), 64)
    word = _load(scope, address, base + first // width * (width // 8), integer(width, False), direct)
    within = first % width
    below = within if transfer.BYTE_ORDER == "little" else width - within - bits
    build = scope.build
    _, kind = btf.resolve(member.type)
    if isinstance(kind, (Int, Enum)) and kind.signed:
        top = build.binary("lsh", word, build.const(64 - below - bits), S64)
        return Scalar(build.binary("arsh", top, build.const(64 - bits), S64), S64)
    low = build.binary("rsh", word, build.const(below), U64)
    most = (1 << bits) - 1
    return Scalar(build.binary("and", low, build.const(most), U64), U64, most=most)

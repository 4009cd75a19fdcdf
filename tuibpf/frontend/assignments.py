"""Assignments: to variables, fields and entries of maps; what adds is one atomic step where others may write too."""

from __future__ import annotations

import ast

from tuibpf.frontend import arithmetic, integer_types, integers, maps, memory, names, type_names
from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import IntLayout, Member, StructLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.values import (
    Conflict,
    Constant,
    HashValue,
    KernelPlace,
    KernelPointer,
    Place,
    Scalar,
    TableValue,
    TupleValue,
    Value,
)
from tuibpf.ir.types import S64

__all__ = ["annotated", "augmented", "plain"]

_ATOMIC: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "add", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
}  # fmt: skip
_ATOMIC_BYTES = (4, 8)
_ATOMIC_BITS = "atomic_fetch"  # the feature that came together with "and", "or" and "xor"


def plain(scope: Scope, node: ast.Assign) -> None:
    """``a = b = value``, ``a, b = c, d``."""
    value = scope.expression(node.value)
    for target in node.targets:
        _assign(scope, target, value, node.value)


def annotated(scope: Scope, node: ast.AnnAssign) -> None:
    """``x: u32 = value``: the variable keeps the type."""
    if not isinstance(node.target, ast.Name):
        scope.error(node.target, "only a variable can be declared with a type")
    if node.value is None:
        scope.error(node, f"`{node.target.id}` has no value", "write one behind the type: `x: u32 = 0`")
    layout = type_names.layout_of(scope, node.annotation)
    value = scope.expression(node.value)
    if isinstance(layout, IntLayout):
        scope.declared[node.target.id] = layout.type
    elif getattr(value, "layout", None) != layout:
        scope.error(node.value, f"{value.article} where {layout.name} is wanted")
    names.assign(scope, node.target, node.target.id, value, node.value)


def _assign(scope: Scope, target: ast.expr, value: Value, node: ast.expr) -> None:
    if isinstance(target, ast.Name):
        names.assign(scope, target, target.id, value, node)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values = value.values if isinstance(value, TupleValue) else []
        if isinstance(value, Constant) and isinstance(value.value, tuple):
            values = [Constant(item) for item in value.value]
        elif isinstance(value, Conflict):
            scope.error(node, value.reason, value.hint)
        elif not isinstance(value, TupleValue):
            scope.error(node, f"{value.article} can not be taken apart")
        if len(values) != len(target.elts):
            scope.error(target, f"{len(target.elts)} names for {len(values)} values")
        # All values are made before the first name changes: `a, b = P(…), a`.
        values = [
            memory.materialise(scope, node, item, scope.unused_name(part))
            if isinstance(part, ast.Name) else memory.snapshot(scope, node, item)
            for part, item in zip(target.elts, values, strict=True)
        ]  # fmt: skip
        for part, item in zip(target.elts, values, strict=True):
            _assign(scope, part, item, node)
    elif isinstance(target, ast.Attribute):
        place, member = _field(scope, target)
        if isinstance(value, Producer):
            value = memory.snapshot(scope, node, value)  # it may be made of what is overwritten
        after = _where_present(scope, place)
        memory.write(scope, place.op, place.offset + member.offset, member.layout, value, node)
        _go_on(scope, after)
    elif isinstance(target, ast.Subscript):
        owner = scope.expression(target.value)
        if not isinstance(owner, HashValue):
            scope.error(target, f"{owner.article} has no entries that could be assigned")
        maps.store(scope, target, owner, target.slice, value, node)
    else:
        scope.error(target, "this can not be assigned")


def _field(scope: Scope, target: ast.Attribute) -> tuple[Place, Member]:
    """The structure that a field is assigned in, and the field."""
    base = scope.expression(target.value)
    if isinstance(base, (KernelPointer, KernelPlace)):
        scope.error(target, "memory of the kernel is never written")
    if not isinstance(base, Place) or not isinstance(base.layout, StructLayout):
        scope.error(target, f"{base.article} has no fields")
    if not _is_table_row(target, base):
        scope.require_present(target.value, base.present)
    member = base.layout.by_name.get(target.attr)
    if member is None:
        known = ", ".join(f"`{name}`" for name in base.layout.by_name)
        scope.error(target, f"{base.layout.name} has no field `{target.attr}`",
                    near(target.attr, base.layout.by_name) or f"it has {known}")  # fmt: skip
    return base, member


def _is_table_row(target: ast.Attribute, place: Place) -> bool:
    """Whether this is ``table[key].field``, whose row is missing only where the table is full, which is counted."""
    return isinstance(target.value, ast.Subscript) and place.shared and place.present is not None


def augmented(scope: Scope, node: ast.AugAssign) -> None:
    """``x += value`` and its kin."""
    if isinstance(node.target, ast.Name):
        current = names.look_up(scope, ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        value = _combine(scope, node, current)
        names.assign(scope, node.target, node.target.id, value, node.value)
    elif isinstance(node.target, ast.Attribute):
        place, member = _field(scope, node.target)
        _change(scope, node, place, member, scope.expression(node.value) if place.shared else None)
    elif isinstance(node.target, ast.Subscript):
        owner = scope.expression(node.target.value)
        if not isinstance(owner, HashValue) or not isinstance(owner.value, IntLayout):
            hint = "name the field: table[key].count += …" if isinstance(owner, TableValue) else None
            scope.error(node.target, f"{owner.article} has no number here that could be changed", hint)
        # The amount first: what it takes out of the map could be the very entry.
        key = maps.key_of(scope, node.target, owner, scope.expression(node.target.slice), node.target.slice)
        value, zero = scope.expression(node.value), ast.copy_location(ast.Constant(0), node.target)
        entry = maps.entry(scope, owner, key, zero)
        _change(scope, node, Place(entry, 0, owner.value, owner.map, entry), Member(owner.name, owner.value, 0), value)
    else:
        scope.error(node.target, "this can not be changed")


def _combine(scope: Scope, node: ast.AugAssign, current: Value) -> Value:
    right = scope.expression(node.value)
    left_node = node.target
    assert isinstance(left_node, ast.expr)
    for value, part in ((current, left_node), (right, node.value)):
        if not integer_types.is_integer(value):
            integers.to_scalar(scope, value, part)
    if isinstance(current, Constant) and isinstance(right, Constant):
        first, second = integer_types.constant_integer(current), integer_types.constant_integer(right)
        return arithmetic.fold(scope, node.value, node.op, first, second)
    return arithmetic.arithmetic(scope, node.value, node.op, current, right, (left_node, node.value))


def _change(scope: Scope, node: ast.AugAssign, place: Place, member: Member, value: Value | None) -> None:
    """Change a number in memory, in that of a map by *value*. A table's row may be missing: then nothing is to do."""
    layout = member.layout
    if not isinstance(layout, IntLayout):
        scope.error(node.target, f"`{member.name}` is no number")
    after = _where_present(scope, place)
    if value is not None:
        _change_shared(scope, node, place, member, layout, value)
    else:
        offset = place.offset + member.offset
        current = Scalar(scope.build.load(place.op, offset, layout.type), layout.type)
        memory.write(scope, place.op, offset, layout, _combine(scope, node, current), node.value)
    _go_on(scope, after)


def _where_present(scope: Scope, place: Place) -> Label | None:
    """Go on only where *place* is not missing; the label for what follows, or None where that is known already."""
    if place.present is None or place.present in scope.facts:
        return None
    there, after = Label(), Label()
    scope.branch("ne", place.present, scope.build.const(0), there, after)
    scope.place(there)
    return after


def _go_on(scope: Scope, after: Label | None) -> None:
    if after is not None:
        scope.jump(after)
        scope.place(after)


def _change_shared(
    scope: Scope, node: ast.AugAssign, place: Place, member: Member, layout: IntLayout, value: Value
) -> None:
    operator = _ATOMIC.get(type(node.op))
    if operator is None or layout.size not in _ATOMIC_BYTES:
        scope.error(
            node, f"`{member.name}` is in a map, and other processors may change it at the same time",
            "only += -= &= |= ^= on numbers of 32 and 64 bits are one step",
        )  # fmt: skip
    if operator != "add" and _ATOMIC_BITS not in scope.unit.target.features:
        scope.error(
            node, f"`{member.name}` is in a map, and this kernel can not change its bits in one step",
            "&= |= ^= need Linux 5.12; += and -= work everywhere",
        )  # fmt: skip
    if isinstance(value, Constant) and value.value == 0 and operator != "and":
        return
    if isinstance(node.op, ast.Sub) and isinstance(value, Constant) and integer_types.is_integer(value):
        amount = scope.build.const(-integer_types.constant_integer(value), S64)
    else:
        amount = integers.to_scalar(scope, value, node.value, layout.type).op
        if isinstance(node.op, ast.Sub):
            amount = scope.build.binary("sub", scope.build.const(0), amount, S64)
    scope.at(node)
    scope.build.atomic(operator, place.op, place.offset + member.offset, layout.size, amount)

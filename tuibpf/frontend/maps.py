"""Maps and tables: look-ups that may find nothing, updates whose failures are counted."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tuibpf.frontend import integer_types, memory, transfer
from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import IntLayout, Layout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.unit import EPOCH_OFFSET, GLOBALS, LOSSES_OFFSET
from tuibpf.frontend.values import Constant, HashValue, KernelPointer, Place, Scalar, TableValue, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, S64, U64
from tuibpf.isa import Helper

__all__ = [
    "count_loss", "entry", "epoch_key", "find", "find_or_insert", "get", "key_of", "pop", "remove", "setdefault",
    "store", "table_row",
]  # fmt: skip

_ANY, _NO_EXIST = 0, 1  # BPF_ANY, BPF_NOEXIST, include/uapi/linux/bpf.h
_EPOCH_BYTES = 8


def count_loss(scope: Scope, loss: int) -> None:
    """One more for the counter number *loss*."""
    counters = scope.build.map_value(GLOBALS, LOSSES_OFFSET + 8 * loss)
    scope.build.atomic("add", counters, 0, 8, scope.build.const(1))


def _in_memory(scope: Scope, layout: Layout, value: Value, node: ast.expr, what: str) -> Op:
    """The address of *value* as a key or a value of a map."""
    if isinstance(value, Place) and value.layout == layout and value.offset == 0 and not value.shared:
        scope.require_present(node, value.present)
        return value.op
    _check(scope, layout, value, node, what)
    address = scope.slot(scope.fresh(), layout.size)
    memory.write(scope, address, 0, layout, value, node)
    return address


def _check(scope: Scope, layout: Layout, value: Value, node: ast.expr, what: str) -> None:
    """Refuse, in the map's own words, what can not be its key or value."""
    number = integer_types.is_integer(value) or isinstance(value, KernelPointer)
    if number is not isinstance(layout, IntLayout) and not (
        isinstance(value, Constant) and isinstance(value.value, str)
    ):
        given = (
            value.layout.name if isinstance(value, (Place, Producer)) and value.layout is not None else value.article
        )
        scope.error(node, f"{what} is {layout.name}, not {given}")


def epoch_key(scope: Scope, layout: Layout | None, value: Value, node: ast.expr, what: str) -> Op:
    """The address of a key behind the epoch that is being counted."""
    address = scope.slot(scope.fresh(), _EPOCH_BYTES + (layout.size if layout is not None else 0))
    epoch = scope.build.load(scope.build.map_value(GLOBALS, EPOCH_OFFSET), 0, U64)
    scope.build.store(address, 0, 8, epoch)
    if layout is not None:
        _check(scope, layout, value, node, what)
        memory.write(scope, address, _EPOCH_BYTES, layout, value, node)
    return address


def key_of(scope: Scope, node: ast.AST, owner: HashValue, value: Value, part: ast.expr) -> Op:
    """The address of *value*, which *part* gave, as a key of *owner*."""
    address = _in_memory(scope, owner.key, value, part, f"the key of `{owner.name}`")
    scope.at(node)
    return address


def _look_up(scope: Scope, map: str, key: Op) -> Op:
    return scope.build.call(Helper.MAP_LOOKUP_ELEM, scope.build.map(map), key, type=ADDRESS)


def find(scope: Scope, node: ast.AST, owner: HashValue, value: Value, part: ast.expr) -> Op:
    """The address of what *value* is the key of, or 0."""
    return _look_up(scope, owner.map, key_of(scope, node, owner, value, part))


def get(scope: Scope, node: ast.AST, owner: HashValue, part: ast.expr) -> Value:
    """``map[key]``, ``map.get(key)``: an integer in a register, a structure where it lies in the map."""
    found = find(scope, node, owner, scope.expression(part), part)
    if not isinstance(owner.value, IntLayout):
        return Place(found, 0, owner.value, owner.map, found)
    return _loaded(scope, owner.value, found, None)


def pop(scope: Scope, node: ast.AST, owner: HashValue, part: ast.expr) -> Value:
    """``map.pop(key)``: the value is copied, then the entry goes."""
    address = key_of(scope, node, owner, scope.expression(part), part)
    scope.forget_entries(owner.map)
    found = _look_up(scope, owner.map, address)
    if isinstance(owner.value, IntLayout):
        return _loaded(scope, owner.value, found, (owner.map, address))
    kept, gone, after = scope.slot(scope.fresh(), owner.value.size), Label(), Label()
    scope.branch("ne", found, scope.build.const(0), gone, after)
    scope.place(gone)
    transfer.copy(scope, kept, 0, transfer.Readable(found, 0, owner.value.size), owner.value.size)
    scope.build.call(Helper.MAP_DELETE_ELEM, scope.build.map(owner.map), address, type=S64)
    scope.jump(after)
    scope.place(after)
    return Place(kept, 0, owner.value, present=found)


def _loaded(scope: Scope, layout: IntLayout, found: Op, taken: tuple[str, Op] | None) -> Scalar:
    """The integer at *found*, or 0 where that is 0; *taken* is the map and the key of an entry that is to go."""
    build, there, after = scope.build, Label(), Label()
    before, zero = build.block, build.const(0, layout.type)
    scope.branch("ne", found, zero, there, after)
    scope.place(there)
    value = build.load(found, 0, layout.type)
    if taken is not None:
        build.call(Helper.MAP_DELETE_ELEM, build.map(taken[0]), taken[1], type=S64)
    end = build.block
    scope.jump(after)
    scope.place(after)
    joined = build.phi(layout.type)
    joined.add(before, zero)
    joined.add(end, value)
    return Scalar(joined, layout.type, present=found)


def remove(scope: Scope, node: ast.AST, owner: HashValue, part: ast.expr) -> None:
    key = key_of(scope, node, owner, scope.expression(part), part)
    scope.forget_entries(owner.map)
    scope.build.call(Helper.MAP_DELETE_ELEM, scope.build.map(owner.map), key, type=S64)


def store(scope: Scope, node: ast.AST, owner: HashValue, part: ast.expr, value: Value, value_node: ast.expr) -> None:
    """``map[key] = value``; a map that is full is a loss."""
    key = key_of(scope, node, owner, scope.expression(part), part)
    source = _in_memory(scope, owner.value, value, value_node, f"the value of `{owner.name}`")
    build = scope.build
    failed = build.call(Helper.MAP_UPDATE_ELEM, build.map(owner.map), key, source, build.const(_ANY), type=S64)
    lost, after = Label(), Label()
    scope.branch("ne", failed, build.const(0), lost, after)
    scope.place(lost)
    count_loss(scope, owner.loss)
    scope.jump(after)
    scope.place(after)


def find_or_insert(scope: Scope, map: str, key: Op, first: Callable[[], Op], loss: int) -> Op:
    """The address of the entry of *key*; 0, and a loss, if there is no room for it.

    If it is not there it is put in first, with the value whose address the code of *first* gives.
    """
    build = scope.build
    found = _look_up(scope, map, key)
    missing, lost, after, zero = Label(), Label(), Label(), build.const(0)
    before = build.block
    scope.branch("eq", found, zero, missing, after)
    scope.place(missing)
    build.call(Helper.MAP_UPDATE_ELEM, build.map(map), key, first(), build.const(_NO_EXIST), type=S64)
    again, second = _look_up(scope, map, key), build.block
    scope.branch("eq", again, zero, lost, after)
    scope.place(lost)
    count_loss(scope, loss)
    end = build.block
    scope.jump(after)
    scope.place(after)
    joined = build.phi(ADDRESS)
    for block, value in ((before, found), (second, again), (end, zero)):
        joined.add(block, value)
    return joined


def entry(scope: Scope, owner: HashValue, address: Op, default: ast.expr) -> Op:
    """The address of the entry of the key at *address*, which is *default* if it is new; 0 if there is no room."""
    value, what = scope.expression(default), f"the value of `{owner.name}`"
    return find_or_insert(
        scope, owner.map, address, lambda: _in_memory(scope, owner.value, value, default, what), owner.loss
    )


def setdefault(scope: Scope, node: ast.AST, owner: HashValue, part: ast.expr, default: ast.expr) -> Value:
    """``map.setdefault(key, value)``."""
    found = entry(scope, owner, key_of(scope, node, owner, scope.expression(part), part), default)
    if isinstance(owner.value, IntLayout):
        return _loaded(scope, owner.value, found, None)
    return Place(found, 0, owner.value, owner.map, found)


def table_row(scope: Scope, node: ast.AST, table: TableValue, part: ast.expr, default: ast.expr | None) -> Place:
    """``table[key]``, ``table.setdefault(key, value)``: the row of a key, which is put in first if it is new."""
    key = epoch_key(scope, table.key, scope.expression(part), part, f"the key of `{table.name}`")
    scope.at(node)
    value = scope.expression(default) if default is not None else None

    def first() -> Op:
        if value is not None and default is not None:
            return _in_memory(scope, table.value, value, default, f"the value of `{table.name}`")
        address = scope.slot(scope.fresh(), table.value.size)
        transfer.zero(scope, address, 0, table.value.size)
        return address

    found = find_or_insert(scope, table.output.map, key, first, table.output.loss)
    return Place(found, 0, table.value, table.output.map, found)

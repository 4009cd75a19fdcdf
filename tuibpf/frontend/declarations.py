"""Declarations at the top of a script: structures and rows, maps, and the outputs whose shape picks the view."""

from __future__ import annotations

import ast

from tuibpf.frontend.layout import (
    ArgumentsLayout,
    ColumnOptions,
    IntLayout,
    Layout,
    Member,
    StructLayout,
    pack_members,
    record_of,
)
from tuibpf.frontend.outputs import SLOTS, ZEROS
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.type_names import layout_of
from tuibpf.frontend.values import Constant, HashValue, HistogramValue, StreamValue, TableValue, TypeValue, Value
from tuibpf.program import HistogramOutput, Map, MapType, Record, StreamOutput, TableOutput

__all__ = ["MAKERS", "declare", "declare_structure"]

_RING_BYTES = 4 << 20  # 80,000 rows of 40 bytes: what a busy reader may be late with
_EPOCH_BYTES = 8
_SLOT_BYTES = 8
_MOST_ENTRIES = 1 << 22


def declare_structure(scope: Scope, node: ast.ClassDef) -> None:
    """``class Key(Struct):`` with a type for each field."""
    base = node.bases[0].id if len(node.bases) == 1 and isinstance(node.bases[0], ast.Name) else ""
    if base not in ("Struct", "Row") or node.keywords or node.decorator_list:
        scope.error(node, "a class is a Struct or a Row", f"write `class {node.name}(Struct):`")
    fields: dict[str, tuple[str, Layout, ColumnOptions]] = {}
    for part in node.body:
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str):
            continue
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            scope.error(part, "a structure has fields with types", "write `name: type`")
        name = part.target.id
        if name in fields:
            scope.error(part.target, f"{node.name} has two fields `{name}`")
        layout = layout_of(scope, part.annotation)
        if isinstance(layout, ArgumentsLayout) and (
            base != "Row" or any(_is_tail(item[1]) for item in fields.values())
        ):
            scope.error(part.annotation, "arguments are the last field of a row", "a row has one such field")
        fields[name] = (name, layout, _column(scope, part.value) if part.value is not None else ColumnOptions())
    if not fields:
        scope.error(node, f"{node.name} has no fields")
    scope.unit.define(node, node.name, TypeValue(node.name, pack_members(node.name, list(fields.values()))))


def _is_tail(layout: Layout) -> bool:
    return isinstance(layout, ArgumentsLayout)


def _column(scope: Scope, node: ast.expr) -> ColumnOptions:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "Column":
        scope.error(node, "a field has no default", "write Column(…), or nothing")
    values = _arguments(scope, node, ("title",), ("title", "shown", "contains", "quote"))
    title, shown, contains, quote = (
        _constant(scope, values.get(name), default)
        for name, default in (("title", ""), ("shown", True), ("contains", None), ("quote", False))
    )
    return ColumnOptions(str(title), bool(shown), None if contains is None else str(contains), bool(quote))


def _arguments(
    scope: Scope, node: ast.Call, by_place: tuple[str, ...], known: tuple[str, ...], needed: int = 0
) -> dict[str, ast.expr]:
    """The arguments of a declaration by name. The first *needed* of *by_place* can not be left out."""
    assert isinstance(node.func, ast.Name)
    what = node.func.id
    if len(node.args) > len(by_place):
        scope.error(node, f"{what}() takes at most {len(by_place)} arguments by place, not {len(node.args)}")
    given = dict(zip(by_place, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in known or keyword.arg in given:
            scope.error(keyword, f"{what}() takes no argument `{keyword.arg}` here", near(keyword.arg or "", known))
        given[keyword.arg] = keyword.value
    for name in by_place[:needed]:
        if name not in given:
            scope.error(
                node, f"{what}() needs the argument `{name}`", f"write {what}({', '.join(by_place[:needed])}, …)"
            )
    return given


def _constant(scope: Scope, node: ast.expr | None, default: object) -> object:
    """The value of an argument, which must be known at launch."""
    if node is None:
        return default
    value = scope.expression(node)
    if not isinstance(value, Constant):
        scope.error(node, "this must be known at launch")
    return value.value


def _number(scope: Scope, node: ast.expr | None, default: int, most: int) -> int:
    value = _constant(scope, node, default)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return value
    assert node is not None
    scope.error(node, f"a number from 1 to {most} is wanted")


def declare(scope: Scope, name: str, node: ast.Call) -> Value:
    """A map or an output, of the name that it is assigned to."""
    assert isinstance(node.func, ast.Name)
    return MAKERS[node.func.id](scope, name, node)


def _hash(scope: Scope, name: str, node: ast.Call) -> Value:
    assert isinstance(node.func, ast.Name)
    given = _arguments(scope, node, ("key", "value", "entries"), ("key", "value", "entries"), needed=2)
    key, value = layout_of(scope, given["key"]), layout_of(scope, given["value"])
    entries = _number(scope, given.get("entries"), 10240, _MOST_ENTRIES)
    kind = MapType.LRU_HASH if node.func.id == "LruHash" else MapType.HASH
    scope.unit.add_map(node, Map(name, kind, key.size, value.size, entries))
    return HashValue(name, key, value, scope.unit.loss(f"{name}: map full"))


def _stream(scope: Scope, name: str, node: ast.Call) -> Value:
    given = _arguments(scope, node, ("row",), ("row",), needed=1)
    row = layout_of(scope, given["row"])
    if not isinstance(row, StructLayout):
        scope.error(given["row"], "the rows of a stream are a class of fields", "declare `class Event(Row):`")
    if "ringbuf" in scope.unit.target.features:
        scope.unit.add_map(node, Map(name, MapType.RINGBUF, 0, 0, _RING_BYTES))
    else:
        scope.unit.add_map(node, Map(name, MapType.PERF_EVENT_ARRAY, 4, 4, 0))
    output = StreamOutput(name, name, record_of(row), scope.unit.loss(f"{name}: buffer full"))
    scope.unit.module.outputs.append(output)
    return StreamValue(output, row)


def _key_record(layout: Layout) -> Record:
    """The key of a table or a histogram, of one unnamed field if it is no structure."""
    return record_of(layout, layout.display)


def _table(scope: Scope, name: str, node: ast.Call) -> Value:
    given = _arguments(scope, node, ("key", "value"), ("key", "value", "sort", "limit", "clear", "entries"), needed=2)
    key, value = layout_of(scope, given["key"]), layout_of(scope, given["value"])
    if not isinstance(value, StructLayout):
        value = pack_members(name, [(value.display, value, ColumnOptions())])
    numbers = [member.name for member in value.members if isinstance(member.layout, IntLayout)]
    sort = _sort(scope, given.get("sort"), value.members)
    entries = _number(scope, given.get("entries"), 10240, _MOST_ENTRIES)
    unlimited = _constant(scope, given.get("limit"), None) is None
    limit = None if unlimited else _number(scope, given.get("limit"), 1, _MOST_ENTRIES)
    clear = _constant(scope, given.get("clear"), True)
    scope.unit.add_map(node, Map(name, MapType.HASH, _EPOCH_BYTES + key.size, value.size, entries))
    output = TableOutput(
        name, name, _key_record(key), record_of(value), scope.unit.loss(f"{name}: table full"),
        sort or tuple(numbers[:1]),
        limit, bool(clear),
    )  # fmt: skip
    scope.unit.module.outputs.append(output)
    return TableValue(output, key, value)


def _sort(scope: Scope, node: ast.expr | None, members: tuple[Member, ...]) -> tuple[str, ...]:
    text = _constant(scope, node, "")
    if node is None or not text:
        return ()
    if not isinstance(text, str):
        scope.error(node, "rows are sorted by the names of fields", 'write e.g. sort="rx+tx"')
    known = {member.name for member in members if isinstance(member.layout, IntLayout)}
    names = tuple(part.strip() for part in text.split("+"))
    for name in names:
        if name not in known:
            scope.error(
                node,
                f"the rows can not be sorted by `{name}`",
                near(name, known) or "numbers of the value can: " + ", ".join(sorted(known)),
            )
    return names


def _histogram(scope: Scope, name: str, node: ast.Call) -> Value:
    given = _arguments(scope, node, ("unit",), ("unit", "key", "entries"), needed=1)
    unit = layout_of(scope, given["unit"])
    if not isinstance(unit, IntLayout):
        scope.error(given["unit"], "a histogram counts numbers", "write e.g. Histogram(Microseconds)")
    key = _optional_layout(scope, given["key"]) if "key" in given else None
    entries = _number(scope, given.get("entries"), 1024, _MOST_ENTRIES)
    size = _SLOT_BYTES * (1 + SLOTS)
    if key is None:
        scope.unit.add_map(node, Map(name, MapType.PERCPU_ARRAY, 4, size, 1))
    else:
        scope.unit.add_map(node, Map(name, MapType.HASH, _EPOCH_BYTES + key.size, size, entries))
        scope.unit.module.maps[ZEROS] = Map(ZEROS, MapType.ARRAY, 4, size, 1)
    output = HistogramOutput(
        name, name, unit.display, SLOTS, None if key is None else _key_record(key), scope.unit.loss(f"{name}: map full")
    )
    scope.unit.module.outputs.append(output)
    return HistogramValue(output, key)


def _optional_layout(scope: Scope, node: ast.expr) -> Layout | None:
    """A type, or None: ``key=Kind if by_disk else None``."""
    if isinstance(node, ast.IfExp):
        return _optional_layout(scope, node.body if scope.known_truth(node.test) else node.orelse)
    return None if isinstance(node, ast.Constant) and node.value is None else layout_of(scope, node)


MAKERS = {"Hash": _hash, "Histogram": _histogram, "LruHash": _hash, "Stream": _stream, "Table": _table}

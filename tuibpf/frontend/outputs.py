"""What leaves a probe: rows of a stream, counts of a histogram."""

from __future__ import annotations

import ast

from tuibpf.frontend import integers, maps, memory, transfer
from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import ArgumentsLayout, Member, StructLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.values import Constant, HistogramValue, StreamValue, Value
from tuibpf.ir import ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, U64
from tuibpf.isa import Helper

__all__ = ["SLOTS", "ZEROS", "add", "emit", "named_fields"]

SLOTS = 64
ZEROS = "histogram.zeros"  # the map from which new histograms are made; no script has a name with a dot
_LOG2_STEPS = (32, 16, 8, 4, 2, 1)


def named_fields(scope: Scope, node: ast.Call, layout: StructLayout) -> list[tuple[ast.keyword, Value]]:
    """The fields that a call names, each with its value. They are evaluated in the order in which they stand."""
    if node.args:
        scope.error(node.args[0], f"the fields of {layout.name} are given by name", f"write {layout.members[0].name}=…")
    seen: set[str] = set()
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in layout.by_name:
            known = ", ".join(f"`{name}`" for name in layout.by_name)
            scope.error(keyword, f"{layout.name} has no field `{keyword.arg}`",
                        near(keyword.arg or "", layout.by_name) or f"it has {known}")  # fmt: skip
        if keyword.arg in seen:
            scope.error(keyword, f"`{keyword.arg}` is given twice")
        seen.add(keyword.arg)
    return [(keyword, scope.expression(keyword.value)) for keyword in node.keywords]


def emit(scope: Scope, node: ast.Call, stream: StreamValue) -> None:
    """``stream.emit(field=…)``: room is asked for, the row is built in it, and handed over. No room is a loss."""
    given = {keyword.arg: (keyword.value, value) for keyword, value in named_fields(scope, node, stream.row)}
    scope.at(node)
    build = scope.build
    row = build.append(ops.ReserveRow(stream.output, build.span))
    full, room, after = Label(), Label(), Label()
    scope.branch("eq", row, build.const(0), full, room)
    scope.place(full)
    maps.count_loss(scope, stream.output.loss)
    scope.jump(after)
    scope.place(room)
    for at, size in stream.row.gaps:
        transfer.zero(scope, row, at, size)
    tail: Op | None = None
    for member in stream.row.members:
        part, value = given.get(member.name, (node, None))
        if isinstance(member.layout, ArgumentsLayout):
            tail = _tail(scope, row, stream, member, member.layout, value, part)
        elif value is None:
            transfer.zero(scope, row, member.offset, member.layout.size)
        else:
            scope.at(part)
            memory.write(scope, row, member.offset, member.layout, value, part, rest=False)
    scope.at(node)
    build.append(ops.SubmitRow(stream.output, row, tail, build.span))
    scope.jump(after)
    scope.place(after)


def _tail(
    scope: Scope,
    row: Op,
    stream: StreamValue,
    member: Member,
    layout: ArgumentsLayout,
    value: Value | None,
    node: ast.AST,
) -> Op:
    """Write the head and the bytes of a tail; the number of these."""
    if value is None:
        transfer.zero(scope, row, member.offset, layout.size)
        return scope.build.const(0)
    if not isinstance(value, Producer) or value.tail is None:
        scope.error(node, f"{value.article} where arguments are wanted", "write user_memory(…) or user_strings(…)")
    return value.tail(scope, row, member.offset, stream.row.size, layout.capacity)


def add(scope: Scope, node: ast.Call, histogram: HistogramValue, part: ast.expr) -> None:
    """``histogram.add(value)``, ``histogram[key].add(value)``: one more in the slot of the value, and the sum grows."""
    output, key, chosen = histogram.output, histogram.key, histogram.chosen
    without = chosen is None or isinstance(chosen[0], Constant) and chosen[0].value is None
    if key is None and not without:
        scope.error(node.func, f"`{histogram.name}` has no key", "declare it with key=…, or write [None]")
    if key is not None and without:
        scope.error(
            node.func,
            f"`{histogram.name}` has one histogram for each {key.name}",
            f"write {histogram.name}[key].add(…)",
        )
    value = integers.evaluate(scope, part, U64).op
    scope.at(node)
    build = scope.build
    if key is None or chosen is None:
        first = scope.slot(scope.fresh(), 4)
        build.store(first, 0, 4, build.const(0))
        entry = build.call(Helper.MAP_LOOKUP_ELEM, build.map(output.map), first, type=ADDRESS)
    else:
        address = maps.epoch_key(scope, key, chosen[0], chosen[1], f"the key of `{histogram.name}`")
        scope.at(node)
        entry = maps.find_or_insert(scope, output.map, address, lambda: build.map_value(ZEROS, 0), output.loss)
    there, after = Label(), Label()
    scope.branch("ne", entry, build.const(0), there, after)
    scope.place(there)
    build.atomic("add", entry, 0, 8, value)
    slot = build.binary("add", entry, build.binary("lsh", _log2(scope, value), build.const(3), U64), ADDRESS)
    build.atomic("add", slot, 8, 8, build.const(1))
    scope.jump(after)
    scope.place(after)


def _log2(scope: Scope, value: Op) -> Op:
    """The number of the highest bit that is set, 0 for 0. Without a branch: the verifier has one way to walk.

    The bits are added, though "or" would do: of an "or" of two registers the verifier of Linux 6.1 and older knows no
    bounds, and the slot must be known to lie inside the histogram.
    """
    build = scope.build
    result: Op = build.const(0)
    for bits in _LOG2_STEPS:
        high = build.binary("rsh", value, build.const(bits), U64)
        # *high* is below 2**32, so that -high has its sign bit set unless high is 0.
        is_set = build.binary("rsh", build.binary("sub", build.const(0), high, U64), build.const(63), U64)
        step = build.binary("lsh", is_set, build.const(bits.bit_length() - 1), U64)
        result = build.binary("add", step, result, U64)
        if bits > 1:
            value = build.binary("rsh", value, step, U64)
    return result

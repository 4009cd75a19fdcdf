"""Loops over ranges with a bound. What the body assigns is joined, at its head, with what was there before.

The types of such variables are found by trying: a number that was unsigned before the loop and becomes signed in it is
signed, so the loop is compiled once more.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from tuibpf.frontend import integer_types, integers
from tuibpf.frontend.labels import Label, Loop
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Conflict, Constant, KernelPointer, Place, Scalar, Value, Word
from tuibpf.ir.ops import Phi
from tuibpf.ir.types import ADDRESS, S64, U64, IntType

__all__ = ["leave", "repeat"]

_MOST_TURNS = 1 << 16


class _Retry(Exception):
    """A variable turned out to be signed."""


class _Carried(NamedTuple):
    """A variable that goes from turn to turn: its value at the head, and whether it may be None."""

    value: Value
    op: Phi
    present: Phi | None


class _Range(NamedTuple):
    """``range(start, stop, step)``; *most* is the number of turns that it can have."""

    start: int
    stop: Scalar | int
    step: int
    most: int


def leave(scope: Scope, node: ast.Break | ast.Continue) -> None:
    """``break`` and ``continue``."""
    if not scope.loops:
        scope.error(node, "this is in no loop")
    scope.jump(scope.loops[-1].after if isinstance(node, ast.Break) else scope.loops[-1].again)


def repeat(scope: Scope, node: ast.For) -> None:
    """``for x in range(…):``, and its ``else``."""
    if not isinstance(node.target, ast.Name):
        scope.error(node.target, "a loop over a range has one variable")
    bounds = _range(scope, node)
    if bounds.most <= 0:
        scope.body(node.orelse)
        return
    signed: set[str] = set()
    build = scope.build
    blocks, block = len(build.function.blocks), build.block
    ops, places = len(block.ops), len(scope.places)
    names, facts, declared = scope.names.copy(), scope.facts, scope.declared.copy()
    returned = len(scope.returns[-1].edges) if scope.returns else 0
    while True:
        try:
            _compile(scope, node, node.target, bounds, signed)
            return
        except _Retry:
            del build.function.blocks[blocks:]
            shifted = len(scope.places) - places if block is build.function.blocks[0] else 0
            del block.ops[ops + shifted :]
            build.block = block
            if scope.returns:
                del scope.returns[-1].edges[returned:]
            scope.names, scope.facts, scope.declared = names.copy(), facts, declared.copy()


def _range(scope: Scope, node: ast.For) -> _Range:
    call = node.iter
    function = scope.expression(call.func) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else None
    if not isinstance(call, ast.Call) or not isinstance(function, Word) or function.name != "range":
        scope.error(call, "a loop goes over a range", "write `for i in range(…):`")
    if not 1 <= len(call.args) <= 3 or call.keywords:
        scope.error(call, f"range() takes 1 to 3 arguments, not {len(call.args) + len(call.keywords)}")
    values = [scope.expression(part) for part in call.args]
    first, last = (0, 0) if len(values) == 1 else (0, 1)
    start, step = (values[first] if len(values) > 1 else Constant(0)), (values[2] if len(values) > 2 else Constant(1))
    for value, part in ((start, call.args[0]), (step, call.args[-1])):
        if not isinstance(value, Constant) or not isinstance(value.value, int):
            scope.error(part, "the start and the step of a range must be known at launch")
    begin, by = integer_types.constant_integer(start), integer_types.constant_integer(step)
    if by == 0:
        scope.error(call.args[2], "the step is 0")
    stop, stop_node = values[last], call.args[last]
    if isinstance(stop, Constant) and isinstance(stop.value, int):
        bounds = _Range(begin, stop.value, by, len(range(begin, stop.value, by)))
    else:
        scalar = integers.to_scalar(scope, stop, stop_node)
        most = integer_types.bound(scalar)
        if most > _MOST_TURNS * abs(by) or by < 0:
            scope.error(
                stop_node, "an unbounded loop: how far it goes is not known at launch",
                f"bound it: range(min({ast.unparse(stop_node)}, 64))",
            )  # fmt: skip
        bounds = _Range(begin, scalar, by, len(range(begin, most, by)))
    if bounds.most > _MOST_TURNS:
        scope.error(
            call, f"a loop of {bounds.most} turns", f"the kernel walks through every one of them: at most {_MOST_TURNS}"
        )
    return bounds


def _assigned(nodes: list[ast.stmt], variable: str) -> set[str]:
    """The names that the body of a loop assigns."""
    return {variable} | {
        part.id
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _compile(scope: Scope, node: ast.For, variable: ast.Name, bounds: _Range, signed: set[str]) -> None:
    build = scope.build
    type = (
        U64 if min(bounds.start, bounds.stop if isinstance(bounds.stop, int) else 0) >= 0 and bounds.step > 0 else S64
    )
    if isinstance(bounds.stop, Scalar) and bounds.stop.type.signed:
        type = S64
    start = build.const(bounds.start, type)
    stop = bounds.stop.op if isinstance(bounds.stop, Scalar) else build.const(bounds.stop, type)
    assigned = _assigned(node.body, variable.id)
    before, entry = scope.names, build.block
    entries = {name: _enter(scope, name, before[name], signed) for name in sorted(assigned & before.keys())}

    head, after, body, done, again = Label(), Label(), Label(), Label(), Label()
    scope.jump(head)
    scope.place(head)
    counter = build.phi(type)
    counter.add(entry, start)
    carried = {name: _carry(scope, value, entry) for name, value in entries.items()}
    scope.names = before | {name: item.value for name, item in carried.items()}
    condition = ("s" if type.signed else "") + ("lt" if bounds.step > 0 else "gt")
    scope.branch(condition, counter, stop, body, done)

    scope.place(body)
    scope.names[variable.id] = Scalar(counter, type)
    scope.loops.append(Loop(after, again))
    scope.body(node.body)
    scope.loops.pop()
    if scope.build.open:
        scope.jump(again)
    if scope.place(again):
        scope.at(node)
        following = build.binary("add", counter, build.const(bounds.step, type), type)
        back = build.block
        for name, item in carried.items():
            _go_round(scope, node, name, item, back, signed)
        counter.add(build.block, following)
        build.jump(head.block)

    scope.place(done)
    scope.body(node.orelse)
    if scope.build.open:
        scope.jump(after)
    scope.place(after)
    for name in assigned - scope.names.keys():
        scope.names[name] = Conflict(
            f"`{name}` is set by a loop alone, which may have no turn", "set it before the loop"
        )


def _enter(scope: Scope, name: str, value: Value, signed: set[str]) -> Value:
    """What a variable is when the loop begins, as wide as it can become."""
    if not integer_types.is_integer(value):
        return value
    if isinstance(value, Constant):
        number = integer_types.constant_integer(value)
        type = scope.declared.get(name) or (S64 if number < 0 or name in signed else U64)
        return Scalar(scope.build.const(number, type), type)
    assert isinstance(value, Scalar)
    type = scope.declared.get(name) or _wide(value.type, name in signed)
    return Scalar(value.op, type, value.present)


def _wide(type: IntType, signed: bool) -> IntType:
    return S64 if type.signed or signed and type.bits < 64 else U64


def _carry(scope: Scope, value: Value, entry: object) -> _Carried:
    build = scope.build
    if isinstance(value, Scalar):
        phi = build.phi(value.type)
        phi.add(entry, value.op)  # type: ignore[arg-type]
        present = None
        if value.present is not None:
            present = build.phi(ADDRESS)
            present.add(entry, value.present)  # type: ignore[arg-type]
        return _Carried(Scalar(phi, value.type, present), phi, present)
    phi = Phi(ADDRESS, build.span)
    if isinstance(value, KernelPointer):
        build.block.phis.append(phi)
        phi.add(entry, value.op)  # type: ignore[arg-type]
        return _Carried(KernelPointer(phi, value.target, value.direct), phi, None)
    return _Carried(value, phi, None)


def _go_round(scope: Scope, node: ast.For, name: str, item: _Carried, back: object, signed: set[str]) -> None:
    """Join what a variable is at the end of the body with what it was at the head."""
    build, head, value = scope.build, item.value, scope.names.get(name)
    if isinstance(head, Scalar) and isinstance(value, Constant) and isinstance(value.value, int):
        value = integers.to_scalar(scope, value, node.iter, None)
        if value.type.signed and not head.type.signed:
            _turn_signed(scope, node, name, signed)
    if isinstance(head, Scalar) and isinstance(value, Scalar):
        if value.present is not None and item.present is None and value.present not in scope.facts:
            scope.error(
                node, f"`{name}` may be None after a turn of this loop", f"declare it so before: `{name}: u64 = None`"
            )
        if value.type.signed != head.type.signed and (value.type.signed or value.type.bits == 64):
            _turn_signed(scope, node, name, signed)
        item.op.add(back, build.convert(value.op, head.type) if value.type.bits > head.type.bits else value.op)  # type: ignore
        if item.present is not None:
            item.present.add(back, value.present or build.const(1))  # type: ignore[arg-type]
    elif isinstance(head, KernelPointer) and isinstance(value, KernelPointer) and value.target == head.target:
        if head.direct and not value.direct:
            scope.error(node, f"`{name}` is a pointer of another kind after a turn of this loop")
        item.op.add(back, value.op)  # type: ignore[arg-type]
    elif not _same(head, value):
        hint = "change its fields, or make it under another name" if isinstance(head, Place) else None
        scope.error(node, f"`{name}` stands for different things before and after a turn of this loop", hint)


def _turn_signed(scope: Scope, node: ast.For, name: str, signed: set[str]) -> None:
    if name in signed or name in scope.declared:
        scope.error(
            node, f"`{name}` is unsigned before this loop and signed after a turn of it", "convert it: u64(…) or s64(…)"
        )
    signed.add(name)
    raise _Retry


def _same(head: Value, value: Value | None) -> bool:
    if isinstance(head, Place) and isinstance(value, Place):
        return head.op is value.op and head.offset == value.offset and head.layout == value.layout
    if isinstance(head, Constant) and isinstance(value, Constant):
        return head.value == value.value
    return head is value or isinstance(head, Conflict)

"""The arguments of a command, read from the process into the tail of a row."""

from __future__ import annotations

import ast

from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import BYTES_EACH
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Scalar
from tuibpf.ir.function import Block
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, S64, U64
from tuibpf.isa import Helper

__all__ = ["from_memory", "from_strings"]


def from_memory(node: ast.AST, start: Op, length: Op) -> Producer:
    """All of *length* bytes from *start*, or as many as there is room for; none if they can not be read."""

    def tail(scope: Scope, row: Op, head: int, offset: int, capacity: int) -> Op:
        scope.at(node)
        build, captured = scope.build, scope.fresh()
        room = build.const(capacity)
        too_long, fits, bounded, done = Label(), Label(), Label(), Label()
        scope.branch("gt", length, room, too_long, fits)
        for label, size in ((too_long, room), (fits, length)):
            scope.place(label)
            scope.names[captured] = Scalar(size, U64)
            scope.jump(bounded)
        scope.place(bounded)
        size = _scalar(scope, captured)
        failed = build.call(Helper.PROBE_READ_USER, build.offset(row, offset), size, start, type=S64)
        unread, read, nothing = Label(), Label(), build.const(0)
        scope.branch("ne", failed, nothing, unread, read)
        for label, got in ((unread, nothing), (read, size)):
            scope.place(label)
            scope.names[captured] = Scalar(got, U64)
            scope.jump(done)
        scope.place(done)
        result = _scalar(scope, captured)
        del scope.names[captured]
        build.store(row, head, 4, result)
        build.store(row, head + 4, 4, length)
        return result

    return Producer("user_memory()", None, None, tail)


def _scalar(scope: Scope, name: str) -> Op:
    value = scope.names[name]
    assert isinstance(value, Scalar)
    return value.op


def from_strings(node: ast.AST, array: Op) -> Producer:
    """The strings of a NULL-terminated array, one behind the other.

    Where one can not be read, or more follow than there is room for, the head tells of one byte more than was captured.
    """

    def tail(scope: Scope, row: Op, head: int, offset: int, capacity: int) -> Op:
        scope.at(node)
        build = scope.build
        before, slot = build.block, scope.slot(scope.fresh(), 8)
        zero, one, room = build.const(0), build.const(1), build.const(capacity)
        first = build.offset(row, offset)
        again, more, read, next_one, within, counted, cut, done = (Block() for _ in range(8))
        build.branch("eq", array, zero, done, again)  # Linux takes no array for an empty one

        build.begin(again)
        index, at = build.phi(U64), build.phi(U64)
        index.add(before, zero)
        at.add(before, zero)
        pointer = build.binary("add", array, build.binary("lsh", index, build.const(3), U64), ADDRESS)
        failed = build.call(Helper.PROBE_READ_USER, slot, build.const(8), pointer, type=S64)
        build.branch("ne", failed, zero, cut, more)

        build.begin(more)
        string = build.load(slot, 0, U64)
        build.branch("eq", string, zero, done, read)

        # The scratch row has room for as much again behind the capacity, so that any string may start within it. One
        # byte more than the capacity is asked for: a string that takes it does not fit, also if it is the only one.
        build.begin(read)
        target = build.binary("add", first, at, ADDRESS)
        got = build.call(Helper.PROBE_READ_USER_STR, target, build.const(capacity + 1), string, type=S64)
        build.branch("slt", got, zero, cut, next_one)

        # An empty string is its NUL: 1. Older kernels (5.10 does) say 0: strncpy_from_user_nofault(), mm/maccess.c.
        build.begin(next_one)
        is_zero = build.binary("rsh", build.binary("sub", got, one, U64), build.const(63), U64)
        end = build.binary("add", at, build.binary("add", got, is_zero, U64), U64)
        following = build.binary("add", index, one, U64)
        build.branch("gt", end, room, cut, within)
        build.begin(within)
        build.branch("ge", following, build.const(capacity // BYTES_EACH + 1), cut, counted)
        build.begin(counted)
        index.add(counted, following)
        at.add(counted, end)
        build.jump(again)

        build.begin(cut)
        short = build.phi(U64)
        for block, value in ((again, at), (read, at), (next_one, room), (within, end)):
            short.add(block, value)
        extra = build.binary("add", short, one, U64)
        build.jump(done)

        build.begin(done)
        captured, total = build.phi(U64), build.phi(U64)
        captured.add(before, zero)
        total.add(before, zero)
        captured.add(more, at)
        total.add(more, at)
        captured.add(cut, short)
        total.add(cut, extra)
        build.store(row, head, 4, captured)
        build.store(row, head + 4, 4, total)
        return captured

    return Producer("user_strings()", None, None, tail)

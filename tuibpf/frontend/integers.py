"""Integers in registers: values brought to the type that is wanted, signed and unsigned never mixed in silence."""

from __future__ import annotations

import ast

from tuibpf.frontend.integer_types import assignable, bound, common_type, constant_integer, is_integer
from tuibpf.frontend.labels import Label
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Conflict, Constant, KernelPointer, Scalar, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import BOOL, S64, U64, IntType

__all__ = ["convert", "evaluate", "operands", "select", "to_scalar", "truth"]


def evaluate(scope: Scope, node: ast.expr, wanted: IntType | None = None) -> Scalar:
    """The value of *node* as an integer in a register, of type *wanted* if that is given."""
    return to_scalar(scope, scope.expression(node), node, wanted)


def operands(
    scope: Scope, node: ast.AST, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]
) -> tuple[Op, Op, IntType]:
    """Two integers brought to the 64-bit type that holds both."""
    for value, part in zip((left, right), nodes, strict=True):
        if not is_integer(value):
            to_scalar(scope, value, part)
    kind = common_type([left, right])
    if kind is None:
        types = {value.type.signed: value.type.name for value in (left, right) if isinstance(value, Scalar)}
        ways = [f"s64(…) if the {types[False]} is below 2**63"] if False in types else []
        ways += [f"u64(…) if the signed {types[True]} is not negative"] if True in types else []
        scope.error(
            node, f"{_describe(left)} and {_describe(right)} are mixed",
            f"convert {'one of them' if len(ways) > 1 else 'it'}: {', '.join(ways)}",
        )  # fmt: skip
    wide = S64 if kind.signed else U64
    return to_scalar(scope, left, nodes[0], wide).op, to_scalar(scope, right, nodes[1], wide).op, wide


def _describe(value: Value) -> str:
    if isinstance(value, Scalar):
        return f"{'signed' if value.type.signed else 'unsigned'} {value.type.name}"
    return f"the number {constant_integer(value)}"


def to_scalar(scope: Scope, value: Value, node: ast.expr, wanted: IntType | None = None) -> Scalar:
    """*value* as an integer in a register, tested and of type *wanted*; anything else is an error at *node*."""
    if isinstance(value, Scalar):
        scope.require_present(node, value.present)
        if wanted is None or value.type is wanted:
            return value
        if not assignable(value.type, wanted) and (value.type.signed or bound(value) > wanted.maximum):
            scope.error(
                node,
                f"{'a signed' if value.type.signed else 'an unsigned'} {value.type.name} where {wanted.name} is wanted",
                f"convert it: {wanted.name}(…)",
            )  # fmt: skip
        # What is cut may become larger, if it was negative.
        most = value.most if not value.type.signed or value.type.bits <= wanted.bits else None
        return Scalar(convert(scope, value, wanted), wanted, most=most)
    if isinstance(value, Constant) and isinstance(value.value, int):
        number = int(value.value) if wanted is not BOOL else int(bool(value.value))
        kind = wanted or (BOOL if isinstance(value.value, bool) else S64 if number < 0 else U64)
        if not kind.minimum <= number <= kind.maximum:
            scope.error(
                node, f"{number} does not fit {kind.name}", f"{kind.name} holds {kind.minimum} to {kind.maximum}"
            )
        return Scalar(scope.build.const(number, kind), kind)
    if isinstance(value, KernelPointer) and wanted is U64:
        return Scalar(value.op, U64)
    if isinstance(value, Conflict):
        scope.error(node, value.reason, value.hint)
    scope.error(node, f"{value.article} where an integer is wanted")


def convert(scope: Scope, value: Scalar, type: IntType) -> Op:
    """*value* reduced to *type*; to a truth value by whether it is 0, as Python's ``bool()`` does."""
    return truth(scope, value.op) if type is BOOL and value.type is not BOOL else scope.build.convert(value.op, type)


def truth(scope: Scope, op: Op) -> Op:
    """1 unless *op* is 0. Without a branch: of a number and its negative one has its sign bit set, but for 0."""
    build = scope.build
    either = build.binary("or", op, build.binary("sub", build.const(0), op, U64), U64)
    return build.binary("rsh", either, build.const(63), BOOL)


def select(scope: Scope, condition: str, left: Op, right: Op, then: Op, other: Op, type: IntType) -> Op:
    """*then* if the condition holds, else *other*, both of which are there already."""
    build, yes, after = scope.build, Label(), Label()
    before = build.block
    scope.branch(condition, left, right, yes, after)
    scope.place(yes)
    scope.jump(after)
    scope.place(after)
    chosen = build.phi(type)
    chosen.add(before, other)
    chosen.add(yes.block, then)
    return chosen

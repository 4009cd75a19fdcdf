"""Conditions: what is true leads one way, what is false the other; what was tested is known not to be None."""

from __future__ import annotations

import ast

from tuibpf.frontend import integers, maps, memory, transfer
from tuibpf.frontend.labels import Label
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import (
    Conflict,
    Constant,
    HashValue,
    KernelPlace,
    KernelPointer,
    Place,
    Scalar,
    TupleValue,
    Value,
)
from tuibpf.ir.ops import Op

__all__ = ["branch", "branch_compare", "branch_value", "known_truth"]

_UNSIGNED: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_SIGNED = _UNSIGNED | {ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge"}


def branch(scope: Scope, node: ast.expr, then: Label, other: Label) -> None:
    """Evaluate *node* for its truth alone."""
    if isinstance(node, ast.BoolOp):
        last = node.values[-1]
        for value in node.values[:-1]:
            next_one = Label()
            if isinstance(node.op, ast.And):
                branch(scope, value, next_one, other)
            else:
                branch(scope, value, then, next_one)
            if not scope.place(next_one):
                return
        branch(scope, last, then, other)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        branch(scope, node.operand, other, then)
    elif isinstance(node, ast.Compare):
        _branch_chain(scope, node, then, other)
    else:
        branch_value(scope, node, scope.expression(node), then, other)


def known_truth(scope: Scope, node: ast.expr) -> bool:
    """The truth of a condition that must be known at launch: of a declaration, or of an ``if`` outside functions."""
    if isinstance(node, ast.BoolOp):
        decisive = isinstance(node.op, ast.Or)
        return decisive if any(known_truth(scope, value) is decisive for value in node.values) else not decisive
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not known_truth(scope, node.operand)
    values = [
        scope.expression(part) for part in ([node.left, *node.comparators] if isinstance(node, ast.Compare) else [node])
    ]
    if isinstance(node, ast.Compare) and all(isinstance(value, Constant) for value in values):
        plain = [value.value for value in values if isinstance(value, Constant)]
        return all(
            compare_constants(scope, node, operator, left, right)
            for operator, left, right in zip(node.ops, plain, plain[1:], strict=False)
        )
    if isinstance(values[0], Constant) and len(values) == 1:
        return bool(values[0].value)
    scope.error(node, "this is not known at launch", "only options, constants and exists() are")


def branch_value(scope: Scope, node: ast.expr, value: Value, then: Label, other: Label) -> None:
    """Python's truth of a value."""
    if isinstance(value, Constant):
        scope.jump(then if bool(value.value) else other)
        return
    scope.at(node)
    zero = scope.build.const(0)
    if isinstance(value, Scalar):
        scope.branch("ne", value.op, zero, then, other, true=() if value.present is None else (value.present,))
    elif isinstance(value, KernelPointer):
        scope.branch("ne", value.op, zero, then, other, true=(value.op,))
    elif isinstance(value, Place) and value.present is not None:
        scope.branch("ne", value.present, zero, then, other, true=(value.present,))
    elif isinstance(value, Conflict):
        scope.error(node, value.reason, value.hint)
    else:
        scope.error(node, f"{value.article} is neither true nor false")


def _branch_chain(scope: Scope, node: ast.Compare, then: Label, other: Label) -> None:
    """``a < b < c``: each link must hold, and every operand is evaluated once."""
    left_node, left = node.left, scope.expression(node.left)
    for number, (operator, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = scope.expression(right_node)
        last = number == len(node.ops) - 1
        following = then if last else Label()
        branch_compare(scope, node, operator, left, right, (left_node, right_node), following, other)
        if not last and not scope.place(following):
            return
        left_node, left = right_node, right


def branch_compare(
    scope: Scope, node: ast.expr, operator: ast.cmpop, left: Value, right: Value,
    nodes: tuple[ast.expr, ast.expr], then: Label, other: Label,
) -> None:  # fmt: skip
    """One comparison of two evaluated operands."""
    if isinstance(operator, (ast.NotIn, ast.IsNot)):
        then, other = other, then
        operator = ast.In() if isinstance(operator, ast.NotIn) else ast.Is()
    if isinstance(operator, ast.Is):
        _branch_is(scope, node, left, right, then, other)
        return
    if isinstance(operator, ast.In):
        _branch_in(scope, node, left, right, nodes, then, other)
        return
    if isinstance(left, Constant) and isinstance(right, Constant):
        scope.jump(then if compare_constants(scope, node, operator, left.value, right.value) else other)
        return
    if isinstance(operator, (ast.Eq, ast.NotEq)):
        if isinstance(operator, ast.NotEq):
            then, other, operator = other, then, ast.Eq()
        if _is_none(left) and _is_text(right) or _is_none(right) and _is_text(left):
            scope.jump(other)
            return
        if _is_text(left) or _is_text(right):
            _branch_text(scope, node, left, right, then, other)
            return
        if isinstance(left, KernelPointer) and isinstance(right, KernelPointer):
            scope.at(node)
            scope.branch("eq", left.op, right.op, then, other)
            return
    a, b, type = integers.operands(scope, node, left, right, nodes)
    if not type.signed and isinstance(operator, (ast.Lt, ast.GtE)) and _is_written_zero(nodes[1]):
        hint = "if it can be negative, convert before subtracting: s64(…)"
        scope.error(node, f"an unsigned {type.name} is never below 0", hint)
    scope.at(node)
    scope.branch((_SIGNED if type.signed else _UNSIGNED)[operator.__class__], a, b, then, other)


def compare_constants(scope: Scope, node: ast.expr, operator: ast.cmpop, left: object, right: object) -> bool:
    """Python's own comparison of two constants."""
    try:
        match operator:
            case ast.Eq():
                return left == right
            case ast.NotEq():
                return left != right
            case ast.Lt():
                return left < right  # type: ignore[operator, no-any-return]
            case ast.LtE():
                return left <= right  # type: ignore[operator, no-any-return]
            case ast.Gt():
                return left > right  # type: ignore[operator, no-any-return]
            case ast.GtE():
                return left >= right  # type: ignore[operator, no-any-return]
            case ast.Is():
                return left is right
            case ast.IsNot():
                return left is not right
            case ast.In():
                return left in right  # type: ignore[operator]
            case ast.NotIn():
                return left not in right  # type: ignore[operator]
    except TypeError:
        pass
    scope.error(node, f"{left!r} and {right!r} can not be compared")


def _branch_is(scope: Scope, node: ast.expr, left: Value, right: Value, then: Label, other: Label) -> None:
    if not (isinstance(right, Constant) and right.value is None):
        scope.error(node, "'is' compares with None only", "write '=='")
    if isinstance(left, Constant):
        scope.jump(then if left.value is None else other)
        return
    presence: Op | None = left.op if isinstance(left, KernelPointer) else getattr(left, "present", None)
    if isinstance(left, Conflict):
        scope.error(node, left.reason, left.hint)
    if presence is None:
        scope.jump(other)
        return
    scope.at(node)
    scope.branch("eq", presence, scope.build.const(0), then, other, false=(presence,))


def _branch_in(
    scope: Scope, node: ast.expr, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr], then: Label, other: Label
) -> None:
    """Membership of a tuple: one comparison after the other."""
    members: list[Value] = []
    if isinstance(right, HashValue):
        found = maps.find(scope, node, right, left, nodes[0])
        scope.branch("ne", found, scope.build.const(0), then, other)
        return
    if isinstance(right, TupleValue):
        members = right.values
    elif isinstance(right, Constant) and isinstance(right.value, tuple):
        members = [Constant(item) for item in right.value]
    else:
        scope.error(node, f"'in' looks into tuples and maps, not into {right.article}", "write `x in (1, 2, 3)`")
    for member in members:
        following = Label()
        branch_compare(scope, node, ast.Eq(), left, member, nodes, then, following)
        if not scope.place(following):
            return
    scope.jump(other)


def _is_written_zero(node: ast.expr) -> bool:
    """Whether the script itself says 0; an option may well be."""
    return isinstance(node, ast.Constant) and node.value == 0


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _is_text(value: Value) -> bool:
    return (
        isinstance(value, (KernelPlace, Producer))
        or isinstance(value, Constant) and isinstance(value.value, (str, bytes))
        or isinstance(value, Place)
    )  # fmt: skip


def _branch_text(scope: Scope, node: ast.expr, left: Value, right: Value, then: Label, other: Label) -> None:
    """Equality of strings and addresses: word by word, up to and including the NUL of a literal."""
    if isinstance(left, Constant):
        left, right = right, left
    scope.at(node)
    first = memory.readable(scope, node, left)
    literal, second = b"", first
    if isinstance(right, Constant) and isinstance(right.value, (str, bytes)):
        literal = transfer.encoded(right.value) + b"\0"
        if len(literal) > first.size:
            scope.jump(other)
            return
    else:
        second = memory.readable(scope, node, right)
        if first.size != second.size:
            scope.error(node, f"{first.size} bytes are compared with {second.size}")
    for at, size in transfer.chunks(len(literal) or first.size):
        a = first.load(scope, at, size)
        word = int.from_bytes(literal[at : at + size], transfer.BYTE_ORDER)
        b = scope.build.const(word) if literal else second.load(scope, at, size)
        following = Label()
        scope.branch("eq", a, b, following, other)
        scope.place(following)
    scope.jump(then)

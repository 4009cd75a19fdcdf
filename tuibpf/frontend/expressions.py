"""Expressions: what each form of Python's gives, and which forms there are."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tuibpf.frontend import arithmetic, calls, conditions, integer_types, integers, kernel_types, maps, memory, names
from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import IntLayout, StructLayout
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.values import (
    Constant,
    HashValue,
    HistogramValue,
    KernelPlace,
    KernelPointer,
    Method,
    Place,
    Scalar,
    StreamValue,
    TableValue,
    TupleValue,
    Value,
)
from tuibpf.ir.types import S64, U64

__all__ = ["evaluate", "member_of"]


def evaluate(scope: Scope, node: ast.expr) -> Value:
    """The value of an expression; code is emitted for what is not known at launch."""
    form = _FORMS.get(type(node))
    if form is None:
        scope.error(node, f"{_name_of(node)} is not in the language", _HINTS.get(type(node)))
    return form(scope, node)


def _constant(scope: Scope, node: ast.Constant) -> Value:
    value = node.value
    if isinstance(value, float):
        scope.error(
            node, "there are no floats in the kernel", "count in a smaller unit: an integer of microseconds, say"
        )
    if isinstance(value, int) and not S64.minimum <= value <= U64.maximum:
        scope.error(node, "this number does not fit 64 bits")
    if value is Ellipsis or isinstance(value, complex):
        scope.error(node, f"{value!r} is not in the language")
    return Constant(value)


def _attribute(scope: Scope, node: ast.Attribute) -> Value:
    base = evaluate(scope, node.value)
    if isinstance(base, (KernelPointer, KernelPlace)):
        return kernel_types.follow(scope, node, base)
    if isinstance(base, Place):
        scope.require_present(node.value, base.present)
        return member_of(scope, node, base)
    if isinstance(base, (HashValue, StreamValue, TableValue, HistogramValue)):
        return Method(base, node.attr)
    if isinstance(base, Scalar):
        scope.require_present(node.value, base.present)
    scope.error(node, f"{base.article} has no fields")


def member_of(scope: Scope, node: ast.Attribute, place: Place) -> Value:
    """A field of a structure of the script's: an integer is loaded, anything else stays where it is."""
    layout = place.layout
    member = layout.by_name.get(node.attr) if isinstance(layout, StructLayout) else None
    if member is None:
        known = layout.by_name if isinstance(layout, StructLayout) else ()
        scope.error(node, f"{layout.name} has no field `{node.attr}`", near(node.attr, known) or _listed(known))
    if isinstance(member.layout, IntLayout):
        scope.at(node)
        type = member.layout.type
        return Scalar(scope.build.load(place.op, place.offset + member.offset, type), type)
    return Place(place.op, place.offset + member.offset, member.layout, place.map)


def _listed(names: object) -> str | None:
    listed = ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]
    return f"it has {listed}" if listed else None


def _subscript(scope: Scope, node: ast.Subscript) -> Value:
    base = evaluate(scope, node.value)
    if scope.constant_only and isinstance(base, (HashValue, TableValue)):
        scope.error(node, "what is in a map is not known at launch", "only options, constants and exists() are")
    if isinstance(base, HashValue):
        return maps.get(scope, node, base, node.slice)
    if isinstance(base, TableValue):
        return maps.table_row(scope, node, base, node.slice, None)
    if isinstance(base, HistogramValue):
        return HistogramValue(base.output, base.key, (evaluate(scope, node.slice), node.slice))
    if isinstance(base, (KernelPointer, KernelPlace, TupleValue)) or _is_tuple(base):
        index = evaluate(scope, node.slice)
        if not isinstance(index, Constant) or not isinstance(index.value, int):
            scope.error(node.slice, "the index must be known at launch")
        if isinstance(base, (KernelPointer, KernelPlace)):
            return kernel_types.element(scope, node, base, index.value)
        values = base.values if isinstance(base, TupleValue) else [Constant(item) for item in base.value]  # type: ignore
        if not -len(values) <= index.value < len(values):
            scope.error(node.slice, f"the tuple has {len(values)} elements")
        return values[index.value]
    scope.error(node, f"{base.article} has no elements")


def _is_tuple(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, tuple)


def _binary(scope: Scope, node: ast.BinOp) -> Value:
    left, right = evaluate(scope, node.left), evaluate(scope, node.right)
    for value, part in ((left, node.left), (right, node.right)):
        if not integer_types.is_integer(value):
            integers.to_scalar(scope, value, part, U64 if isinstance(value, KernelPointer) else None)
    if isinstance(left, Constant) and isinstance(right, Constant):
        first, second = integer_types.constant_integer(left), integer_types.constant_integer(right)
        return arithmetic.fold(scope, node, node.op, first, second)
    return arithmetic.arithmetic(scope, node, node.op, left, right, (node.left, node.right))


def _unary(scope: Scope, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Not):
        return _truth(scope, node)
    value = evaluate(scope, node.operand)
    if isinstance(value, Constant) and isinstance(value.value, int):
        result = {ast.USub: -value.value, ast.Invert: ~value.value}.get(type(node.op), value.value)
        if not S64.minimum <= result <= U64.maximum:
            scope.error(node, "the result does not fit 64 bits")
        return Constant(result)
    if isinstance(node.op, ast.UAdd):
        return integers.to_scalar(scope, value, node.operand)
    # -x, and ~x which is -x - 1, are negative: s64 holds them for all but a u64.
    operand = integers.to_scalar(scope, value, node.operand)
    if not operand.type.signed and operand.type.bits == 64:
        scope.error(node, "the negative of an unsigned u64 does not fit 64 bits", "convert it: s64(…)")
    scope.at(node)
    build = scope.build
    if isinstance(node.op, ast.Invert):
        return Scalar(build.binary("xor", operand.op, build.const(-1, S64), S64), S64)
    return Scalar(build.binary("sub", build.const(0, S64), operand.op, S64), S64)


def _truth(scope: Scope, node: ast.expr) -> Value:
    """A comparison or a ``not`` as True or False."""
    if scope.constant_only:
        return Constant(conditions.known_truth(scope, node))
    then, other, after, name = Label(), Label(), Label(), scope.fresh()
    scope.condition(node, then, other)
    for label, value in ((then, True), (other, False)):
        if scope.place(label):
            scope.names[name] = Constant(value)
            scope.jump(after)
    scope.place(after)
    return scope.names.pop(name)


def _either(scope: Scope, node: ast.BoolOp) -> Value:
    """``a and b``, ``a or b``: one of the operands, as in Python."""
    if scope.constant_only:
        value: Value = Constant(None)
        for part in node.values:
            value = evaluate(scope, part)
            if conditions.known_truth(scope, part) is isinstance(node.op, ast.Or):
                break
        return value
    after, name = Label(), scope.fresh()
    for part in node.values:
        value = memory.materialise(scope, part, evaluate(scope, part), name)
        scope.names[name] = value
        if part is node.values[-1]:
            scope.jump(after)
            break
        next_one = Label()
        ways = (next_one, after) if isinstance(node.op, ast.And) else (after, next_one)
        conditions.branch_value(scope, part, value, *ways)
        if not scope.place(next_one):
            break
    scope.place(after)
    return scope.names.pop(name)


def _choice(scope: Scope, node: ast.IfExp) -> Value:
    """``a if condition else b``: only what is chosen is evaluated, and compiled if the choice is known at launch."""
    if scope.constant_only:
        return evaluate(scope, node.body if conditions.known_truth(scope, node.test) else node.orelse)
    then, other, after, name = Label(), Label(), Label(), scope.fresh()
    scope.condition(node.test, then, other)
    both = bool(then.edges and other.edges)
    for label, part in ((then, node.body), (other, node.orelse)):
        if scope.place(label):
            value = evaluate(scope, part)
            if not both:
                return value
            scope.names[name] = memory.materialise(scope, part, value, name)
            scope.jump(after)
    scope.place(after)
    return scope.names.pop(name)


def _named(scope: Scope, node: ast.NamedExpr) -> Value:
    return names.assign(scope, node.target, node.target.id, evaluate(scope, node.value), node.value)


def _tuple(scope: Scope, node: ast.Tuple) -> Value:
    values = [evaluate(scope, part) for part in node.elts]
    constants = [value.value for value in values if isinstance(value, Constant)]
    return Constant(tuple(constants)) if len(constants) == len(values) else TupleValue(values)


def _name_of(node: ast.AST) -> str:
    return _NAMES.get(type(node)) or f"this form of expression ({type(node).__name__})"


_FORMS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Attribute: _attribute, ast.BinOp: _binary, ast.BoolOp: _either, ast.Call: calls.call, ast.Compare: _truth,
    ast.Constant: _constant, ast.IfExp: _choice, ast.Name: names.look_up, ast.NamedExpr: _named,
    ast.Subscript: _subscript, ast.Tuple: _tuple, ast.UnaryOp: _unary,
}  # fmt: skip

_NAMES: dict[type[ast.AST], str] = {
    ast.List: "a list", ast.Dict: "a dictionary", ast.Set: "a set", ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a generator", ast.Await: "`await`", ast.Yield: "`yield`", ast.YieldFrom: "`yield`",
    ast.Starred: "a starred expression", ast.Slice: "a slice",
}  # fmt: skip

_HINTS: dict[type[ast.AST], str] = {
    ast.List: "there is no allocation in the kernel: use a tuple, or a map",
    ast.Dict: "declare a map: Hash(key, value)",
    ast.JoinedStr: "send the parts as fields of a row; a view puts them together",
    ast.Lambda: "write a function; it is compiled in where it is called",
}  # fmt: skip

"""Calls: of a type, of a function of the script, of a word of the language, of a method of a map or an output."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tuibpf.frontend import functions, integers, maps, memory, outputs, transfer, words
from tuibpf.frontend.layout import IntLayout, Layout, StructLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.values import (
    Constant,
    FunctionValue,
    HashValue,
    HistogramValue,
    KernelPointer,
    Method,
    Scalar,
    StreamValue,
    TableValue,
    TypeValue,
    Value,
    Word,
)
from tuibpf.ir.ops import Op
from tuibpf.ir.types import BOOL, U64

__all__ = ["call"]


def call(scope: Scope, node: ast.Call) -> Value:
    """The value of a call."""
    function = scope.expression(node.func)
    if isinstance(function, Word):
        return words.call(scope, node, function.name)
    if scope.constant_only and isinstance(function, (FunctionValue, Method)):
        scope.error(
            node, f"{ast.unparse(node.func)}() is not known at launch", "only options, constants and exists() are"
        )
    if isinstance(function, FunctionValue):
        return functions.call(scope, node, function.node)
    if isinstance(function, Method):
        return _method(scope, node, function)
    if isinstance(function, TypeValue):
        if isinstance(function.layout, IntLayout):
            return _convert(scope, node, function.layout)
        if isinstance(function.layout, StructLayout):
            return _structure(scope, node, function.layout)
        scope.error(node, f"{function.name} can not be called", "it is the type of a field")
    scope.error(node.func, f"{function.article} can not be called")


def _convert(scope: Scope, node: ast.Call, layout: IntLayout) -> Value:
    """``u32(x)``: the low bits of x, with the sign of the new type; ``Boolean(x)``: whether it is not 0."""
    if len(node.args) != 1 or node.keywords:
        scope.error(node, f"{layout.name}() takes one argument, not {len(node.args) + len(node.keywords)}")
    value, type = scope.expression(node.args[0]), layout.type
    if isinstance(value, Constant) and isinstance(value.value, int):
        return Constant(bool(value.value) if type is BOOL else type.wrap(value.value))
    if isinstance(value, KernelPointer):
        value = Scalar(value.op, U64)
    scalar = integers.to_scalar(scope, value, node.args[0])
    scope.at(node)
    return Scalar(integers.convert(scope, scalar, type), type)


class _Given(NamedTuple):
    """A field of a structure and what it is to be."""

    offset: int
    layout: Layout
    value: Value
    node: ast.expr


def _structure(scope: Scope, node: ast.Call, layout: StructLayout) -> Producer:
    """``Key(pid=…, port=…)``; fields that are left out are 0."""
    given = {
        keyword.arg: _Given(
            layout.by_name[keyword.arg].offset, layout.by_name[keyword.arg].layout, value, keyword.value
        )
        for keyword, value in outputs.named_fields(scope, node, layout)
        if keyword.arg is not None
    }

    def write(scope: Scope, address: Op, offset: int, _layout: Layout) -> None:
        scope.at(node)
        for at, size in layout.gaps:
            transfer.zero(scope, address, offset + at, size)
        for member in layout.members:
            item = given.get(member.name)
            if item is None:
                transfer.zero(scope, address, offset + member.offset, member.layout.size)
            else:
                memory.write(scope, address, offset + item.offset, item.layout, item.value, item.node)

    return Producer(layout.name, layout, write)


_METHODS: dict[type[Value], tuple[str, ...]] = {
    HashValue: ("get", "pop", "remove", "setdefault"), TableValue: ("setdefault",), StreamValue: ("emit",),
    HistogramValue: ("add",),
}  # fmt: skip
_ARITY = {"get": 1, "pop": 1, "remove": 1, "setdefault": 2, "add": 1}


def _method(scope: Scope, node: ast.Call, method: Method) -> Value:
    owner, name = method.owner, method.name
    known = _METHODS[type(owner)]
    if name not in known:
        scope.error(
            node.func, f"{owner.article} has no method `{name}`", near(name, known) or f"it has {', '.join(known)}"
        )
    if isinstance(owner, StreamValue):
        outputs.emit(scope, node, owner)
        return Constant(None)
    if len(node.args) != _ARITY[name] or node.keywords:
        given = len(node.args) + len(node.keywords)
        scope.error(node, f"{name}() takes {_ARITY[name]} argument{'s'[: _ARITY[name] - 1]}, not {given}")
    if isinstance(owner, HistogramValue):
        outputs.add(scope, node, owner, node.args[0])
    elif isinstance(owner, TableValue):
        return maps.table_row(scope, node, owner, node.args[0], node.args[1])
    elif isinstance(owner, HashValue):
        match name:
            case "get":
                return maps.get(scope, node, owner, node.args[0])
            case "pop":
                return maps.pop(scope, node, owner, node.args[0])
            case "setdefault":
                return maps.setdefault(scope, node, owner, node.args[0], node.args[1])
        maps.remove(scope, node, owner, node.args[0])
    return Constant(None)

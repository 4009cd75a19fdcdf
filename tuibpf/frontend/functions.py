"""Functions of the script: compiled in at each call, so that constants go through them and no stack is needed."""

from __future__ import annotations

import ast
from typing import NoReturn

from tuibpf.frontend import integers, kernel_types, memory, type_names
from tuibpf.frontend.labels import Label
from tuibpf.frontend.layout import IntLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Constant, KernelPointer, Place, Scalar, Value

__all__ = ["RESULT", "call", "parameters"]

RESULT = "·result"


def parameters(scope: Scope, node: ast.FunctionDef) -> list[ast.arg]:
    """The parameters of a function, which are plain ones."""
    arguments = node.args
    odd = arguments.vararg or arguments.kwarg or next(iter([*arguments.kwonlyargs, *arguments.posonlyargs]), None)
    if odd is not None:
        scope.error(odd, "only plain parameters are in the language", "name each of them")
    return arguments.args


def call(scope: Scope, node: ast.Call, function: ast.FunctionDef) -> Value:
    """Compile *function* in for the arguments of *node*; its result is what it returns."""
    if function.name in scope.calls:
        way = " → ".join([*scope.calls[scope.calls.index(function.name) :], function.name])
        scope.error(node, f"recursion: {way}", "a kernel stack has 512 bytes; use a loop with a bound")
    names = _bind(scope, node, function)
    outer = scope.names, scope.loops, scope.declared, scope.instance
    scope.callers.append(scope.names)
    scope.names, scope.loops, scope.declared, scope.instance = names, [], {}, scope.unit.inline(node)
    scope.names = {
        name: memory.materialise(scope, node, value, name) if isinstance(value, Producer) else value
        for name, value in names.items()
    }
    back = Label()
    scope.calls.append(function.name)
    scope.returns.append(back)
    scope.body(function.body)
    if scope.build.open:
        _fall_off(scope, function, back)
        scope.names[RESULT] = Constant(None)
        scope.jump(back)
    scope.returns.pop()
    scope.calls.pop()
    scope.place(back)
    result = scope.names.get(RESULT, Constant(None))
    scope.names, scope.loops, scope.declared, scope.instance = outer
    scope.callers.pop()
    return result


def _fall_off(scope: Scope, function: ast.FunctionDef, back: Label) -> None:
    """Refuse a function that gives a result on some ways, and reaches its end without one on another."""
    results = (edge.names[RESULT] for edge in back.edges)
    if any(not isinstance(result, Constant) or result.value is not None for result in results):
        scope.error(function, f"{function.name}() ends without a result on some ways, and with one on others",
                    "end every way with `return …`, or with `return None`")  # fmt: skip


def _bind(scope: Scope, node: ast.Call, function: ast.FunctionDef) -> dict[str, Value]:
    """The arguments of a call by the names of the parameters."""
    wanted = parameters(scope, function)
    defaults = dict(zip([arg.arg for arg in wanted][::-1], function.args.defaults[::-1], strict=False))
    if len(node.args) > len(wanted):
        _wrong_arity(scope, node, function)
    given: dict[str, ast.expr] = {arg.arg: value for arg, value in zip(wanted, node.args, strict=False)}
    by_name = {arg.arg: arg for arg in wanted}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in given or keyword.arg not in by_name:
            scope.error(keyword, f"{function.name}() takes no argument `{keyword.arg}` here")
        given[keyword.arg] = keyword.value
    if any(name not in given and name not in defaults for name in by_name):
        _wrong_arity(scope, node, function)
    # In the order in which the call has them; a default knows the names of the script alone, not those of the caller.
    names = {name: _argument(scope, by_name[name], part, scope.expression(part)) for name, part in given.items()}
    at_launch = Scope(scope.unit, scope.forms)
    for name, part in defaults.items():
        if name not in given:
            names[name] = _argument(scope, by_name[name], part, at_launch.expression(part))
    return names


def _wrong_arity(scope: Scope, node: ast.Call, function: ast.FunctionDef) -> NoReturn:
    wanted, given = len(function.args.args), len(node.args) + len(node.keywords)
    scope.error(
        node, f"{function.name}() takes {wanted} argument{'' if wanted == 1 else 's'}, not {given}",
        f"it is defined as {function.name}({', '.join(arg.arg for arg in function.args.args)})",
    )  # fmt: skip


def _argument(scope: Scope, arg: ast.arg, node: ast.expr, value: Value) -> Value:
    """An argument, checked against the type that the parameter is declared with."""
    if arg.annotation is None:
        return value
    if isinstance(arg.annotation, ast.Constant) and isinstance(arg.annotation.value, str):
        target = kernel_types.named_pointer(scope.unit, arg.annotation, arg.annotation.value)
        if not isinstance(value, KernelPointer) or value.target != target:
            scope.error(node, f"{value.article} where `{arg.annotation.value}` is wanted")
        return value
    layout = type_names.layout_of(scope, arg.annotation)
    if isinstance(layout, IntLayout):
        scalar = integers.to_scalar(scope, value, node, layout.type)
        return value if isinstance(value, Constant) else Scalar(scalar.op, layout.type, most=scalar.most)
    if not isinstance(value, (Place, Producer)) or value.layout != layout:
        scope.error(node, f"{value.article} where {layout.name} is wanted")
    return value

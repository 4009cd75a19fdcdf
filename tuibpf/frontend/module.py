"""A whole script: its declarations in their order, then its probes, each compiled to a function of the IR."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from tuibpf.diagnostics import CompileError, Diagnostic
from tuibpf.frontend import conditions, declarations, expressions, hooks, statements
from tuibpf.frontend.header import script_options
from tuibpf.frontend.option import is_option
from tuibpf.frontend.scope import Forms, Scope
from tuibpf.frontend.script import Script, near
from tuibpf.frontend.unit import GLOBALS, Unit
from tuibpf.frontend.values import Constant, FunctionValue, TypeValue
from tuibpf.ir.builder import Builder
from tuibpf.ir.function import Function, Module
from tuibpf.ir.target import Target

__all__ = ["build_module"]

_LANGUAGE = "tuibpf.lang"
_KERNEL_NAME = 15  # characters of a program's name, BPF_OBJ_NAME_LEN less the NUL
_FORMS = Forms(expressions.evaluate, conditions.branch, conditions.known_truth, statements.run)
_Probe = tuple[ast.FunctionDef, ast.expr]


def build_module(script: Script, options: Mapping[str, object], target: Target) -> Module:
    """Compile *script* to IR. *options* has the values of its options by name; one that is not in it has its default.

    Raises ``CompileError`` for whatever is not in the language.
    """
    declared = script_options(script)
    values = {name: options.get(name, option.default) for name, option in declared.items()}
    unit = Unit(script, values, target)
    probes = _declare(Scope(unit, _FORMS), script.tree.body)
    if not probes:
        hint = 'put a hook above a function: @tp_btf("sched_switch")'
        raise CompileError(Diagnostic("the script has no probe", script.source, hint=hint))
    taken: set[str] = set()
    for node, decorator in probes:
        _compile_probe(unit, node, decorator, taken)
    unit.module.maps[GLOBALS] = unit.globals_map()
    return unit.module


def _declare(scope: Scope, nodes: Iterable[ast.stmt]) -> list[_Probe]:
    """Take in the statements at the top of a script, and of its ``if`` whose condition holds; the probes among them."""
    probes: list[_Probe] = []
    unit = scope.unit
    for node in nodes:
        match node:
            case ast.Expr(ast.Constant(str())) | ast.Pass():
                pass
            case (
                ast.ImportFrom(module="tuibpf.lang" | "__future__")
                | ast.ImportFrom(module="tuibpf", names=[ast.alias("lang")])
            ):
                pass
            case ast.Import() | ast.ImportFrom():
                scope.error(node, "a probe script imports nothing but its language", f"from {_LANGUAGE} import *")
            case ast.Assign(targets=[ast.Name() as name]):
                _assign(scope, name, node.value)
            case ast.ClassDef():
                declarations.declare_structure(scope, node)
            case ast.FunctionDef():
                unit.define(node, node.name, FunctionValue(node))
                probes += [(node, decorator) for decorator in reversed(node.decorator_list)]
            case ast.If():
                probes += _declare(scope, node.body if scope.known_truth(node.test) else node.orelse)
            case _:
                what = type(node).__name__
                scope.error(
                    node, f"this statement ({what}) has no place outside functions", "declare, or write a probe"
                )
    return probes


def _assign(scope: Scope, target: ast.Name, node: ast.expr) -> None:
    """``name = Hash(…)``, an option, or a constant."""
    unit = scope.unit
    if is_option(node):
        unit.define(target, target.id, Constant(unit.options[target.id]))
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in declarations.MAKERS:
        unit.define(target, target.id, declarations.declare(scope, target.id, node))
        return
    value = scope.expression(node)
    if not isinstance(value, (Constant, TypeValue)):
        hint = near(ast.unparse(node.func), declarations.MAKERS) if isinstance(node, ast.Call) else None
        scope.error(node, "this is neither known at launch nor a declaration", hint)
    unit.define(target, target.id, value)


def _compile_probe(unit: Unit, node: ast.FunctionDef, decorator: ast.expr, taken: set[str]) -> None:
    hook = hooks.hook_of(unit, decorator)
    name = _unique(node.name, taken)
    function = Function(name, hook, unit.script.span(node))
    scope = Scope(unit, _FORMS, Builder(function))
    scope.calls.append(node.name)
    hooks.bind_arguments(scope, node, hook)
    scope.body(node.body)
    if scope.build.open:
        scope.build.done()
    unit.module.functions.append(function)


def _unique(name: str, taken: set[str]) -> str:
    """A name for the kernel, which cuts long ones and takes ASCII alone; one of several hooks gets a number."""
    plain = "".join(character if character.isascii() else "_" for character in name)
    unique, number = plain[:_KERNEL_NAME], 1
    while unique in taken:
        number += 1
        unique = f"{plain[: _KERNEL_NAME - 1 - len(str(number))]}_{number}"
    taken.add(unique)
    return unique

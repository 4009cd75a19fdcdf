"""Names: what they stand for, in the order in which that is looked for, and giving them a value."""

from __future__ import annotations

import ast

from tuibpf import lang
from tuibpf.btf import BtfError
from tuibpf.frontend import integer_types, integers, memory
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.type_names import language_type
from tuibpf.frontend.values import Conflict, Constant, FunctionValue, Scalar, TupleValue, TypeValue, Value, Word
from tuibpf.ir.types import IntType

__all__ = ["WORDS", "assign", "look_up"]

WORDS = frozenset({*lang.functions.__all__, "exists", "max", "min", "range"})
_VOCABULARY = WORDS.union(
    lang.constants.__all__, lang.declarations.__all__, lang.functions.__all__, lang.hooks.__all__, lang.types.__all__
)


def look_up(scope: Scope, node: ast.Name) -> Value:
    """What a name stands for: a variable, something the script declares, a word of the language, a kernel constant."""
    name = node.id
    value = (
        scope.names.get(name) or scope.unit.names.get(name) or _language(scope, name) or _kernel_constant(scope, name)
    )
    if value is None:
        known = [*scope.names, *scope.unit.names, *_VOCABULARY]
        hint = near(name, (one for one in known if not one.startswith("·")))
        if hint is None and name.isupper():
            hint = near(name, scope.unit.target.btf.enumerator_names())
        scope.error(node, f"there is no name `{name}`", hint)
    if isinstance(value, Conflict):
        scope.error(node, value.reason, value.hint)
    return value


def _language(scope: Scope, name: str) -> Value | None:
    if name in WORDS:
        return Word(name)
    if layout := language_type(scope.unit, name):
        return TypeValue(name, layout)
    return Constant(getattr(lang.constants, name)) if name in lang.constants.__all__ else None


def _kernel_constant(scope: Scope, name: str) -> Value | None:
    try:
        value = scope.unit.target.btf.enumerator(name)
    except BtfError:
        return None
    return None if value is None else Constant(value)


def assign(scope: Scope, target: ast.AST, name: str, value: Value, node: ast.expr) -> Value:
    """Give the variable *name* a *value*, which stems from *node*."""
    if (known := scope.unit.names.get(name)) is not None and name not in scope.names:
        what = (
            "an option" if name in scope.unit.options else "a constant" if isinstance(known, Constant)
            else "a function" if isinstance(known, FunctionValue) else "a declaration"
        )  # fmt: skip
        scope.error(
            target, f"`{name}` is {what} of the script and can not be assigned", "give the variable another name"
        )
    if name in _VOCABULARY:
        scope.error(target, f"`{name}` is a word of the language", "give the variable another name")
    if isinstance(value, TupleValue):
        scope.error(node, "a tuple can not be kept under one name", "write `a, b = …`")
    if (declared := scope.declared.get(name)) is not None and (kept := _declared(scope, value, node, declared)):
        value = kept
    elif isinstance(value, Scalar) and value.present is not None and value.present in scope.facts:
        value = Scalar(value.op, value.type, most=value.most)
    scope.names[name] = value = memory.materialise(scope, node, value, name)
    return value


def _declared(scope: Scope, value: Value, node: ast.expr, type: IntType) -> Scalar | None:
    """*value* for a variable of a declared *type*, which may be missing; None for what is no integer."""
    if isinstance(value, Constant) and value.value is None:
        zero = scope.build.const(0, type)
        return Scalar(zero, type, present=zero)
    if not integer_types.is_integer(value):
        return None
    present = value.present if isinstance(value, Scalar) and value.present not in scope.facts else None
    if isinstance(value, Scalar):
        value = Scalar(value.op, value.type, most=value.most)
    scalar = integers.to_scalar(scope, value, node, type)
    return Scalar(scalar.op, type, present, None if present else scalar.most)

"""Statements: what each form of Python's does, and which forms there are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from tuibpf.frontend import assignments, functions, loops, memory
from tuibpf.frontend.labels import Label
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Constant, TupleValue

__all__ = ["run"]


def run(scope: Scope, nodes: Iterable[ast.stmt]) -> None:
    """Compile statements one after the other, as far as control can come."""
    for node in nodes:
        if not scope.build.open:
            return
        form = _FORMS.get(type(node))
        if form is None:
            name, hint = _REFUSED.get(type(node), (f"this form of statement ({type(node).__name__})", None))
            scope.error(node, f"{name} is not in the language", hint)
        scope.at(node)
        form(scope, node)


def _expression(scope: Scope, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return
    if not isinstance(node.value, (ast.Call, ast.NamedExpr)):
        scope.error(node, "this has no effect", "give it a name, or leave it out")
    scope.expression(node.value)


def _if(scope: Scope, node: ast.If) -> None:
    then, other, after = Label(), Label(), Label()
    scope.condition(node.test, then, other)
    for label, body in ((then, node.body), (other, node.orelse)):
        if scope.place(label):
            scope.body(body)
            if scope.build.open:
                scope.jump(after)
    scope.place(after)


def _return(scope: Scope, node: ast.Return) -> None:
    if not scope.returns:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            scope.error(node.value, "a probe has no result", "write `return`, and emit a row or count in a table")
        scope.build.done()
        return
    value = scope.expression(node.value) if node.value is not None else Constant(None)
    if isinstance(value, TupleValue):
        value = TupleValue([memory.materialise(scope, node, item, scope.fresh()) for item in value.values])
    else:
        value = memory.materialise(scope, node, value, functions.RESULT)
    scope.names[functions.RESULT] = value
    scope.jump(scope.returns[-1])


def _pass(scope: Scope, node: ast.Pass) -> None:
    pass


_FORMS: dict[type[ast.stmt], Callable[..., None]] = {
    ast.AnnAssign: assignments.annotated, ast.Assign: assignments.plain, ast.AugAssign: assignments.augmented,
    ast.Break: loops.leave, ast.Continue: loops.leave, ast.Expr: _expression, ast.For: loops.repeat, ast.If: _if,
    ast.Pass: _pass, ast.Return: _return,
}  # fmt: skip

_BLOCKS = "a probe is one function, without a stack to unwind"
_REFUSED: dict[type[ast.stmt], tuple[str, str | None]] = {
    ast.While: ("an unbounded loop", "write `for i in range(64):` with `break`, so that its end can be seen"),
    ast.FunctionDef: ("a function inside a function", "move it to the top of the script"),
    ast.ClassDef: ("a class inside a function", "move it to the top of the script"),
    ast.Try: ("`try`", "nothing raises here: a look-up gives None, what can not be read gives 0"),
    ast.Raise: ("`raise`", "write `return`"),
    ast.With: ("`with`", _BLOCKS),
    ast.Assert: ("`assert`", "write `if not …: return`"),
    ast.Delete: ("`del`", "write map.remove(key)"),
    ast.Global: ("`global`", "keep what outlives a probe in a map"),
    ast.Nonlocal: ("`nonlocal`", "keep what outlives a probe in a map"),
    ast.Import: ("an import inside a function", None),
    ast.ImportFrom: ("an import inside a function", None),
    ast.Match: ("`match`", "write `if` and `elif`"),
}

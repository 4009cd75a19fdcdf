"""A pass on hand-made IR, as text before and after."""

from __future__ import annotations

from collections.abc import Callable

from tests.codegen.on_kernel import AnyKernel, module_of, new_function
from tuibpf.ir import Builder, Function, Module, check_function, print_function
from tuibpf.passes import PASSES
from tuibpf.passes.dead_code import remove_dead_code

_PASSES = dict(PASSES)


def function_of(body: Callable[[Builder], None]) -> Function:
    function = new_function()
    build = Builder(function)
    build.span = None
    body(build)
    check_function(function)
    return function


def text_of(function: Function) -> str:
    """The function without its head and without the indentation that all lines share."""
    return "".join(line[1:] + "\n" for line in print_function(function).splitlines()[1:])


def after(name: str, body: Callable[[Builder], None], *, tidy: bool = False) -> str:
    """What the pass *name* makes of the function that *body* builds; *tidy* takes out what is dead then."""
    function = function_of(body)
    run(name, module_of(function))
    if tidy:
        remove_dead_code(function)
        check_function(function)
    return text_of(function)


def run(name: str, module: Module, target: AnyKernel | None = None) -> None:
    _PASSES[name](module, target or AnyKernel())  # type: ignore[arg-type]
    for function in module.functions:
        check_function(function)

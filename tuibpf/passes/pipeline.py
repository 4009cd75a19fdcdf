"""The order of the passes, and the loop that runs them."""

from __future__ import annotations

from collections.abc import Callable

from tuibpf.ir import Function, Module, Target, check_function
from tuibpf.passes.control_flow import straighten
from tuibpf.passes.dead_code import remove_dead_code
from tuibpf.passes.in_place import build_in_place
from tuibpf.passes.invariants import ask_once
from tuibpf.passes.rows import lower_rows
from tuibpf.passes.signs import forget_signs
from tuibpf.passes.simplify import simplify

__all__ = ["PASSES", "run_passes"]

Pass = Callable[[Module, Target], None]


def _each(work: Callable[[Function], None]) -> Pass:
    """A pass over a function as one over a module."""

    def run(module: Module, _: Target) -> None:
        for function in module.functions:
            work(function)

    return run


PASSES: tuple[tuple[str, Pass], ...] = (
    ("rows", lower_rows),
    ("invariants", _each(ask_once)),
    ("simplify", _each(simplify)),
    ("control-flow", _each(straighten)),
    ("in-place", _each(build_in_place)),
    ("dead-code", _each(remove_dead_code)),
    ("signs", _each(forget_signs)),
)
"""By name, in their order. Rows come first, since only what they leave is known to code generation."""


def run_passes(module: Module, target: Target, after: Callable[[str, Module], None] | None = None) -> None:
    """Run all passes on *module*, in place.

    With *after*, every function is checked after each pass, then ``after(name, module)`` is called. ``IrError`` names
    a function that a pass broke. A launch goes without, because checking takes as long as compiling.
    """
    for name, work in PASSES:
        work(module, target)
        if after is not None:
            for function in module.functions:
                check_function(function)
            after(name, module)

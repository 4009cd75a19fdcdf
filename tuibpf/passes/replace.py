"""Replacing values by others throughout a function."""

from __future__ import annotations

from tuibpf.ir import Function
from tuibpf.ir.ops import Op

__all__ = ["replace"]


def replace(function: Function, replaced: dict[Op, Op]) -> None:
    """Have every operation that reads a key of *replaced* read its value instead; a value may be a key too."""
    if not replaced:
        return
    for op in function.ops():
        for number, arg in enumerate(op.args):
            if arg in replaced:
                while arg in replaced:
                    arg = replaced[arg]
                op.args[number] = arg

"""Replacing values by others throughout a function."""

from __future__ import annotations

from tuibpf.ir import Function
from tuibpf.ir.ops import Op

__all__ = ["replace"]


def replace(function: Function, replaced: dict[Op, Op]) -> None:
    """Have every operation that reads a key of *replaced* read its value instead; a value may be a key too."""
    if not replaced:
        return
    for block in function.blocks:
        for ops in (block.phis, block.ops):
            for op in ops:
                for arg in op.args:
                    if arg in replaced:
                        _replace(op, replaced)
                        break


def _replace(op: Op, replaced: dict[Op, Op]) -> None:
    for number, arg in enumerate(op.args):
        while arg in replaced:
            arg = replaced[arg]
        op.args[number] = arg

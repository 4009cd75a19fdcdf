"""Dead code: operations whose value nobody reads and that do nothing else."""

from __future__ import annotations

from tuibpf.ir import Function, ops
from tuibpf.ir.ops import Op
from tuibpf.passes.invariants import WITHOUT_EFFECT

__all__ = ["remove_dead_code"]


def remove_dead_code(function: Function) -> None:
    """Keep only what an effect needs.

    Before::

        %1: u64 = load %0 + 8
        %2: u64 = add %1, 1
        return 0

    After::

        return 0
    """
    todo = [op for block in function.blocks for op in block.ops if op.effect and not _only_asks(op)]
    wanted: set[Op] = set(todo)
    while todo:
        for arg in todo.pop().args:
            if arg not in wanted:
                wanted.add(arg)
                todo.append(arg)
    for block in function.blocks:
        block.ops = [op for op in block.ops if op in wanted]
        if block.phis:
            block.phis = [phi for phi in block.phis if phi in wanted]


def _only_asks(op: Op) -> bool:
    return op.__class__ is ops.Call and op.helper in WITHOUT_EFFECT

"""Signs that nobody looks at."""

from __future__ import annotations

from tuibpf.ir import Function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType, integer

__all__ = ["forget_signs"]


def forget_signs(function: Function) -> None:
    """A narrow signed value that is only stored again is loaded without its sign, which would take two instructions.

    Before::

        %1: s32 = load %0 + 4
        store.4 %2 + 0, %1

    After::

        %1: u32 = load %0 + 4
        store.4 %2 + 0, %1
    """
    signed: dict[Op, IntType] = {}
    for block in function.blocks:
        for op in block.ops:
            if op.__class__ is ops.Load and op.type.signed and op.type.bits < 64:  # type: ignore[union-attr]
                signed[op] = op.type  # type: ignore[assignment]
    if not signed:
        return
    for op in function.ops():
        for arg in op.args:
            # The address of a store is never a narrow integer, so here this is what is stored.
            if arg in signed and not (isinstance(op, ops.Store) and op.size <= signed[arg].size):
                del signed[arg]
    for op, type in signed.items():
        op.type = integer(type.bits, False)

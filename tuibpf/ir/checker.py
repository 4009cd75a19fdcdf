"""Checks that a function is well-formed IR: what every pass may rely on and must keep."""

from __future__ import annotations

from tuibpf.ir import ops
from tuibpf.ir.function import Block, Function
from tuibpf.ir.ops import Op
from tuibpf.ir.printer import print_function

__all__ = ["IrError", "check_function"]

_ATOMIC_SIZES = (4, 8)
_SIZES = (1, 2, 4, 8)


class IrError(Exception):
    """The compiler made IR that breaks a rule: a defect of the compiler, never of the script."""


def check_function(function: Function) -> None:
    """Raise ``IrError`` unless blocks end in one terminator, phis match predecessors, and definitions dominate uses."""
    blocks = set(function.blocks)
    predecessors = function.predecessors() if all(
        target in blocks for block in function.blocks for target in block.successors) else None  # fmt: skip
    if predecessors is None:
        raise _error(function, "a jump leaves the function")
    for block in function.blocks:
        _check_block(function, block, predecessors[block])
    _check_dominance(function, predecessors)


def _error(function: Function, message: str) -> IrError:
    return IrError(f"{function.name}: {message}\n{print_function(function)}")


def _check_block(function: Function, block: Block, predecessors: list[Block]) -> None:
    if block.terminator is None or any(isinstance(op, ops.Terminator) for op in block.ops[:-1]):
        raise _error(function, "a block does not end in its only terminator")
    for phi in block.phis:
        if len(phi.args) != len(phi.blocks) or set(phi.blocks) != set(predecessors):
            raise _error(function, "a phi does not match the predecessors of its block")
    for op in block.ops:
        if isinstance(op, ops.Phi):
            raise _error(function, "a phi stands among the operations")
        if isinstance(op, ops.Call) and len(op.args) > 5:
            raise _error(function, "a helper takes at most five arguments")
        if isinstance(op, ops.Store) and op.size not in _SIZES:
            raise _error(function, f"a store of {op.size} bytes")
        if isinstance(op, ops.Atomic) and op.size not in _ATOMIC_SIZES:
            raise _error(function, f"an atomic operation on {op.size} bytes")
        if any(arg.type is None for arg in op.args):
            raise _error(function, f"{type(op).__name__} reads an operation that has no value")


def _check_dominance(function: Function, predecessors: dict[Block, list[Block]]) -> None:
    """Every value is defined on all ways to its use: forward data flow over the sets of defined values."""
    order = function.reachable()
    defined: dict[Block, set[Op]] = {}
    changed = True
    while changed:
        changed = False
        for block in order:
            known = [defined[p] for p in predecessors[block] if p in defined]
            out = set.intersection(*known) if known else set()
            out.update(block.phis)
            out.update(block.ops)
            if defined.get(block) != out:
                defined[block] = out
                changed = True
    for block in order:
        known = [defined[p] for p in predecessors[block] if p in defined]
        here = set.intersection(*known) if known else set()
        for phi in block.phis:
            for source, value in zip(phi.blocks, phi.args, strict=True):
                if source in defined and value not in defined[source]:
                    raise _error(function, "a phi reads a value that is not defined where it comes from")
        here.update(block.phis)
        for op in block.ops:
            if any(arg not in here for arg in op.args):
                raise _error(function, f"{type(op).__name__} reads a value before it is defined")
            here.add(op)

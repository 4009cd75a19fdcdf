"""Control flow: branches whose way is known, jumps to jumps, and blocks that only follow one another."""

from __future__ import annotations

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op
from tuibpf.passes.fold import holds
from tuibpf.passes.replace import replace

__all__ = ["straighten"]


def straighten(function: Function) -> None:
    """Decide constant branches, drop what is unreachable then, skip empty blocks, merge straight lines.

    Before::

         b0:
            branch eq 1, 1: b1 else b2
         b1:
            jump b3
         b2:
            store.8 %0 + 0, 1
            jump b3
         b3:
            return 0

    After::

         b0:
            return 0
    """
    _decide_branches(function)
    _drop_unreachable(function)
    _skip_empty(function)
    _merge(function)


def _decide_branches(function: Function) -> None:
    for block in function.blocks:
        last = block.ops[-1]
        if last.__class__ is not ops.Branch:
            continue
        left, right = last.args
        then, other = last.targets
        if then is other:
            block.ops[-1] = ops.Jump(then, last.span)
        elif left.__class__ is ops.Const and right.__class__ is ops.Const:
            if not holds(last.condition, left.value, right.value):
                then, other = other, then
            _forget(other, block)
            block.ops[-1] = ops.Jump(then, last.span)


def _forget(block: Block, predecessor: Block) -> None:
    """Control does not come from *predecessor* any more."""
    for phi in block.phis:
        kept = [(one, arg) for one, arg in zip(phi.blocks, phi.args, strict=True) if one is not predecessor]
        phi.blocks = [one for one, _ in kept]
        phi.args = [arg for _, arg in kept]


def _drop_unreachable(function: Function) -> None:
    reachable = function.reachable()
    if len(reachable) == len(function.blocks):
        return
    kept = set(reachable)
    for block in function.blocks:
        if block not in kept:
            for target in block.successors:
                _forget(target, block)
    function.blocks = reachable


def _skip_empty(function: Function) -> None:
    """Lead the predecessors of a block that is nothing but a jump to where it jumps."""
    predecessors: dict[Block, list[Block]] | None = None
    for block in function.blocks[1:]:
        if len(block.ops) != 1 or block.phis or block.ops[0].__class__ is not ops.Jump:
            continue
        predecessors = predecessors or function.predecessors()
        target = block.ops[0].targets[0]
        here, there = set(predecessors[block]), set(predecessors[target])
        # Where a predecessor gets there directly as well, a phi could not tell its two ways apart.
        if target is block or target.phis and here & there:
            continue
        for predecessor in here:
            last = predecessor.ops[-1]
            assert isinstance(last, ops.Terminator)
            last.targets = [target if one is block else one for one in last.targets]
        for phi in target.phis:
            at = phi.blocks.index(block)
            value = phi.args[at]
            del phi.blocks[at], phi.args[at]
            for predecessor in predecessors[block]:
                phi.add(predecessor, value)
        predecessors[target] = [one for one in predecessors[target] if one is not block] + predecessors[block]
        predecessors[block] = []
    if predecessors is not None:
        function.blocks = function.reachable()


def _merge(function: Function) -> None:
    """Append a block to its only predecessor where that goes nowhere else."""
    predecessors = function.predecessors()
    replaced: dict[Op, Op] = {}
    gone: set[Block] = set()
    for block in function.blocks:
        if block in gone:
            continue
        while block.ops[-1].__class__ is ops.Jump:
            target = block.ops[-1].targets[0]
            if len(predecessors[target]) != 1 or target is block or target is function.blocks[0]:
                break
            for phi in target.phis:
                replaced[phi] = phi.args[0]
            block.ops[-1:] = target.ops
            for successor in target.successors:
                predecessors[successor] = [block if one is target else one for one in predecessors[successor]]
                for phi in successor.phis:
                    phi.blocks = [block if one is target else one for one in phi.blocks]
            gone.add(target)
    if gone:
        function.blocks = [block for block in function.blocks if block not in gone]
    for block in function.blocks:
        for phi in block.phis:
            if len(phi.args) == 1:
                replaced[phi] = phi.args[0]
        if replaced:
            block.phis = [phi for phi in block.phis if phi not in replaced]
    replace(function, replaced)

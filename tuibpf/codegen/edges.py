"""The ends of blocks: where control goes on, and the copies that the phis there ask for.

The copies of one edge happen at once: ``a, b = b, a`` must work. They stand at the end of the block that is left; if
that has another way out, in a block of their own on the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuibpf.codegen.machine import MOVE, MachineBlock
from tuibpf.ir import Block
from tuibpf.ir.ops import Op

if TYPE_CHECKING:
    from tuibpf.codegen.select import Selector

__all__ = ["leave"]


def leave(s: Selector, block: Block, machine_block: MachineBlock, blocks: dict[Block, MachineBlock]) -> None:
    """Set the targets of *machine_block*, the code of *block*, and emit the copies of its edges."""
    targets = block.successors
    if not targets:
        return
    if len(targets) == 1 or targets[0] is targets[1]:
        machine_block.targets.append(blocks[targets[0]])
        if targets[0].phis:
            _copy(s, block, targets[0])
        return
    for target in targets:
        if target.phis:
            edge = MachineBlock()
            edge.targets.append(blocks[target])
            machine_block.targets.append(edge)
            s.machine.blocks.append(edge)
            s.begin(edge)
            _copy(s, block, target)
        else:
            machine_block.targets.append(blocks[target])


def _copy(s: Selector, block: Block, target: Block) -> None:
    """Emit the copies into the phis of *target* for control that comes from *block*."""
    span = block.ops[-1].span
    waiting: dict[int, int] = {}
    remade: list[tuple[int, Op]] = []
    for phi in target.phis:
        value = phi.args[phi.blocks.index(block)]
        if s.is_remade(value):
            remade.append((s.define(phi), value))
        elif value is not phi:
            waiting[s.define(phi)] = s.value(value, span)
    while waiting:
        ready = [dst for dst in waiting if dst not in waiting.values()]
        for dst in ready:
            s.append((MOVE, dst, waiting.pop(dst), 0, 0, span))
        if not ready:
            # Only cycles are left: one value steps aside, and its cycle opens.
            dst = next(iter(waiting))
            aside = s.machine.fresh()
            s.append((MOVE, aside, dst, 0, 0, span))
            for other, source in waiting.items():
                if source == dst:
                    waiting[other] = aside
    for register, value in remade:
        s.remake(value, register, span)

"""Slots of the stack that are never in use at the same time get the same bytes.

Done only where the frame is too big otherwise. A slot is in use at every moment that lies on a way from one operation
that names it to another one; whether that reads or writes does not matter, which keeps it safe and simple.
Sets of slots, and sets of moments, are integers with a bit for each.
"""

from __future__ import annotations

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op, Slot

__all__ = ["plan"]

_WORD = 8


def plan(function: Function) -> dict[Slot, int]:
    """The offset from r10 for each slot of *function*."""
    lives = _lives(function)
    placed: list[tuple[int, int, int]] = []  # first byte and end, counted downwards from r10; moments of use
    offsets: dict[Slot, int] = {}
    for slot in sorted(lives, key=lambda slot: -slot.size):
        life, size = lives[slot], -(-slot.size // _WORD) * _WORD
        at = 0
        for first, end, other in sorted(placed):
            if other & life and first < at + size and at < end:
                at = end
        placed.append((at, at + size, life))
        offsets[slot] = -(at + size)
    return offsets


def _lives(function: Function) -> dict[Slot, int]:
    """The moments at which each slot is in use; a moment is an operation of the function, in its order."""
    order = function.reachable()
    numbers: dict[Slot, int] = {}
    slots = _slots_of_values(order, numbers)
    named, escaped = {}, 0
    for block in order:
        named[block] = 0
        for phi in block.phis:
            escaped |= slots.get(phi, 0)
        for op in block.ops:
            for arg in op.args:
                named[block] |= slots.get(arg, 0)
            if isinstance(op, ops.Store):
                escaped |= slots.get(op.args[1], 0)
    before = _reaching(order, {block: block.successors for block in order}, named)
    after = _reaching(order[::-1], function.predecessors(), named)
    lives = [0] * len(numbers)
    start = 0
    for block in order:
        end = start + len(block.ops)
        for number in range(len(numbers)):
            bit = 1 << number
            moments = [start] if before[block] & bit else []
            moments += [
                at for at, op in enumerate(block.ops, start) if any(slots.get(arg, 0) & bit for arg in op.args)
            ]
            moments += [end - 1] if after[block] & bit else []
            # A slot that is only named before, or only after, is not in use here.
            if len(moments) > 1 or named[block] & bit:
                lives[number] |= (1 << moments[-1] + 1) - (1 << moments[0])
        start = end
    return {slot: lives[n] if not escaped >> n & 1 else (1 << start) - 1 for slot, n in numbers.items()}


def _slots_of_values(order: list[Block], numbers: dict[Slot, int]) -> dict[Op, int]:
    """The slots that an address may lead into: by itself, by arithmetic, by a choice of ways."""
    slots: dict[Op, int] = {}
    changed = True
    while changed:
        changed = False
        for block in order:
            for op in (*block.phis, *block.ops):
                if isinstance(op, ops.FrameAddress):
                    found = 1 << numbers.setdefault(op.slot, len(numbers))
                elif isinstance(op, (ops.Binary, ops.Phi)):
                    found = 0
                    for arg in op.args:
                        found |= slots.get(arg, 0)
                else:
                    continue
                if slots.get(op, 0) != found:
                    slots[op] = found
                    changed = True
    return slots


def _reaching(
    order: list[Block], following: dict[Block, list[Block]], named: dict[Block, int]
) -> dict[Block, int]:  # fmt: skip
    """The slots named on some way to each block, itself not counted, in the direction of *following*."""
    reaching = dict.fromkeys(order, 0)
    todo = list(order)
    while todo:
        block = todo.pop()
        out = reaching[block] | named[block]
        for target in following[block]:
            if target in reaching and out & ~reaching[target]:
                reaching[target] |= out
                todo.append(target)
    return reaching

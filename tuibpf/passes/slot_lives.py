"""When the slots of the stack are in use.

A slot is in use at every moment that lies on a way from one operation that names it to another one; whether that reads
or writes does not matter, which keeps it safe and simple. A moment is an operation of the function, counted in the
order of its blocks. Sets of moments, and sets of slots, are integers with a bit for each.
"""

from __future__ import annotations

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op, Slot

__all__ = ["slot_lives"]


def slot_lives(function: Function) -> dict[Slot, int]:
    """The moments at which each slot is in use.

    Where an address may go through a phi or through memory it can not be followed: its slot is in use throughout.
    """
    blocks = function.blocks
    numbers: dict[Slot, int] = {}
    slots = _slots_of_values(blocks, numbers)
    named: dict[Block, int] = {}
    first_and_last: list[dict[int, tuple[int, int]]] = []  # by block, then by slot, as the bit of its number
    escaped = at = 0
    for block in blocks:
        here: dict[int, tuple[int, int]] = {}
        every = 0
        for phi in block.phis:
            escaped |= slots.get(phi, 0)
        for op in block.ops:
            for arg in op.args:
                if arg in slots:
                    found = slots[arg]
                    every |= found
                    for bit in _bits(found):
                        here[bit] = (here[bit][0] if bit in here else at, at)
                    if op.__class__ is ops.Store and arg is op.args[1]:
                        escaped |= found
            at += 1
        named[block] = every
        first_and_last.append(here)
    before = _reaching(blocks, {block: block.successors for block in blocks}, named)
    after = _reaching(blocks[::-1], function.predecessors(), named)
    lives = [0] * len(numbers)
    start = 0
    for block, here in zip(blocks, first_and_last, strict=True):
        end = start + len(block.ops)
        into, out = before[block], after[block]
        # A slot that is named before and not after, or the other way round, is not in use in between.
        through = into & out
        for bit, (first, last) in here.items():
            low = start if into & bit else first
            high = end - 1 if out & bit else last
            lives[bit.bit_length() - 1] |= (2 << high) - (1 << low)
            through &= ~bit
        for bit in _bits(through):
            lives[bit.bit_length() - 1] |= (1 << end) - (1 << start)
        start = end
    everywhere = (1 << start) - 1
    return {slot: everywhere if escaped >> number & 1 else lives[number] for slot, number in numbers.items()}


def _bits(slots: int) -> list[int]:
    """The single bits of a set."""
    if not slots & slots - 1:
        return [slots] if slots else []
    return [1 << number for number in range(slots.bit_length()) if slots >> number & 1]


def _slots_of_values(blocks: list[Block], numbers: dict[Slot, int]) -> dict[Op, int]:
    """The slots that an address may lead into: by itself, by arithmetic, by a choice of ways."""
    slots: dict[Op, int] = {}
    addresses: list[Op] = []
    for block in blocks:
        addresses += block.phis
        for op in block.ops:
            if op.__class__ is ops.FrameAddress:
                slots[op] = 1 << numbers.setdefault(op.slot, len(numbers))
            elif op.__class__ is ops.Binary:
                addresses.append(op)
    changed = True
    while changed:
        changed = False
        for op in addresses:
            found = 0
            for arg in op.args:
                if arg in slots:
                    found |= slots[arg]
            if found and slots.get(op) != found:
                slots[op] = found
                changed = True
    return slots


def _reaching(
    order: list[Block], following: dict[Block, list[Block]], named: dict[Block, int]
) -> dict[Block, int]:  # fmt: skip
    """The slots named on some way to each block, itself not counted, in the direction of *following*."""
    reaching = dict.fromkeys(order, 0)
    todo = order[::-1]
    while todo:
        block = todo.pop()
        out = reaching[block] | named[block]
        if out:
            for target in following[block]:
                if out & ~reaching[target]:
                    reaching[target] |= out
                    todo.append(target)
    return reaching

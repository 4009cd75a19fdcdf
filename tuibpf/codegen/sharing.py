"""Slots that are never in use at the same time get the same bytes, where the stack would not suffice otherwise."""

from __future__ import annotations

from tuibpf.ir import Function
from tuibpf.ir.ops import Slot
from tuibpf.passes.slot_lives import slot_lives

__all__ = ["plan"]

_WORD = 8


def plan(function: Function) -> dict[Slot, int]:
    """The offset from r10 for each slot of *function*: the largest first, each at the first place that is free."""
    function.blocks = function.reachable()
    lives = slot_lives(function)
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

"""Register allocation: a place among r0 to r9 for each virtual register.

Registers joined by moves are first made one where their lives allow, which makes the moves void. Then they choose, the
most used for the length of its life first: a register that it is moved to or from, else any of r0 to r5, else r6 to r9.
"""

from __future__ import annotations

from tuibpf.codegen.liveness import Liveness
from tuibpf.codegen.machine import VIRTUAL

__all__ = ["NO_REGISTER", "allocate"]

NO_REGISTER = -1
_ORDER = (5, 4, 3, 2, 1, 0, 6, 7, 8, 9)  # arguments of calls mostly want the low ones


def allocate(liveness: Liveness, first_carrier: int) -> tuple[list[int], list[int]]:
    """The real register of every register by number, and the virtual ones that found none and must be spilled.

    Those from *first_carrier* on must not be spilled: they choose first.
    """
    ranges, weights = liveness.ranges[:], liveness.weights[:]
    count = len(ranges)
    leader = list(range(count))
    members: dict[int, list[int]] = {}
    wishes: dict[int, list[int]] = {}
    for dst, src in liveness.moves:
        while leader[dst] != dst:
            dst = leader[dst]
        while leader[src] != src:
            src = leader[src]
        if dst == src:
            continue
        if dst < VIRTUAL:
            wishes.setdefault(src, []).append(dst)
        elif src < VIRTUAL:
            wishes.setdefault(dst, []).append(src)
        elif not ranges[dst] & ranges[src]:
            leader[src] = dst
            ranges[dst] |= ranges[src]
            weights[dst] += weights[src]
            members.setdefault(dst, [dst]).extend(members.pop(src, (src,)))
            if src in wishes:
                wishes.setdefault(dst, []).extend(wishes.pop(src))
    busy = ranges[:VIRTUAL]
    colours = list(range(VIRTUAL)) + [NO_REGISTER] * (count - VIRTUAL)
    chosen = [register for register in range(VIRTUAL, count) if leader[register] == register and ranges[register]]
    chosen.sort(key=lambda register: weights[register] / ranges[register].bit_count(), reverse=True)
    if first_carrier < count:
        chosen.sort(key=lambda register: register < first_carrier)
    spilled: list[int] = []
    for register in chosen:
        colour = _choose(ranges[register], busy, wishes.get(register, ()))
        group = members.get(register)
        if colour != NO_REGISTER:
            busy[colour] |= ranges[register]
            for member in group or (register,):
                colours[member] = colour
        elif group is None:
            spilled.append(register)
        else:
            # Together they find no place: one by one some of them may.
            for member in sorted(group, key=lambda member: -liveness.weights[member]):
                colour = colours[member] = _choose(liveness.ranges[member], busy, ())
                if colour == NO_REGISTER:
                    spilled.append(member)
                else:
                    busy[colour] |= liveness.ranges[member]
    return colours, spilled


def _choose(life: int, busy: list[int], wishes: list[int] | tuple[int, ...]) -> int:
    for colour in wishes:
        if colour < 10 and not busy[colour] & life:
            return colour
    for colour in _ORDER:
        if not busy[colour] & life:
            return colour
    return NO_REGISTER

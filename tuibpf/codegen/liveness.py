"""Where each register holds a value that is still wanted, as one integer: a bit for each moment.

Instruction number i of the function reads at moment 2i and writes at moment 2i+1. Two registers can share a place when
their integers have no bit in common. That makes ``mov a, b`` at the last use of b share, and costs a few operations
on integers where a set of intervals would cost a loop.
"""

from __future__ import annotations

from tuibpf.codegen.machine import (
    DEFINES,
    FRAME_POINTER,
    MOVE,
    READS_BOTH,
    READS_DST,
    ROLES,
    TRANSFERS,
    UNSIGNED_ORDERINGS,
    Code,
    MachineBlock,
    MachineFunction,
)

__all__ = ["Liveness", "live_ranges"]

_CALLER_SAVED = 6  # r0 to r5 are lost in a call
_LOOP_WEIGHT = 10
# What is compared without its sign is mostly a size or an offset. Before Linux 6.9 (commit e67ddd9b1cff) the verifier
# does not learn the bounds of what lies on the stack then.
_BOUND_WEIGHT = 4
_NOTHING: Code = (MOVE, FRAME_POINTER, FRAME_POINTER, 0, 0, None)


class Liveness:
    """*ranges* and *weights* by register; *moves* are the pairs (dst, src) that would like to share a place.

    A weight counts the instructions that name the register, those in a loop tenfold.
    """

    __slots__ = ("moves", "ranges", "weights")

    def __init__(self, registers: int) -> None:
        self.ranges = [0] * registers
        self.weights = [0] * registers
        self.moves: list[tuple[int, int]] = []


def live_ranges(machine: MachineFunction) -> Liveness:
    """One walk from the last instruction to the first; what lives around a loop is added after it.

    Moves whose result nobody wants are made void on the way.
    """
    blocks = machine.blocks
    liveness = Liveness(machine.registers)
    ranges, weights, add_move = liveness.ranges, liveness.weights, liveness.moves.append
    depths, back_edges = _loops(blocks)
    live_in: list[dict[int, int]] = [{}] * len(blocks)
    ends: list[int] = []
    total = 0
    for block in blocks:
        total += len(block.code)
        ends.append(total)
    calls = 0
    at = 2 * total
    for block in reversed(blocks):
        code = block.code
        weight = _LOOP_WEIGHT ** depths[block.index] if depths else 1
        live: dict[int, int] = {}  # by register, the moment after the last one at which it is wanted
        for target in block.targets:
            if live:
                live.update(dict.fromkeys(live_in[target.index], at))
            else:
                live = dict.fromkeys(live_in[target.index], at)
        if len(block.targets) == 2 and code[-1][0] in UNSIGNED_ORDERINGS:
            weights[code[-1][1]] += _BOUND_WEIGHT * weight
        number = len(code)
        for opcode, dst, src, _, _, _ in reversed(code):
            number -= 1
            at -= 2
            role = ROLES[opcode]
            if role == TRANSFERS:
                if dst in live:
                    ranges[dst] |= (1 << live.pop(dst)) - (2 << at)
                elif opcode == MOVE and src == 0:
                    code[number] = _NOTHING  # the result of a call that was made for its effect
                    continue
                else:
                    ranges[dst] |= 2 << at
                weights[dst] += weight
                weights[src] += weight
                if src not in live:
                    live[src] = at + 1
                if opcode == MOVE:
                    add_move((dst, src))
            elif role == READS_DST:
                weights[dst] += weight
                if dst not in live:
                    live[dst] = at + 2
            elif role == DEFINES:
                weights[dst] += weight
                ranges[dst] |= (1 << live.pop(dst, at + 2)) - (2 << at)
            elif role == READS_BOTH:
                weights[dst] += weight
                weights[src] += weight
                if dst not in live:
                    live[dst] = at + 2
                if src not in live:
                    live[src] = at + 1
            else:
                calls |= 2 << at
                ranges[0] |= (1 << live.pop(0, at + 2)) - (2 << at)
                for register in range(1, dst + 1):
                    live[register] = at + 1
        low = 1 << at
        for register, end in live.items():
            ranges[register] |= (1 << end) - low
        live_in[block.index] = live
    if back_edges:
        _around_loops(blocks, back_edges, live_in, ends, ranges)
    for register in range(_CALLER_SAVED):
        ranges[register] |= calls
    return liveness


def _loops(blocks: list[MachineBlock]) -> tuple[list[int], list[tuple[MachineBlock, MachineBlock]]]:
    """How many loops are around each block (empty if there is no loop), and the jumps backwards."""
    back_edges = [(block, target) for block in blocks for target in block.targets if target.index <= block.index]
    if not back_edges:
        return [], []
    depths = [0] * len(blocks)
    for block, target in back_edges:
        for index in range(target.index, block.index + 1):
            depths[index] += 1
    return depths, back_edges


def _around_loops(
    blocks: list[MachineBlock],
    back_edges: list[tuple[MachineBlock, MachineBlock]],
    live_in: list[dict[int, int]],
    ends: list[int],
    ranges: list[int],
) -> None:
    """Add what a jump backwards keeps alive: all that its target wants, up to its definition or all the way round."""
    predecessors: list[list[MachineBlock]] = [[] for _ in blocks]
    for block in blocks:
        for target in block.targets:
            predecessors[target.index].append(block)
    todo = [(register, block) for block, target in back_edges for register in live_in[target.index]]
    while todo:
        register, block = todo.pop()
        end = ends[block.index]
        start = end - len(block.code)
        for number in range(end - 1, start - 1, -1):
            if _defines(block.code[number - start], register):
                ranges[register] |= (1 << 2 * end) - (2 << 2 * number)
                break
        else:
            ranges[register] |= (1 << 2 * end) - (1 << 2 * start)
            if register not in live_in[block.index]:
                live_in[block.index][register] = 0
                todo.extend((register, predecessor) for predecessor in predecessors[block.index])


def _defines(code: Code, register: int) -> bool:
    """Whether *code* gives *register* a new value that does not depend on its old one."""
    return code[1] == register and ROLES[code[0]] in (DEFINES, TRANSFERS)

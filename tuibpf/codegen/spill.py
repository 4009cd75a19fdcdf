"""Spilling: registers that found no place live on the stack, and go through short-lived registers at each use.

``add v, w`` of two spilled registers becomes::

    mov c, [v];  mov d, [w];  add c, d;  mov [v], c

Whole registers are stored, which is what the verifier tracks: pointers stay pointers and bounds stay bounds.
"""

from __future__ import annotations

from tuibpf.codegen.frame import Frame
from tuibpf.codegen.liveness import Liveness
from tuibpf.codegen.machine import (
    DEFINES,
    FRAME_POINTER,
    LOAD,
    MOVE,
    READS_BOTH,
    READS_DST,
    ROLES,
    STORE,
    TRANSFERS,
    WRITES_DST,
    Code,
    MachineFunction,
)

__all__ = ["Spiller"]

_FILL = LOAD[8]
_STORE = STORE[8]
_NAMES_DST = (DEFINES, TRANSFERS, READS_BOTH, READS_DST)
_NAMES_SRC = (TRANSFERS, READS_BOTH)
_READS_OLD_DST = (READS_BOTH, READS_DST)


class Spiller:
    """Rewrites one function from its original code, as often as more registers turn out to need it.

    The moments of *liveness* stay those of the original code: what is inserted takes no moment of its own. A register
    filled for instruction i lives at its reading, 2i, and one that is stored after it at its writing, 2i+1; what else
    lives then is exactly what it must not disturb. So lives are computed once, whatever is spilled.
    """

    def __init__(self, machine: MachineFunction, liveness: Liveness, frame: Frame) -> None:
        self.machine = machine
        self.frame = frame
        self.lives = liveness
        self.original = [block.code for block in machine.blocks]
        self.first_carrier = machine.registers
        self.places: dict[int, int] = {}
        self.taken: list[list[int]] = []  # offset from r10, and the moments at which it is in use

    def spill(self, registers: list[int]) -> Liveness:
        """Rewrite the function with *registers* on the stack too; the lives of the registers that are left.

        Those from ``first_carrier`` on are new and short-lived, and must find a place.
        """
        for register in registers:
            self.places[register] = self.place(self.lives.ranges[register])
        machine, old = self.machine, self.lives
        machine.registers = self.first_carrier
        left = Liveness(0)
        left.ranges, left.weights = old.ranges[:], old.weights[:]
        for register in self.places:
            left.ranges[register] = 0
        at = 0
        for block, code in zip(machine.blocks, self.original, strict=True):
            block.code = self.rewrite(code, at, left)
            at += 2 * len(code)
        left.moves = [move for move in old.moves if move[0] not in self.places and move[1] not in self.places]
        return left

    def place(self, life: int) -> int:
        """An offset from r10; registers that never live at the same time may have the same."""
        for place in self.taken:
            if not place[1] & life:
                place[1] |= life
                return place[0]
        self.taken.append([self.frame.spill(), life])
        return self.taken[-1][0]

    def carrier(self, life: int, left: Liveness) -> int:
        """A new register that lives at the moments *life*."""
        left.ranges.append(life)
        left.weights.append(1)
        return self.machine.fresh()

    def rewrite(self, code: list[Code], at: int, left: Liveness) -> list[Code]:
        """*code*, whose first instruction reads at moment *at*, with all that is spilled on the stack."""
        places, ranges = self.places, left.ranges
        out: list[Code] = []
        held, holder = -1, -1  # a spilled register that the next instruction changes again, and where it is till then
        for index, item in enumerate(code):
            opcode, dst, src, offset, imm, span = item
            role = ROLES[opcode]
            source_place = places.get(src) if role in _NAMES_SRC else None
            place = places.get(dst) if role in _NAMES_DST else None
            if source_place is None and place is None:
                out.append(item)
                continue
            now = at + 2 * index
            writes = place is not None and opcode in WRITES_DST
            more = writes and index + 1 < len(code) and _changes(code[index + 1], dst)
            if opcode == MOVE and source_place is None and not more:
                out.append((_STORE, FRAME_POINTER, src, place or 0, 0, span))
                continue
            if opcode == MOVE and place is None:
                out.append((_FILL, dst, FRAME_POINTER, source_place or 0, 0, span))
                continue
            new_dst, new_src = dst, src
            if place is not None:
                life = (1 << now if role in _READS_OLD_DST else 0) | (2 << now if writes else 0)
                if dst == held:
                    new_dst = holder
                    ranges[holder] |= life
                else:
                    new_dst = self.carrier(life, left)
                    if role in _READS_OLD_DST:
                        out.append((_FILL, new_dst, FRAME_POINTER, place, 0, span))
            if source_place is not None:
                if src == dst and role == READS_BOTH:
                    new_src = new_dst
                else:
                    new_src = self.carrier(1 << now, left)
                    out.append((_FILL, new_src, FRAME_POINTER, source_place, 0, span))
            out.append((opcode, new_dst, new_src, offset, imm, span))
            held, holder = (dst, new_dst) if more else (-1, -1)
            if writes and not more:
                out.append((_STORE, FRAME_POINTER, new_dst, place or 0, 0, span))
        return out


def _changes(code: Code, register: int) -> bool:
    """Whether *code* makes a new value of *register* from its old one."""
    return code[1] == register and code[0] in WRITES_DST and ROLES[code[0]] in _READS_OLD_DST

"""Spilling: registers that found no place live on the stack, and go through short-lived registers at each use."""

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

__all__ = ["spill"]

_FILL = LOAD[8]
_STORE = STORE[8]
_NAMES_DST = (DEFINES, TRANSFERS, READS_BOTH, READS_DST)
_NAMES_SRC = (TRANSFERS, READS_BOTH)
_READS_OLD_DST = (READS_BOTH, READS_DST)


def spill(machine: MachineFunction, spilled: list[int], liveness: Liveness, frame: Frame, kept: set[int]) -> None:
    """Rewrite *machine* so that *spilled* lie in *frame*; the registers that carry them are added to *kept*.

    ``add v, w`` becomes ``mov c, [v]; mov d, [w]; add c, d; mov [v], c``. Whole registers are stored, which is what
    the verifier tracks: pointers stay pointers and bounds stay bounds.
    """
    places = _places(spilled, liveness, frame)
    for block in machine.blocks:
        block.code = _rewrite(machine, block.code, places, kept)


def _places(spilled: list[int], liveness: Liveness, frame: Frame) -> dict[int, int]:
    """An offset from r10 for each of *spilled*; those that never live at the same time may have the same."""
    taken: list[list[int]] = []  # offset, and the moments at which it is in use
    places: dict[int, int] = {}
    for register in spilled:
        life = liveness.ranges[register]
        for place in taken:
            if not place[1] & life:
                break
        else:
            place = [frame.spill(), 0]
            taken.append(place)
        place[1] |= life
        places[register] = place[0]
    return places


def _rewrite(machine: MachineFunction, code: list[Code], places: dict[int, int], kept: set[int]) -> list[Code]:
    out: list[Code] = []
    carried, carrier = -1, -1  # the spilled register that is to be changed again at once, and where it is till then
    for index, item in enumerate(code):
        opcode, dst, src, offset, imm, span = item
        role = ROLES[opcode]
        source_place = places.get(src) if role in _NAMES_SRC else None
        place = places.get(dst) if role in _NAMES_DST else None
        if source_place is None and place is None:
            out.append(item)
            continue
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
            new_dst = carrier if dst == carried else machine.fresh()
            if role in _READS_OLD_DST and dst != carried:
                out.append((_FILL, new_dst, FRAME_POINTER, place, 0, span))
        if source_place is not None:
            if src == dst and role == READS_BOTH:
                new_src = new_dst
            else:
                new_src = machine.fresh()
                kept.add(new_src)
                out.append((_FILL, new_src, FRAME_POINTER, source_place, 0, span))
        kept.add(new_dst)
        out.append((opcode, new_dst, new_src, offset, imm, span))
        carried, carrier = (dst, new_dst) if more else (-1, -1)
        if writes and not more:
            out.append((_STORE, FRAME_POINTER, new_dst, place or 0, 0, span))
    return out


def _changes(code: Code, register: int) -> bool:
    """Whether *code* makes a new value of *register* from its old one."""
    return code[1] == register and code[0] in WRITES_DST and ROLES[code[0]] in _READS_OLD_DST

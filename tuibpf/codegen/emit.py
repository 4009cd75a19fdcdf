"""Emission: blocks laid out, jumps aimed, and the bytes, relocations and lines of the program."""

from __future__ import annotations

from tuibpf import isa
from tuibpf.codegen.frame import Frame
from tuibpf.codegen.machine import CALL, LOAD_WIDE, MOVE, MachineBlock, MachineFunction
from tuibpf.diagnostics import CompileError, Diagnostic
from tuibpf.ir import Function
from tuibpf.program import Line, Program, Relocation

__all__ = ["emit"]

_FARTHEST_JUMP = 0x7FFF
_LONGEST_NAME = 15  # BPF_OBJ_NAME_LEN with its NUL, include/uapi/linux/bpf.h
_GOTO = isa.goto(0).opcode
_NEGATED = {
    maker(condition, 0, 0, 0).opcode: maker(condition.negated, 0, 0, 0).opcode
    for maker in (isa.jump64_reg, isa.jump64_imm)
    for condition in isa.Jump
    if condition.name not in ("JA", "JSET", "CALL", "EXIT")
}


def emit(machine: MachineFunction, colours: list[int], frame: Frame) -> Program:
    """The program, with *colours* as the real register of each register.

    Moves to the same place vanish, and so do blocks that are empty then. The others lie in the order of the script, so
    that only loops jump backwards.
    """
    function = machine.function
    leads_to = _skip_empty(machine.blocks, colours)
    laid = [block for block in machine.blocks if leads_to[block.index] is block]
    out: list[tuple[int, int, int, int, int]] = []
    append = out.append
    relocations: list[Relocation] = []
    lines: list[Line] = []
    jumps: list[tuple[int, int, MachineBlock]] = []  # index in out, slot behind the jump, target
    starts: dict[MachineBlock, int] = {}
    last_span = None
    slot = 0
    for number, block in enumerate(laid, 1):
        starts[block] = slot
        code = block.code
        for opcode, dst, src, offset, imm, span in code[:-1] if len(block.targets) == 2 else code:
            dst = colours[dst]
            if opcode == MOVE and dst == colours[src]:
                continue
            if span is not last_span and span is not None or not slot:
                last_span = span or function.span
                if not lines or lines[-1].span != last_span:
                    lines.append(Line(slot, last_span))
            if opcode == LOAD_WIDE:
                if src:
                    relocations.append(Relocation(slot, *machine.references[imm]))
                append((opcode, dst, src, 0, 0 if src else imm))
                slot += 2
            else:
                append((opcode, 0 if opcode == CALL else dst, colours[src], offset, imm))
                slot += 1
        targets = [leads_to[target.index] for target in block.targets]
        following = laid[number] if number < len(laid) else None
        if len(targets) == 2 and targets[0] is not targets[1]:
            opcode, dst, src, _, imm, span = code[-1]
            if span is not None and span != last_span or not slot:
                last_span = span or function.span
                lines.append(Line(slot, last_span))
            if targets[0] is following and opcode in _NEGATED:
                opcode = _NEGATED[opcode]
                targets.reverse()
            jumps.append((len(out), slot + 1, targets[0]))
            append((opcode, colours[dst], colours[src], 0, imm))
            slot += 1
        if targets and targets[-1] is not following:
            jumps.append((len(out), slot + 1, targets[-1]))
            append((_GOTO, 0, 0, 0, 0))
            slot += 1
    for index, origin, target in jumps:
        opcode, dst, src, _, imm = out[index]
        offset = starts[target] - origin
        if not -_FARTHEST_JUMP - 1 <= offset <= _FARTHEST_JUMP:
            raise _too_long(function, slot)
        out[index] = (opcode, dst, src, offset, imm)
    return Program(
        name=_name(function.name),
        hook=function.hook,
        instructions=isa.encode(out),
        relocations=tuple(relocations),
        lines=tuple(lines),
        stack_bytes=frame.size,
    )


def _name(text: str) -> str:
    """*text* as the kernel takes names (``bpf_obj_name_cpy()``, kernel/bpf/syscall.c)."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_.") else "_" for c in text[:_LONGEST_NAME])


def _skip_empty(blocks: list[MachineBlock], colours: list[int]) -> list[MachineBlock]:
    """By index, where control that goes to a block really arrives: past blocks in which nothing is done."""
    empty = [
        index > 0 and len(block.targets) == 1
        and all(opcode == MOVE and colours[dst] == colours[src] for opcode, dst, src, *_ in block.code)
        for index, block in enumerate(blocks)
    ]  # fmt: skip
    leads_to = []
    for block in blocks:
        passed = {block.index}
        while empty[block.index] and block.targets[0].index not in passed:
            block = block.targets[0]
            passed.add(block.index)
        leads_to.append(block)
    return leads_to


def _too_long(function: Function, slots: int) -> CompileError:
    return CompileError(
        Diagnostic(
            f"{function.name} compiles to {slots} instructions, and a jump reaches over {_FARTHEST_JUMP} at most",
            span=function.span,
            hint="shorten its loops or its branches",
        )
    )

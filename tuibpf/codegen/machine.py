"""Machine code before registers are allocated: blocks of instructions on any number of registers.

An instruction is a plain tuple, because a probe has hundreds and each is touched by every step::

    (opcode, dst, src, offset, imm, span)

with the meaning that ``isa.Instruction`` gives the fields, except that

- registers from ``VIRTUAL`` on are virtual: values that still need a place; below it stand r0 to r10 themselves;
- a ``ld_imm64`` that waits for a map has src 1 or 2 (``isa.Pseudo``) and an index into ``MachineFunction.references``;
- a call has its number of arguments in dst;
- a conditional jump has no offset yet: where it leads is in ``MachineBlock.targets``.
"""

from __future__ import annotations

from tuibpf import isa
from tuibpf.diagnostics import Span
from tuibpf.ir import Function

__all__ = [
    "CALL", "CALLS", "DEFINES", "EXIT", "FRAME_POINTER", "LOAD", "LOAD_WIDE", "MOVE", "MOVE32",
    "MOVE32_IMM", "MOVE_IMM", "READS_BOTH", "READS_DST", "ROLES", "STORE", "TRANSFERS", "UNSIGNED_ORDERINGS", "VIRTUAL",
    "WRITES_DST", "Code", "MachineBlock", "MachineFunction",
]  # fmt: skip

Code = tuple[int, int, int, int, int, Span | None]

VIRTUAL = 16
"""The first virtual register."""
FRAME_POINTER = 10

MOVE = isa.mov64_reg(0, 0).opcode
MOVE_IMM = isa.mov64_imm(0, 0).opcode
MOVE32 = isa.mov32_reg(0, 0).opcode
MOVE32_IMM = isa.mov32_imm(0, 0).opcode
LOAD_WIDE = isa.LD_IMM64
LOAD = {width: isa.load(width, 0, 0, 0).opcode for width in isa.SIZE_OF_WIDTH}
STORE = {width: isa.store_reg(width, 0, 0, 0).opcode for width in isa.SIZE_OF_WIDTH}
CALL = isa.call(0).opcode
EXIT = isa.exit_program().opcode

# What an instruction does with its registers, which is all that allocation needs to know of it.
CALLS = 0  # reads r1 to as many as dst says, loses r0 to r5, writes r0
DEFINES = 1  # writes dst, reads nothing
TRANSFERS = 2  # reads src, writes dst
READS_BOTH = 3  # reads dst and src; may change dst
READS_DST = 4  # reads dst; may change it


def _role(opcode: int) -> int:
    if opcode == CALL:
        return CALLS
    family, from_register = opcode & 7, opcode & 8
    if family in (isa.Class.ALU, isa.Class.ALU64):
        operation = opcode & 0xF0
        if operation == isa.Alu.MOV:
            return TRANSFERS if from_register else DEFINES
        if operation in (isa.Alu.END, isa.Alu.NEG):
            return READS_DST
    if family == isa.Class.LD:
        return DEFINES
    if family == isa.Class.LDX:
        return TRANSFERS
    if family == isa.Class.STX:
        return READS_BOTH
    if family == isa.Class.ST:
        return READS_DST
    return READS_BOTH if from_register else READS_DST


ROLES = bytes(_role(opcode) for opcode in range(256))
"""By opcode. An exit reads r0, its dst."""
WRITES_DST = frozenset(
    opcode for opcode in range(256)
    if opcode & 7 in (isa.Class.ALU, isa.Class.ALU64, isa.Class.LD, isa.Class.LDX)
)  # fmt: skip
UNSIGNED_ORDERINGS = frozenset(
    maker(condition, 0, 0, 0).opcode
    for maker in (isa.jump64_reg, isa.jump64_imm)
    for condition in isa.Jump
    if condition.name in ("JLT", "JLE", "JGT", "JGE")
)
"""Conditional jumps that tell how large a value is."""


class MachineBlock:
    """Instructions that run one after the other, then one of *targets*.

    Two targets: the last instruction is a conditional jump to the first of them. One: control just goes on there.
    None: the last instruction is an exit. *index* is the place among the blocks of the function.
    """

    __slots__ = ("code", "index", "targets")

    def __init__(self) -> None:
        self.code: list[Code] = []
        self.targets: list[MachineBlock] = []
        self.index = 0


class MachineFunction:
    """A function's blocks in the order in which they will lie in memory.

    *registers* counts them, virtual and real; *references* are the maps that wide loads wait for, as a name and the
    offset into its value (None for the map itself).
    """

    __slots__ = ("blocks", "function", "references", "registers")

    def __init__(self, function: Function) -> None:
        self.function = function
        self.blocks: list[MachineBlock] = []
        self.references: list[tuple[str, int | None]] = []
        self.registers = VIRTUAL

    def fresh(self) -> int:
        """A new virtual register."""
        self.registers += 1
        return self.registers - 1

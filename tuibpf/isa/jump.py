"""Jumps, calls and exit: opcodes of the classes JMP (64 bits) and JMP32, and their constructors.

::

     7           4   3   2     0
    ┌─────────────┬─────┬───────┐
    │ operation   │ X/K │ class │     JMP = 5, JMP32 = 6
    └─────────────┴─────┴───────┘

Distances count slots from the instruction after the jump: 0 goes to the next one.
"""

from tuibpf.isa.alu import signed_imm32
from tuibpf.isa.instruction import Class, Instruction, Source
from tuibpf.isa.words import IntWords

__all__ = [
    "Call", "Jump", "call", "call_kernel", "call_local", "exit_program", "goto", "goto_long", "jump32_imm",
    "jump32_reg", "jump64_imm", "jump64_reg",
]  # fmt: skip


class Jump(IntWords):
    """What dst and the second operand must satisfy for the jump to be taken."""

    JA = 0x00  # always
    JEQ = 0x10
    JGT = 0x20  # unsigned
    JGE = 0x30  # unsigned
    JSET = 0x40  # a common bit is set
    JNE = 0x50
    JSGT = 0x60  # signed
    JSGE = 0x70  # signed
    CALL = 0x80
    EXIT = 0x90
    JLT = 0xA0  # unsigned (Linux 4.14)
    JLE = 0xB0  # unsigned (Linux 4.14)
    JSLT = 0xC0  # signed (Linux 4.14)
    JSLE = 0xD0  # signed (Linux 4.14)

    @property
    def negated(self) -> "Jump":
        """The condition that holds exactly when this one does not. ``KeyError`` for those that have none."""
        return _NEGATED[self]

    @property
    def swapped(self) -> "Jump":
        """The condition on swapped operands: ``a < b`` is ``b > a``. ``KeyError`` for those that have none."""
        return _SWAPPED[self]


_NEGATED = {
    Jump.JEQ: Jump.JNE, Jump.JNE: Jump.JEQ,
    Jump.JGT: Jump.JLE, Jump.JLE: Jump.JGT, Jump.JGE: Jump.JLT, Jump.JLT: Jump.JGE,
    Jump.JSGT: Jump.JSLE, Jump.JSLE: Jump.JSGT, Jump.JSGE: Jump.JSLT, Jump.JSLT: Jump.JSGE,
}  # fmt: skip
_SWAPPED = {
    Jump.JEQ: Jump.JEQ, Jump.JNE: Jump.JNE, Jump.JSET: Jump.JSET,
    Jump.JGT: Jump.JLT, Jump.JLT: Jump.JGT, Jump.JGE: Jump.JLE, Jump.JLE: Jump.JGE,
    Jump.JSGT: Jump.JSLT, Jump.JSLT: Jump.JSGT, Jump.JSGE: Jump.JSLE, Jump.JSLE: Jump.JSGE,
}  # fmt: skip


class Call:
    """What the imm of a call names: the src field, ``BPF_PSEUDO_CALL`` and its neighbours in the kernel's header."""

    HELPER = 0  # a helper function by its number
    LOCAL = 1  # a function of this program by its distance in slots (Linux 4.16)
    KERNEL = 2  # a kernel function by its BTF id (Linux 5.13)


_JMP_IMM = int(Class.JMP | Source.K)
_JMP_REG = int(Class.JMP | Source.X)
_JMP32_IMM = int(Class.JMP32 | Source.K)
_JMP32_REG = int(Class.JMP32 | Source.X)
_CALL = int(Jump.CALL) | _JMP_IMM
_EXIT = int(Jump.EXIT) | _JMP_IMM
_LOCAL = Call.LOCAL
_KERNEL = Call.KERNEL


def goto(offset: int) -> Instruction:
    """Always go *offset* slots on, 16 bits wide."""
    return Instruction(_JMP_IMM, 0, 0, offset, 0)


def goto_long(offset: int) -> Instruction:
    """Always go *offset* slots on, 32 bits wide (Linux 6.6, ISA v4)."""
    return Instruction(_JMP32_IMM, 0, 0, 0, offset)


def jump64_reg(condition: Jump, dst: int, src: int, offset: int) -> Instruction:
    """``if dst condition src goto offset``"""
    return Instruction(condition | _JMP_REG, dst, src, offset, 0)


def jump64_imm(condition: Jump, dst: int, imm: int, offset: int) -> Instruction:
    """``if dst condition imm goto offset``; *imm* is signed and sign-extended, for unsigned conditions too."""
    return Instruction(condition | _JMP_IMM, dst, 0, offset, imm)


def jump32_reg(condition: Jump, dst: int, src: int, offset: int) -> Instruction:
    """``if (u32)dst condition (u32)src goto offset`` (Linux 5.1)"""
    return Instruction(condition | _JMP32_REG, dst, src, offset, 0)


def jump32_imm(condition: Jump, dst: int, imm: int, offset: int) -> Instruction:
    """``if (u32)dst condition imm goto offset`` (Linux 5.1); *imm* may be given signed or unsigned."""
    return Instruction(condition | _JMP32_IMM, dst, 0, offset, signed_imm32(imm))


def call(helper: int) -> Instruction:
    """Call a helper function of the kernel: arguments in R1 to R5, result in R0."""
    return Instruction(_CALL, 0, 0, 0, helper)


def call_local(offset: int) -> Instruction:
    """Call the function of this program that starts *offset* slots on; it gets a stack frame of its own."""
    return Instruction(_CALL, 0, _LOCAL, 0, offset)


def call_kernel(btf_id: int) -> Instruction:
    """Call the kernel function whose FUNC has this id in the kernel's own BTF."""
    return Instruction(_CALL, 0, _KERNEL, 0, btf_id)


def exit_program() -> Instruction:
    """Return R0 to the caller."""
    return Instruction(_EXIT, 0, 0, 0, 0)

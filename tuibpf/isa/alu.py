"""Arithmetic: opcodes of the classes ALU (32 bits) and ALU64, and their constructors.

::

     7           4   3   2     0
    ┌─────────────┬─────┬───────┐
    │ operation   │ X/K │ class │     ALU = 4, ALU64 = 7
    └─────────────┴─────┴───────┘

Signed division, signed remainder and sign-extending moves reuse the operation of their unsigned forms and say so in
the instruction's offset. Their members here carry that offset in bits 8 and up, so that each is one value.
"""

from tuibpf.isa.instruction import Class, Instruction, Source
from tuibpf.isa.words import IntWords

__all__ = [
    "Alu", "alu32_imm", "alu32_reg", "alu64_imm", "alu64_reg", "byte_swap", "mov32_imm", "mov32_reg", "mov64_imm",
    "mov64_reg", "neg32", "neg64", "signed_imm32", "to_big_endian", "to_little_endian",
]  # fmt: skip


class Alu(IntWords):
    """What to do with dst and the second operand. Division by zero gives 0, a remainder by zero gives dst."""

    ADD = 0x00
    SUB = 0x10
    MUL = 0x20
    DIV = 0x30  # unsigned
    OR = 0x40
    AND = 0x50
    LSH = 0x60
    RSH = 0x70  # logical
    NEG = 0x80  # no second operand
    MOD = 0x90  # unsigned
    XOR = 0xA0
    MOV = 0xB0
    ARSH = 0xC0  # arithmetic; in 32 bits since Linux 4.20
    END = 0xD0  # byte order; imm is the width in bits
    SDIV = 0x130  # rounds towards zero (Linux 6.6, ISA v4)
    SMOD = 0x190  # has the sign of dst (Linux 6.6, ISA v4)
    MOVSX8 = 0x8B0  # register only (Linux 6.6, ISA v4)
    MOVSX16 = 0x10B0  # register only (Linux 6.6, ISA v4)
    MOVSX32 = 0x20B0  # register only, 64 bits only (Linux 6.6, ISA v4)


_ALU32_IMM = int(Class.ALU | Source.K)
_ALU32_REG = int(Class.ALU | Source.X)
_ALU64_IMM = int(Class.ALU64 | Source.K)
_ALU64_REG = int(Class.ALU64 | Source.X)
_MOV = int(Alu.MOV)
_NEG = int(Alu.NEG)
_END = int(Alu.END)


def signed_imm32(value: int) -> int:
    """The signed constant with the same lower 32 bits as *value*: for operations that look at no more than those."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def alu64_reg(operation: Alu, dst: int, src: int) -> Instruction:
    """``dst = dst operation src``"""
    return Instruction(operation & 0xF0 | _ALU64_REG, dst, src, operation >> 8, 0)


def alu64_imm(operation: Alu, dst: int, imm: int) -> Instruction:
    """``dst = dst operation imm``, *imm* being signed, 32 bits wide and sign-extended by the processor."""
    return Instruction(operation & 0xF0 | _ALU64_IMM, dst, 0, operation >> 8, imm)


def alu32_reg(operation: Alu, dst: int, src: int) -> Instruction:
    """``dst = (u32)dst operation (u32)src``, the upper half of dst becoming zero."""
    return Instruction(operation & 0xF0 | _ALU32_REG, dst, src, operation >> 8, 0)


def alu32_imm(operation: Alu, dst: int, imm: int) -> Instruction:
    """``dst = (u32)dst operation imm``; *imm* may be given signed or unsigned."""
    return Instruction(operation & 0xF0 | _ALU32_IMM, dst, 0, operation >> 8, signed_imm32(imm))


def mov64_reg(dst: int, src: int) -> Instruction:
    """``dst = src``"""
    return Instruction(_MOV | _ALU64_REG, dst, src, 0, 0)


def mov64_imm(dst: int, imm: int) -> Instruction:
    """``dst = imm``, sign-extended; see ``load_constant`` for constants that do not fit 32 bits."""
    return Instruction(_MOV | _ALU64_IMM, dst, 0, 0, imm)


def mov32_reg(dst: int, src: int) -> Instruction:
    """``dst = (u32)src``: the shortest zero extension."""
    return Instruction(_MOV | _ALU32_REG, dst, src, 0, 0)


def mov32_imm(dst: int, imm: int) -> Instruction:
    """``dst = (u32)imm``"""
    return Instruction(_MOV | _ALU32_IMM, dst, 0, 0, signed_imm32(imm))


def neg64(dst: int) -> Instruction:
    """``dst = -dst``"""
    return Instruction(_NEG | _ALU64_IMM, dst, 0, 0, 0)


def neg32(dst: int) -> Instruction:
    """``dst = (u32)-dst``"""
    return Instruction(_NEG | _ALU32_IMM, dst, 0, 0, 0)


def to_little_endian(dst: int, bits: int) -> Instruction:
    """The lower *bits* (16, 32 or 64) of dst from the machine's byte order to little-endian, the rest zero."""
    return Instruction(_END | _ALU32_IMM, dst, 0, 0, bits)


def to_big_endian(dst: int, bits: int) -> Instruction:
    """The lower *bits* (16, 32 or 64) of dst from the machine's byte order to big-endian, the rest zero."""
    return Instruction(_END | _ALU32_REG, dst, 0, 0, bits)


def byte_swap(dst: int, bits: int) -> Instruction:
    """The bytes of the lower *bits* (16, 32 or 64) of dst reversed, the rest zero (Linux 6.6, ISA v4)."""
    return Instruction(_END | _ALU64_IMM, dst, 0, 0, bits)

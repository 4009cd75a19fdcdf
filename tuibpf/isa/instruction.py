"""One BPF instruction, and how a program of them becomes the bytes that the kernel loads.

A slot is ``struct bpf_insn`` of include/uapi/linux/bpf.h, here in little-endian byte order::

     63                            32 31            16 15  12 11   8 7            0
    ┌────────────────────────────────┬────────────────┬──────┬──────┬──────────────┐
    │ imm (signed)                   │ offset (signed)│ src  │ dst  │ opcode       │
    └────────────────────────────────┴────────────────┴──────┴──────┴──────────────┘

The three low bits of the opcode are its class. Only ``ld_imm64`` takes a second slot, which holds nothing but the
upper half of its 64-bit constant.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from tuibpf.isa.words import IntWords

__all__ = ["LD_IMM64", "SLOT_BYTES", "Class", "Instruction", "Register", "Source", "encode", "slots"]

SLOT_BYTES = 8
LD_IMM64 = 0x18
"""The one opcode that takes two slots: class LD, mode IMM, size DW."""

_SLOT = struct.Struct("<BBhi")
_WIDE = struct.Struct("<BBhIII")


class Class(IntWords):
    """The family of an instruction: bits 0 to 2 of the opcode."""

    LD = 0x00  # constants of 64 bits; packet access of classic BPF
    LDX = 0x01  # memory to register
    ST = 0x02  # constant to memory
    STX = 0x03  # register to memory; atomic operations
    ALU = 0x04  # arithmetic on the lower 32 bits; the upper ones become zero
    JMP = 0x05  # jumps that compare 64 bits; calls; exit
    JMP32 = 0x06  # jumps that compare the lower 32 bits (Linux 5.1)
    ALU64 = 0x07  # arithmetic on 64 bits


class Source:
    """Where the second operand of arithmetic and of a jump comes from: bit 3 of the opcode."""

    K = 0x00  # the constant imm
    X = 0x08  # the register src


class Register:
    """The registers, plain integers, and what the calling convention makes of them."""

    R0 = 0  # result of a call, exit value of the program
    R1 = 1  # first argument; the context at entry; R1 to R5 are lost in a call
    R2 = 2
    R3 = 3
    R4 = 4
    R5 = 5
    R6 = 6  # R6 to R9 survive a call
    R7 = 7
    R8 = 8
    R9 = 9
    FP = 10  # frame pointer: read only, one past the top of the 512 bytes of stack


class Instruction(NamedTuple):
    """An instruction as its fields.

    *offset* is signed and 16 bits wide: bytes for memory access, slots from the next instruction for jumps. *imm* is
    signed and 32 bits wide; for ``ld_imm64`` alone it is any 64-bit constant, signed or not.
    """

    opcode: int
    dst: int = 0
    src: int = 0
    offset: int = 0
    imm: int = 0


def slots(instruction: Instruction) -> int:
    """The number of 8-byte slots that *instruction* takes: what jump offsets and relocations count in."""
    return 2 if instruction.opcode == LD_IMM64 else 1


def encode(instructions: Iterable[tuple[int, int, int, int, int]]) -> bytes:
    """The bytes of a program. Raises ``ValueError`` that names the instruction with a field out of its range."""
    out: list[bytes] = []
    pack = _SLOT.pack
    try:
        for opcode, dst, src, offset, imm in instructions:
            if opcode != LD_IMM64:
                out.append(pack(opcode, src << 4 | dst, offset, imm))
            elif -(1 << 63) <= imm < 1 << 64:
                out.append(_WIDE.pack(opcode, src << 4 | dst, offset, imm & 0xFFFFFFFF, 0, imm >> 32 & 0xFFFFFFFF))
            else:
                raise ValueError("the constant does not fit 64 bits")
    except (struct.error, ValueError) as error:
        raise ValueError(f"instruction {len(out)} can not be encoded: {error}") from None
    return b"".join(out)

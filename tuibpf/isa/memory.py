"""Loads, stores and wide constants: opcodes of the classes LD, LDX, ST and STX, and their constructors.

::

     7       5   4   3   2     0
    ┌─────────┬───────┬───────┐
    │ mode    │ size  │ class │     LD = 0, LDX = 1, ST = 2, STX = 3
    └─────────┴───────┴───────┘

Widths are given in bytes: 1, 2, 4 or 8. Another width is a ``KeyError``.
"""

from tuibpf.isa.instruction import LD_IMM64, Class, Instruction
from tuibpf.isa.words import IntWords

__all__ = [
    "SIZE_OF_WIDTH", "Mode", "Pseudo", "Size", "load", "load_btf_object", "load_constant", "load_function", "load_map",
    "load_map_value", "load_signed", "store_imm", "store_reg",
]  # fmt: skip


class Size(IntWords):
    """How much of memory is touched: bits 3 and 4 of the opcode."""

    W = 0x00  # 4 bytes
    H = 0x08  # 2 bytes
    B = 0x10  # 1 byte
    DW = 0x18  # 8 bytes


class Mode(IntWords):
    """How the address is made: bits 5 to 7 of the opcode."""

    IMM = 0x00  # no address: the constant itself
    ABS = 0x20  # packet access of classic BPF
    IND = 0x40  # packet access of classic BPF
    MEM = 0x60  # register plus offset
    MEMSX = 0x80  # register plus offset, sign-extended; LDX only (Linux 6.6, ISA v4)
    ATOMIC = 0xC0  # register plus offset, in one step; STX only


class Pseudo:
    """What the constant of ``ld_imm64`` stands for: the src field, ``BPF_PSEUDO_MAP_FD`` and its neighbours."""

    CONSTANT = 0
    MAP_FD = 1  # the map of a file descriptor
    MAP_VALUE = 2  # an address in element 0 of an array: file descriptor low, offset high (Linux 5.2)
    BTF_ID = 3  # the address of a kernel variable by its BTF id (Linux 5.10)
    FUNCTION = 4  # a function of this program, for helpers that call back (Linux 5.13)
    MAP_BY_INDEX = 5  # a map by its place in the array of descriptors of the load (Linux 5.14)
    MAP_VALUE_BY_INDEX = 6  # an address in element 0 of such a map (Linux 5.14)


SIZE_OF_WIDTH = {1: Size.B, 2: Size.H, 4: Size.W, 8: Size.DW}
"""Width in bytes to the size bits of the opcode."""

_LOAD = {width: int(Class.LDX | Mode.MEM | size) for width, size in SIZE_OF_WIDTH.items()}
_LOAD_SIGNED = {width: int(Class.LDX | Mode.MEMSX | size) for width, size in SIZE_OF_WIDTH.items() if width < 8}
_STORE_REG = {width: int(Class.STX | Mode.MEM | size) for width, size in SIZE_OF_WIDTH.items()}
_STORE_IMM = {width: int(Class.ST | Mode.MEM | size) for width, size in SIZE_OF_WIDTH.items()}
_MAP_FD = Pseudo.MAP_FD
_MAP_VALUE = Pseudo.MAP_VALUE
_BTF_ID = Pseudo.BTF_ID
_FUNCTION = Pseudo.FUNCTION


def load(width: int, dst: int, src: int, offset: int) -> Instruction:
    """``dst = *(uN *)(src + offset)``, zero-extended."""
    return Instruction(_LOAD[width], dst, src, offset, 0)


def load_signed(width: int, dst: int, src: int, offset: int) -> Instruction:
    """``dst = *(sN *)(src + offset)``, sign-extended to 64 bits; widths 1, 2 and 4 (Linux 6.6, ISA v4)."""
    return Instruction(_LOAD_SIGNED[width], dst, src, offset, 0)


def store_reg(width: int, dst: int, offset: int, src: int) -> Instruction:
    """``*(uN *)(dst + offset) = src``"""
    return Instruction(_STORE_REG[width], dst, src, offset, 0)


def store_imm(width: int, dst: int, offset: int, imm: int) -> Instruction:
    """``*(uN *)(dst + offset) = imm``; *imm* is signed and 32 bits wide, sign-extended for a width of 8."""
    return Instruction(_STORE_IMM[width], dst, 0, offset, imm)


def load_constant(dst: int, value: int) -> Instruction:
    """``dst = value``, any 64-bit constant, signed or not. Takes two slots."""
    return Instruction(LD_IMM64, dst, 0, 0, value)


def load_map(dst: int, fd: int) -> Instruction:
    """The map of *fd*, for a helper's argument. Takes two slots."""
    return Instruction(LD_IMM64, dst, _MAP_FD, 0, fd)


def load_map_value(dst: int, fd: int, offset: int) -> Instruction:
    """The address *offset* bytes into the value of element 0 of the array map of *fd*. Takes two slots."""
    return Instruction(LD_IMM64, dst, _MAP_VALUE, 0, offset << 32 | fd)


def load_btf_object(dst: int, btf_id: int) -> Instruction:
    """The address of the kernel variable with this id in the kernel's BTF. Takes two slots."""
    return Instruction(LD_IMM64, dst, _BTF_ID, 0, btf_id)


def load_function(dst: int, offset: int) -> Instruction:
    """The function of this program that starts *offset* slots on, as a helper's call-back. Takes two slots."""
    return Instruction(LD_IMM64, dst, _FUNCTION, 0, offset & 0xFFFFFFFF)

"""Atomic operations on memory: class STX, mode ATOMIC, widths 4 and 8; which operation is in the imm.

Without FETCH they change memory only. With it src receives the old value, and all of them order memory fully.
A width other than 4 or 8 is a ``KeyError``.
"""

from tuibpf.isa.instruction import Class, Instruction
from tuibpf.isa.memory import Mode, Size
from tuibpf.isa.words import IntWords

__all__ = ["Atomic", "atomic"]


class Atomic(IntWords):
    """What is done to ``*(dst + offset)``. Everything but ADD came with Linux 5.12."""

    ADD = 0x00  # the only one before Linux 5.12
    OR = 0x40
    AND = 0x50
    XOR = 0xA0
    FETCH_ADD = 0x01
    FETCH_OR = 0x41
    FETCH_AND = 0x51
    FETCH_XOR = 0xA1
    XCHG = 0xE1  # src and memory trade places
    CMPXCHG = 0xF1  # where memory equals R0, src is stored; R0 receives the old value


_OPCODE = {4: int(Class.STX | Mode.ATOMIC | Size.W), 8: int(Class.STX | Mode.ATOMIC | Size.DW)}


def atomic(operation: Atomic, width: int, dst: int, offset: int, src: int) -> Instruction:
    """``*(uN *)(dst + offset) operation= src`` in one step that no other CPU can split."""
    return Instruction(_OPCODE[width], dst, src, offset, int(operation))

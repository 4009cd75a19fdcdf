"""Programs that are loaded only to see whether this kernel takes them, as ``tuibpf.kernel.features`` does.

In a module of its own, since most launches try none of them and so do without the instruction set.
"""

from __future__ import annotations

from tuibpf.isa import (
    Alu,
    Atomic,
    Helper,
    Instruction,
    Register,
    alu64_imm,
    atomic,
    call,
    encode,
    exit_program,
    mov64_imm,
    store_imm,
)

__all__ = ["EMPTY", "FETCHING_ATOMIC", "SIGNED_DIVISION", "calling"]


def _program(*instructions: Instruction) -> bytes:
    """*instructions*, and then ``return 0``."""
    return encode((*instructions, mov64_imm(Register.R0, 0), exit_program()))


EMPTY = _program()
FETCHING_ATOMIC = _program(
    store_imm(8, Register.FP, -8, 0),
    mov64_imm(Register.R1, 1),
    atomic(Atomic.FETCH_ADD, 8, Register.FP, -8, Register.R1),
)
SIGNED_DIVISION = _program(mov64_imm(Register.R1, -7), alu64_imm(Alu.SDIV, Register.R1, 2))


def calling(name: str) -> bytes:
    """A call of the helper *name* without arguments; ``ValueError`` if it is not known."""
    try:
        helper = Helper[name.upper()]
    except KeyError:
        raise ValueError(f"no helper is called {name!r}") from None
    return _program(call(helper))

"""How each operation of the IR becomes instructions: a function an operation, and the opcodes that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tuibpf import isa
from tuibpf.codegen.machine import CALL, EXIT, LOAD, MOVE, MOVE32, STORE
from tuibpf.diagnostics import Span
from tuibpf.ir import ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType
from tuibpf.passes.fold import signed

if TYPE_CHECKING:
    from tuibpf.codegen.select import Selector

__all__ = ["HANDLERS", "immediate"]

_AND = isa.alu64_imm(isa.Alu.AND, 0, 0).opcode
_LSH = isa.alu64_imm(isa.Alu.LSH, 0, 0).opcode
_ARSH = isa.alu64_imm(isa.Alu.ARSH, 0, 0).opcode
_NEG = isa.neg64(0).opcode
_TO_BIG_ENDIAN = isa.to_big_endian(0, 16).opcode
_STORE_IMM = {width: isa.store_imm(width, 0, 0, 0).opcode for width in isa.SIZE_OF_WIDTH}
_ATOMIC = {width: isa.atomic(isa.Atomic.ADD, width, 0, 0, 0).opcode for width in (4, 8)}
_ATOMIC_IMM = {word.name.lower(): int(word) for word in (isa.Atomic.ADD, isa.Atomic.OR, isa.Atomic.AND, isa.Atomic.XOR)}
_WORDS = ("add", "sub", "mul", "div", "mod", "and", "or", "xor", "lsh", "rsh", "arsh")
_BINARY = {word: isa.alu64_reg(isa.Alu[word.upper()], 0, 0).opcode for word in _WORDS}
_BINARY_IMM = {word: isa.alu64_imm(isa.Alu[word.upper()], 0, 0).opcode for word in _WORDS}
_SHIFTS = frozenset({"lsh", "rsh", "arsh"})
_DIVISIONS = frozenset({"div", "mod"})
_CONDITIONS = ("eq", "ne", "lt", "le", "gt", "ge", "slt", "sle", "sgt", "sge", "set")
_BRANCH = {word: isa.jump64_reg(isa.Jump[f"J{word.upper()}"], 0, 0, 0).opcode for word in _CONDITIONS}
_BRANCH_IMM = {word: isa.jump64_imm(isa.Jump[f"J{word.upper()}"], 0, 0, 0).opcode for word in _CONDITIONS}
_SWAPPED = {word: isa.Jump[f"J{word.upper()}"].swapped.name[1:].lower() for word in _CONDITIONS}
_LOWER_HALF = 0xFFFF_FFFF


def immediate(op: Op) -> int | None:
    """The value of *op* if it is a constant that fits an immediate."""
    if op.__class__ is ops.Const:
        value = signed(op.value)
        if -0x8000_0000 <= value <= 0x7FFF_FFFF:
            return value
    return None


def _binary(s: Selector, op: ops.Binary) -> None:
    left, right = op.args
    operator, span = op.operator, op.span
    if left.__class__ is ops.FrameAddress and s.frame_offset(op) is not None:
        return
    dst = s.define(op)
    if right.__class__ is ops.Const:
        value = immediate(right)
        if operator == "and" and right.value == _LOWER_HALF:
            s.append((MOVE32, dst, s.value(left, span), 0, 0, span))
            return
        if operator in _SHIFTS:
            value = right.value & 63
        elif value == 0 and operator in _DIVISIONS:
            value = None  # the verifier refuses a division by the constant 0; by a register it gives what the IR says
        if value is not None:
            s.into(dst, left, span)
            s.append((_BINARY_IMM[operator], dst, 0, 0, value, span))
            return
    elif operator == "sub" and left.__class__ is ops.Const and left.value == 0:
        s.into(dst, right, span)
        s.append((_NEG, dst, 0, 0, 0, span))
        return
    source = s.value(right, span)
    s.into(dst, left, span)
    s.append((_BINARY[operator], dst, source, 0, 0, span))


def _load(s: Selector, op: ops.Load) -> None:
    span, type = op.span, op.type
    assert type is not None
    base, offset = s.address(op.args[0], op.offset, span)
    dst = s.define(op)
    s.append((LOAD[type.size], dst, base, offset, 0, span))
    if type.signed and type.bits < 64:
        _extend_sign(s, dst, type.bits, span)


def _extend_sign(s: Selector, register: int, bits: int, span: Span | None) -> None:
    s.append((_LSH, register, 0, 0, 64 - bits, span))
    s.append((_ARSH, register, 0, 0, 64 - bits, span))


def _store(s: Selector, op: ops.Store) -> None:
    span, size = op.span, op.size
    base, offset = s.address(op.args[0], op.offset, span)
    value = op.args[1]
    if value.__class__ is ops.Const:
        constant = immediate(value)
        if size < 8:
            bits = size * 8
            constant = value.value & (1 << bits) - 1
            if constant >> bits - 1:
                constant -= 1 << bits
        if constant is not None:
            s.append((_STORE_IMM[size], base, 0, offset, constant, span))
            return
    s.append((STORE[size], base, s.value(value, span), offset, 0, span))


def _atomic(s: Selector, op: ops.Atomic) -> None:
    base, offset = s.address(op.args[0], op.offset, op.span)
    value = s.value(op.args[1], op.span)
    s.append((_ATOMIC[op.size], base, value, offset, _ATOMIC_IMM[op.operator], op.span))


def _convert(s: Selector, op: ops.Convert) -> None:
    span, type = op.span, op.type
    assert isinstance(type, IntType)
    if type.bits == 32 and not type.signed:
        source = s.value(op.args[0], span)
        s.append((MOVE32, s.define(op), source, 0, 0, span))
        return
    dst = s.define(op)
    s.into(dst, op.args[0], span)
    if type.bits == 64:
        return
    if type.signed:
        _extend_sign(s, dst, type.bits, span)
    else:
        s.append((_AND, dst, 0, 0, (1 << type.bits) - 1, span))


def _swap(s: Selector, op: ops.Swap) -> None:
    assert op.type is not None
    dst = s.define(op)
    s.into(dst, op.args[0], op.span)
    if op.type.bits > 8:
        s.append((_TO_BIG_ENDIAN, dst, 0, 0, op.type.bits, op.span))
    else:
        s.append((_AND, dst, 0, 0, 0xFF, op.span))


def _call(s: Selector, op: ops.Call) -> None:
    span, args = op.span, op.args
    remade = []
    for number, arg in enumerate(args, 1):
        # Values first: the sooner they are in place, the sooner their registers are free.
        if s.is_remade(arg):
            remade.append((number, arg))
        else:
            s.append((MOVE, number, s.value(arg, span), 0, 0, span))
    for number, arg in remade:
        s.remake(arg, number, span)
    s.append((CALL, len(args), 0, 0, int(op.helper), span))
    s.append((MOVE, s.define(op), 0, 0, 0, span))


def _branch(s: Selector, op: ops.Branch) -> None:
    condition, span = op.condition, op.span
    left, right = op.args
    if op.targets[0] is op.targets[1]:
        return
    if left.__class__ is ops.Const and right.__class__ is not ops.Const:
        left, right, condition = right, left, _SWAPPED[condition]
    dst = s.value(left, span)
    value = immediate(right)
    if value is not None:
        s.append((_BRANCH_IMM[condition], dst, 0, 0, value, span))
    else:
        s.append((_BRANCH[condition], dst, s.value(right, span), 0, 0, span))


def _return(s: Selector, op: ops.Return) -> None:
    s.into(0, op.args[0], op.span)
    s.append((EXIT, 0, 0, 0, 0, op.span))


HANDLERS: dict[type[Op], Callable[[Selector, Any], None]] = {
    ops.Binary: _binary, ops.Load: _load, ops.Store: _store, ops.Atomic: _atomic, ops.Convert: _convert,
    ops.Swap: _swap, ops.Call: _call, ops.Branch: _branch, ops.Return: _return,
}  # fmt: skip
"""By the class of the operation. What has no entry gets no code of its own: each use makes it, or it ends a block."""

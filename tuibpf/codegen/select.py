"""Instruction selection: IR to machine code on virtual registers.

Constants, stack and map addresses get no register of their own: each use makes them anew, as an immediate, as an
offset from r10 or by one load, which is cheaper than to keep them in a register across calls or to spill them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tuibpf import isa
from tuibpf.codegen import edges
from tuibpf.codegen.frame import Frame
from tuibpf.codegen.machine import (
    CALL,
    EXIT,
    FRAME_POINTER,
    LOAD,
    LOAD_WIDE,
    MOVE,
    MOVE32,
    MOVE32_IMM,
    MOVE_IMM,
    STORE,
    Code,
    MachineBlock,
    MachineFunction,
)
from tuibpf.diagnostics import Span
from tuibpf.ir import Function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType

__all__ = ["Selector", "select"]

_ADD = isa.alu64_imm(isa.Alu.ADD, 0, 0).opcode
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
_SWAPPED = {
    word: isa.Jump[f"J{word.upper()}"].swapped.name[1:].lower() for word in _CONDITIONS
}  # fmt: skip
_PSEUDO_MAP, _PSEUDO_VALUE = isa.Pseudo.MAP_FD, isa.Pseudo.MAP_VALUE
_LOWER_HALF = 0xFFFF_FFFF


def select(function: Function, frame: Frame) -> MachineFunction:
    """The machine code of *function*, whose stack slots get their places in *frame*."""
    return Selector(function, frame).run()


class Selector:
    """Walks the function once. *registers* says which virtual register holds the value of an operation."""

    __slots__ = ("append", "block", "context", "frame", "function", "machine", "registers")

    def __init__(self, function: Function, frame: Frame) -> None:
        self.function = function
        self.frame = frame
        self.machine = MachineFunction(function)
        self.registers: dict[Op, int] = {}
        self.context = 0

    def run(self) -> MachineFunction:
        order = self.function.reachable()
        blocks = {block: MachineBlock() for block in order}
        for block in order:
            machine_block = blocks[block]
            self.machine.blocks.append(machine_block)
            self.begin(machine_block)
            for op in block.ops:
                handler = _HANDLERS.get(op.__class__)
                if handler is not None:
                    handler(self, op)
            edges.leave(self, block, machine_block, blocks)
        if self.context:
            self.machine.blocks[0].code.insert(0, (MOVE, self.context, 1, 0, 0, order[0].ops[0].span))
        for index, machine_block in enumerate(self.machine.blocks):
            machine_block.index = index
        return self.machine

    def begin(self, block: MachineBlock) -> None:
        """What is emitted from now on belongs to *block*."""
        self.block = block
        self.append: Callable[[Code], None] = block.code.append

    def define(self, op: Op) -> int:
        """The register that will hold *op*; uses may have asked for it already, where blocks lie out of order."""
        register = self.registers.get(op)
        if register is None:
            machine = self.machine
            register = self.registers[op] = machine.registers
            machine.registers = register + 1
        return register

    def value(self, op: Op, span: Span | None) -> int:
        """A register that holds *op*, made here if it has none of its own."""
        register = self.registers.get(op)
        if register is not None:
            return register
        if op.__class__ in _REMADE or frame_offset(self, op) is not None:
            register = self.machine.fresh()
            self.remake(op, register, span)
            return register
        if op.__class__ is ops.Context:
            if not self.context:
                self.context = self.machine.fresh()
            self.registers[op] = self.context
            return self.context
        return self.define(op)

    def into(self, register: int, op: Op, span: Span | None) -> None:
        """Put *op* into *register*."""
        if self.is_remade(op):
            self.remake(op, register, span)
        else:
            self.append((MOVE, register, self.value(op, span), 0, 0, span))

    def is_remade(self, op: Op) -> bool:
        """Whether *op* has no register and is made anew by each use."""
        return op not in self.registers and (op.__class__ in _REMADE or frame_offset(self, op) is not None)

    def remake(self, op: Op, register: int, span: Span | None) -> None:
        """Put a constant or an address that has no register into *register*."""
        if isinstance(op, ops.Const):
            value = _signed(op.value)
            if -0x8000_0000 <= value <= 0x7FFF_FFFF:
                self.append((MOVE_IMM, register, 0, 0, value, span))
            elif 0 <= value <= _LOWER_HALF:
                self.append((MOVE32_IMM, register, 0, 0, value - (1 << 32), span))
            else:
                self.append((LOAD_WIDE, register, 0, 0, value, span))
        elif isinstance(op, ops.MapAddress):
            self.refer(register, _PSEUDO_MAP, op.map, None, span)
        elif isinstance(op, ops.MapValueAddress):
            self.refer(register, _PSEUDO_VALUE, op.map, op.offset, span)
        else:
            offset = frame_offset(self, op)
            assert offset is not None
            self.append((MOVE, register, FRAME_POINTER, 0, 0, span))
            self.append((_ADD, register, 0, 0, offset, span))

    def refer(self, register: int, pseudo: int, map: str, offset: int | None, span: Span | None) -> None:
        references = self.machine.references
        self.append((LOAD_WIDE, register, pseudo, 0, len(references), span))
        references.append((map, offset))

    def address(self, op: Op, offset: int, span: Span | None) -> tuple[int, int]:
        """Base register and offset of the memory at *op* plus *offset*."""
        base = frame_offset(self, op)
        if base is not None:
            return FRAME_POINTER, base + offset
        register = self.value(op, span)
        if -0x8000 <= offset <= 0x7FFF:
            return register, offset
        far = self.machine.fresh()
        self.append((MOVE, far, register, 0, 0, span))
        self.append((_ADD, far, 0, 0, offset, span))
        return far, 0


def _signed(value: int) -> int:
    """*value* as a signed 64-bit number: how the processor's immediates count."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    return value - (1 << 64) if value >> 63 else value


def immediate(op: Op) -> int | None:
    """The value of *op* if it is a constant that fits an immediate."""
    if op.__class__ is ops.Const:
        value: int = op.value
        if -0x8000_0000 <= value <= 0x7FFF_FFFF:
            return value
        value = _signed(value)
        if value >= -0x8000_0000 and value <= 0x7FFF_FFFF:
            return value
    return None


def frame_offset(selector: Selector, op: Op) -> int | None:
    """The distance of *op* from r10 if it is a stack address known now: a slot, or a slot and a constant."""
    if op.__class__ is ops.FrameAddress:
        return selector.frame.offset(op.slot)
    if op.__class__ is ops.Binary and op.args[0].__class__ is ops.FrameAddress and op.operator == "add":
        more = immediate(op.args[1])
        if more is not None:
            return selector.frame.offset(op.args[0].slot) + more
    return None


def _binary(s: Selector, op: ops.Binary) -> None:
    left, right = op.args
    operator, span = op.operator, op.span
    if left.__class__ is ops.FrameAddress and frame_offset(s, op) is not None:
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


_REMADE = frozenset({ops.Const, ops.FrameAddress, ops.MapAddress, ops.MapValueAddress})
_HANDLERS: dict[type[Op], Callable[[Selector, Any], None]] = {
    ops.Binary: _binary, ops.Load: _load, ops.Store: _store, ops.Atomic: _atomic, ops.Convert: _convert,
    ops.Swap: _swap, ops.Call: _call, ops.Branch: _branch, ops.Return: _return,
}  # fmt: skip

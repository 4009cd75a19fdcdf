"""Instruction selection: IR to machine code on virtual registers.

Constants, stack and map addresses get no register of their own: each use makes them anew, as an immediate, as an
offset from r10 or by one load, which is cheaper than to keep them in a register across calls or to spill them.
"""

from __future__ import annotations

from collections.abc import Callable

from tuibpf import isa
from tuibpf.codegen import edges
from tuibpf.codegen.frame import Frame
from tuibpf.codegen.machine import (
    FRAME_POINTER,
    LOAD_WIDE,
    MOVE,
    MOVE32_IMM,
    MOVE_IMM,
    Code,
    MachineBlock,
    MachineFunction,
)
from tuibpf.codegen.operations import HANDLERS, immediate
from tuibpf.diagnostics import Span
from tuibpf.ir import Function, ops
from tuibpf.ir.ops import Op
from tuibpf.passes.fold import signed

__all__ = ["Selector", "select"]

_ADD = isa.alu64_imm(isa.Alu.ADD, 0, 0).opcode
_PSEUDO_MAP, _PSEUDO_VALUE = isa.Pseudo.MAP_FD, isa.Pseudo.MAP_VALUE
_REMADE = frozenset({ops.Const, ops.FrameAddress, ops.MapAddress, ops.MapValueAddress})
_LOWER_HALF = 0xFFFF_FFFF


def select(function: Function, frame: Frame) -> MachineFunction:
    """The machine code of *function*, whose stack slots get their places in *frame*."""
    return Selector(function, frame).run()


class Selector:
    """Walks the function once. *registers* says which virtual register holds the value of an operation."""

    __slots__ = ("append", "context", "frame", "function", "machine", "registers")

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
                handler = HANDLERS.get(op.__class__)
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
        if op.__class__ in _REMADE or self.frame_offset(op) is not None:
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
        return op not in self.registers and (op.__class__ in _REMADE or self.frame_offset(op) is not None)

    def remake(self, op: Op, register: int, span: Span | None) -> None:
        """Put a constant or an address that has no register into *register*."""
        if isinstance(op, ops.Const):
            value = signed(op.value)
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
            offset = self.frame_offset(op)
            assert offset is not None
            self.append((MOVE, register, FRAME_POINTER, 0, 0, span))
            self.append((_ADD, register, 0, 0, offset, span))

    def refer(self, register: int, pseudo: int, map: str, offset: int | None, span: Span | None) -> None:
        references = self.machine.references
        self.append((LOAD_WIDE, register, pseudo, 0, len(references), span))
        references.append((map, offset))

    def address(self, op: Op, offset: int, span: Span | None) -> tuple[int, int]:
        """Base register and offset of the memory at *op* plus *offset*."""
        base = self.frame_offset(op)
        if base is not None:
            return FRAME_POINTER, base + offset
        register = self.value(op, span)
        if -0x8000 <= offset <= 0x7FFF:
            return register, offset
        far = self.machine.fresh()
        self.append((MOVE, far, register, 0, 0, span))
        self.append((_ADD, far, 0, 0, offset, span))
        return far, 0

    def frame_offset(self, op: Op) -> int | None:
        """The distance of *op* from r10 if it is a stack address known now: a slot, or a slot and a constant."""
        if op.__class__ is ops.FrameAddress:
            return self.frame.offset(op.slot)
        if op.__class__ is ops.Binary and op.args[0].__class__ is ops.FrameAddress and op.operator == "add":
            more = immediate(op.args[1])
            if more is not None:
                return self.frame.offset(op.args[0].slot) + more
        return None

"""Builds functions of the IR, operation by operation, at the end of a current block."""

from __future__ import annotations

from tuibpf.diagnostics import Span
from tuibpf.ir import ops
from tuibpf.ir.function import Block, Function
from tuibpf.ir.ops import Op, Phi, Slot
from tuibpf.ir.types import ADDRESS, U64, IntType, Type
from tuibpf.isa import Helper

__all__ = ["Builder"]


class Builder:
    """Appends to *block*; new operations stem from *span*.

    Folds as it builds: arithmetic on constants gives a constant, an operation that changes nothing gives its operand.
    """

    __slots__ = ("block", "function", "span")

    def __init__(self, function: Function) -> None:
        self.function = function
        self.span: Span | None = function.span
        self.block = Block()
        function.blocks.append(self.block)

    @property
    def open(self) -> bool:
        """Whether control can reach the end of the current block."""
        return self.block.terminator is None

    def begin(self, block: Block) -> None:
        """Go on at *block*, which comes next in the order of the function."""
        self.function.blocks.append(block)
        self.block = block

    def append(self, op: Op) -> Op:
        self.block.ops.append(op)
        return op

    def const(self, value: int, type: Type = U64) -> Op:
        return self.append(ops.Const(value, type, self.span))

    def binary(self, operator: str, left: Op, right: Op, type: Type) -> Op:
        """64-bit arithmetic. The caller sees to it that the result, as it lies in the register, is right for *type*."""
        if isinstance(left, ops.Const) and operator in _COMMUTATIVE:
            left, right = right, left
        if isinstance(right, ops.Const) and operator in _NEUTRAL.get(right.value, ()):
            return left
        return self.append(ops.Binary(operator, left, right, type, self.span))

    def offset(self, address: Op, bytes: int) -> Op:
        """*address* plus a constant."""
        return self.binary("add", address, self.const(bytes), ADDRESS) if bytes else address

    def convert(self, value: Op, type: IntType) -> Op:
        """*value* reduced to *type*; nothing where its register already holds that."""
        old = value.type
        if isinstance(value, ops.Const):
            return self.const(type.wrap(value.value), type)
        if type.bits == 64 or isinstance(old, IntType) and (
            old.bits < type.bits if not old.signed else old.bits <= type.bits and type.signed
        ) or old is type:  # fmt: skip
            return value
        return self.append(ops.Convert(value, type, self.span))

    def swap(self, value: Op, type: IntType) -> Op:
        return self.append(ops.Swap(value, type, self.span))

    def load(self, address: Op, offset: int, type: Type) -> Op:
        return self.append(ops.Load(address, offset, type, self.span))

    def store(self, address: Op, offset: int, size: int, value: Op) -> None:
        self.append(ops.Store(address, offset, size, value, self.span))

    def atomic(self, operator: str, address: Op, offset: int, size: int, value: Op) -> None:
        self.append(ops.Atomic(operator, address, offset, size, value, self.span))

    def slot(self, name: str, size: int, align: int = 8) -> Op:
        """The address of fresh bytes on the stack."""
        return self.append(ops.FrameAddress(Slot(name, size, align), self.span))

    def map(self, name: str) -> Op:
        return self.append(ops.MapAddress(name, self.span))

    def map_value(self, name: str, offset: int) -> Op:
        return self.append(ops.MapValueAddress(name, offset, self.span))

    def call(self, helper: Helper, *args: Op, type: Type = U64) -> Op:
        return self.append(ops.Call(helper, list(args), type, self.span))

    def phi(self, type: Type, block: Block | None = None) -> Phi:
        phi = Phi(type, self.span)
        (block or self.block).phis.append(phi)
        return phi

    def jump(self, target: Block) -> None:
        self.append(ops.Jump(target, self.span))

    def branch(self, condition: str, left: Op, right: Op, then: Block, other: Block) -> None:
        self.append(ops.Branch(condition, left, right, then, other, self.span))

    def done(self, value: Op | None = None) -> None:
        self.append(ops.Return(value if value is not None else self.const(0), self.span))


_COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor"})
# By the constant on the right, the operators with which it changes nothing.
_NEUTRAL = {
    0: frozenset({"add", "sub", "or", "xor", "lsh", "rsh", "arsh"}),
    1: frozenset({"mul", "div"}),
}

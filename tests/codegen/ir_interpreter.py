"""The meaning of the IR in plain Python: what compiled programs are compared with."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType
from tuibpf.isa import Helper

_MASK = (1 << 64) - 1
_STEPS = 100_000
_UNSIGNED = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "set": lambda a, b: bool(a & b),
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    """*offset* bytes into some memory; compares equal to no integer."""

    memory: bytearray
    offset: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.memory is other.memory and self.offset == other.offset

    __hash__ = None  # type: ignore[assignment]


Value = int | Address


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


class Interpreter:
    """Runs a function once. *maps* are the values of the array maps by name, changed in place."""

    def __init__(self, context: bytes, maps: dict[str, bytearray]) -> None:
        self.context = bytearray(context)
        self.maps = maps
        self.slots: dict[object, bytearray] = {}
        self.values: dict[Op, Value] = {}

    def run(self, function: Function) -> int:
        """The result, as the 32 bits that a test run shows."""
        block, before = function.blocks[0], None
        for _ in range(_STEPS):
            incoming = [self.values[phi.args[phi.blocks.index(before)]] for phi in block.phis]  # type: ignore[arg-type]
            self.values.update(zip(block.phis, incoming, strict=True))
            for op in block.ops[:-1]:
                self.values[op] = self.evaluate(op)
            last = block.ops[-1]
            if isinstance(last, ops.Return):
                result = self.values[last.args[0]]
                assert isinstance(result, int)
                return result & 0xFFFF_FFFF
            before, block = block, self.next_block(last)
        raise AssertionError("the program does not end")

    def next_block(self, op: Op) -> Block:
        if isinstance(op, ops.Jump):
            return op.targets[0]
        assert isinstance(op, ops.Branch)
        a, b = (self.values[arg] for arg in op.args)
        if isinstance(a, Address) or isinstance(b, Address):
            holds = (a == b) == (op.condition == "eq")
        elif op.condition.startswith("s") and op.condition != "set":
            holds = _UNSIGNED[op.condition[1:]](signed(a), signed(b))
        else:
            holds = _UNSIGNED[op.condition](a, b)
        return op.targets[0 if holds else 1]

    def evaluate(self, op: Op) -> Value:
        args = [self.values[arg] for arg in op.args]
        match op:
            case ops.Const():
                return op.value & _MASK
            case ops.Context():
                return Address(self.context, 0)
            case ops.FrameAddress():
                return Address(self.slots.setdefault(op.slot, bytearray(op.slot.size)), 0)
            case ops.MapValueAddress():
                return Address(self.maps[op.map], op.offset)
            case ops.MapAddress():
                return Address(self.maps[op.map], 0)
            case ops.Binary():
                return binary(op.operator, args[0], args[1])
            case ops.Convert():
                assert isinstance(args[0], int)
                assert isinstance(op.type, IntType)
                return op.type.wrap(args[0]) & _MASK
            case ops.Swap():
                assert isinstance(args[0], int)
                assert isinstance(op.type, IntType)
                size = op.type.size
                value = args[0] & (1 << 8 * size) - 1
                return int.from_bytes(value.to_bytes(size, sys.byteorder), "big")
            case ops.Load():
                assert isinstance(args[0], Address)
                assert isinstance(op.type, IntType)
                at = args[0].offset + op.offset
                raw = args[0].memory[at : at + op.type.size]
                return int.from_bytes(raw, sys.byteorder, signed=op.type.signed) & _MASK
            case ops.Store():
                self.write(args[0], op.offset, op.size, args[1])
            case ops.Atomic():
                assert isinstance(args[0], Address)
                at = args[0].offset + op.offset
                old = int.from_bytes(args[0].memory[at : at + op.size], sys.byteorder)
                self.write(args[0], op.offset, op.size, binary(op.operator, old, args[1]))
            case ops.Call():
                return self.call(op.helper, args)
            case _:
                raise AssertionError(op)
        return 0

    def write(self, address: Value, offset: int, size: int, value: Value) -> None:
        assert isinstance(address, Address)
        assert isinstance(value, int)
        at = address.offset + offset
        address.memory[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, sys.byteorder)

    def call(self, helper: Helper, args: list[Value]) -> Value:
        if helper == Helper.PROBE_READ_KERNEL:
            to, size, source = args
            assert isinstance(to, Address)
            assert isinstance(size, int)
            assert isinstance(source, Address)
            to.memory[to.offset : to.offset + size] = source.memory[source.offset : source.offset + size]
            return 0
        assert helper == Helper.MAP_LOOKUP_ELEM
        assert isinstance(args[0], Address)
        return Address(args[0].memory, 0)


def binary(operator: str, a: Value, b: Value) -> Value:
    if isinstance(a, Address) or isinstance(b, Address):
        if isinstance(b, Address):
            a, b = b, a
        assert operator == "add"
        assert isinstance(a, Address)
        assert isinstance(b, int)
        return Address(a.memory, a.offset + signed(b))
    match operator:
        case "add":
            result = a + b
        case "sub":
            result = a - b
        case "mul":
            result = a * b
        case "div":
            result = a // b if b else 0
        case "mod":
            result = a % b if b else a
        case "and":
            result = a & b
        case "or":
            result = a | b
        case "xor":
            result = a ^ b
        case "lsh":
            result = a << (b & 63)
        case "rsh":
            result = a >> (b & 63)
        case _:
            assert operator == "arsh"
            result = signed(a) >> (b & 63)
    return result & _MASK

"""Simplification: what can be known now is computed now, and what can be said shorter is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType, Type
from tuibpf.passes.fold import fold_binary, signed, swap_bytes, unsigned
from tuibpf.passes.replace import replace

__all__ = ["simplify"]

_COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor"})
_SAME_BY_ZERO = frozenset({"add", "sub", "or", "xor", "lsh", "rsh", "arsh", "mod"})
_ZERO_BY_ZERO = frozenset({"mul", "and", "div"})
_ZERO_BY_ITSELF = frozenset({"sub", "xor"})
_SAME_BY_ITSELF = frozenset({"and", "or"})
_SAME_BY_ONE = frozenset({"mul", "div"})
_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF
_POWERS = {"mul": "lsh", "div": "rsh"}
_SWAPPED = {
    "eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le",
    "slt": "sgt", "sgt": "slt", "sle": "sge", "sge": "sle", "set": "set",
}  # fmt: skip


def simplify(function: Function) -> None:
    """Fold constants, use identities, move constant offsets into loads and stores, drop phis that choose nothing.

    Before::

        %1: address = add %0, 16
        %2: u32 = load %1 + 4
        %3: u64 = mul %2, 8
        %4: u64 = and %3, 64
        branch ne %4, 0: b1 else b2

    After, with what is dead now still in place::

        %2: u32 = load %0 + 20
        %3: u64 = lsh %2, 3
        branch set %3, 64: b1 else b2
    """
    _Simplifier(function).run()


class _Simplifier:
    """Walks the function once. *replaced* maps operations to what is used in their stead; they stay where they are, so
    that a use which the walk has passed is right all the same."""

    __slots__ = ("constants", "function", "replaced")

    def __init__(self, function: Function) -> None:
        self.function = function
        self.replaced: dict[Op, Op] = {}
        self.constants: list[Op] = []  # new ones, for the begin of the block

    def run(self) -> None:
        replaced = self.replaced
        for block in self.function.blocks:
            for op in block.ops:
                args = op.args
                if args:
                    if replaced:
                        for number, arg in enumerate(args):
                            if arg in replaced:
                                args[number] = replaced[arg]
                    rule = _RULES.get(op.__class__)
                    if rule is not None:
                        better = rule(self, op)
                        if better is not None:
                            replaced[op] = better
            if self.constants:
                block.ops[:0] = self.constants
                self.constants.clear()
        with_phis = [block for block in self.function.blocks if block.phis]
        if with_phis:
            self.phis(with_phis)

    def const(self, value: int, type: Type | None) -> Op:
        value = signed(value) if type is not None and type.signed else unsigned(value)
        const = ops.Const(value, type, None)  # type: ignore[arg-type]
        self.constants.append(const)
        return const

    def phis(self, blocks: list[Block]) -> None:
        """Drop the phis whose arguments are all the same, or the phi itself; dropping one may free another."""
        replaced = self.replaced
        trivial: dict[Op, Op] = {}
        changed = True
        while changed:
            changed = False
            for block in blocks:
                for phi in block.phis[:]:
                    for number, arg in enumerate(phi.args):
                        while arg in replaced or arg in trivial:
                            arg = replaced[arg] if arg in replaced else trivial[arg]
                        phi.args[number] = arg
                    choices = {arg for arg in phi.args if arg is not phi}
                    if len(choices) == 1:
                        trivial[phi] = choices.pop()
                        block.phis.remove(phi)
                        changed = True
        replace(self.function, trivial)


def _binary(s: _Simplifier, op: ops.Binary) -> Op | None:
    left, right = op.args
    operator = op.operator
    if left.__class__ is ops.Const:
        if right.__class__ is ops.Const:
            return s.const(fold_binary(operator, left.value, right.value), op.type)
        if operator in _COMMUTATIVE:
            op.args = [right, left]
            left, right = right, left
    if right.__class__ is not ops.Const:
        if left is right:
            if operator in _ZERO_BY_ITSELF:
                return s.const(0, op.type)
            if operator in _SAME_BY_ITSELF:
                return left
        return None
    value = right.value
    if value == 0:
        if operator in _SAME_BY_ZERO:
            return left
        if operator in _ZERO_BY_ZERO:
            return s.const(0, op.type)
    elif value == 1 and operator in _SAME_BY_ONE or operator == "and" and unsigned(value) == _ALL_ONES:
        return left
    elif operator == "add" or operator == "sub":
        if left.__class__ is ops.Binary and left.operator == "add" and left.args[1].__class__ is ops.Const:
            more = left.args[1].value
            total = signed(more + value if operator == "add" else more - value)
            op.operator, op.args = "add", [left.args[0], s.const(total, op.type)]
            return None if total else left.args[0]
    elif value > 0 and value & value - 1 == 0:
        if operator in _POWERS:
            op.operator, op.args = _POWERS[operator], [left, s.const(value.bit_length() - 1, op.type)]
        elif operator == "mod":
            if value == 1:
                return s.const(0, op.type)
            op.operator, op.args = "and", [left, s.const(value - 1, op.type)]
    return None


def _convert(s: _Simplifier, op: ops.Convert) -> Op | None:
    value = op.args[0]
    wanted, given = op.type, value.type
    assert isinstance(wanted, IntType)
    if value.__class__ is ops.Const:
        return s.const(wanted.wrap(value.value), wanted)
    if _holds_all(wanted, given):
        return value
    if value.__class__ is ops.Convert and wanted.bits <= given.bits:  # type: ignore[union-attr]
        inner = value.args[0]
        op.args = [inner]
        if _holds_all(wanted, inner.type):
            return inner
    return None


def _holds_all(wanted: IntType, given: Type | None) -> bool:
    """Whether a register with a *given* is one with a *wanted* as it stands."""
    if wanted.bits == 64:
        return True
    if not isinstance(given, IntType):
        return False
    if given.signed:
        return wanted.signed and given.bits <= wanted.bits
    return given.bits < wanted.bits or given.bits == wanted.bits and not wanted.signed


def _swap(s: _Simplifier, op: ops.Swap) -> Op | None:
    value = op.args[0]
    assert op.type is not None
    if value.__class__ is ops.Const:
        return s.const(swap_bytes(value.value, op.type.size), op.type)
    return None


def _memory(_: _Simplifier, op: ops.Load | ops.Store | ops.Atomic) -> None:
    """The constant part of the address goes into the operation."""
    address = op.args[0]
    if address.__class__ is ops.Binary and address.operator == "add" and address.args[1].__class__ is ops.Const:
        offset = op.offset + signed(address.args[1].value)
        if -0x8000 <= offset <= 0x7FFF:
            op.args[0] = address.args[0]
            op.offset = offset


def _store(s: _Simplifier, op: ops.Store) -> None:
    """A store takes the low bytes by itself."""
    _memory(s, op)
    value = op.args[1]
    while value.__class__ is ops.Convert and value.type is not None and value.type.size >= op.size:
        value = op.args[1] = value.args[0]


def _branch(_: _Simplifier, op: ops.Branch) -> None:
    left, right = op.args
    if left.__class__ is ops.Const and right.__class__ is not ops.Const:
        op.condition = _SWAPPED[op.condition]
        op.args = [right, left]
        left, right = right, left
    if (
        right.__class__ is ops.Const and right.value == 0 and op.condition in ("eq", "ne")
        and left.__class__ is ops.Binary and left.operator == "and" and left.args[1].__class__ is ops.Const
    ):  # fmt: skip
        if op.condition == "eq":
            op.targets.reverse()
        op.condition, op.args = "set", left.args[:]


_RULES: dict[type[Op], Callable[[_Simplifier, Any], Op | None]] = {
    ops.Binary: _binary, ops.Convert: _convert, ops.Swap: _swap, ops.Load: _memory, ops.Store: _store,
    ops.Atomic: _memory, ops.Branch: _branch,
}  # fmt: skip

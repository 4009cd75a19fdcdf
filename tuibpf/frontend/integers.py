"""Integers: what Python's arithmetic gives, at a stated width, with signed and unsigned never mixed in silence.

Arithmetic is done on 64 bits: of two unsigned operands the result is u64, of two signed ones s64, and of a signed
one and an unsigned one of at most 32 bits s64, which holds them all. u64 with a signed operand is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuibpf.frontend.labels import Label
from tuibpf.frontend.values import Conflict, Constant, KernelPointer, Scalar, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import BOOL, S64, U64, IntType

if TYPE_CHECKING:
    from tuibpf.frontend.scope import Scope

__all__ = [
    "arithmetic", "assignable", "bound", "common_type", "constant_integer", "fold", "is_integer", "operands", "select",
    "to_scalar",
    "truth",
]  # fmt: skip

_WORDS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
}  # fmt: skip


def is_integer(value: Value) -> bool:
    return isinstance(value, Scalar) or isinstance(value, Constant) and isinstance(value.value, int)


def constant_integer(value: Value) -> int:
    """The number that a constant is."""
    assert isinstance(value, Constant) and isinstance(value.value, int)
    return int(value.value)


def common_type(values: list[Value]) -> IntType | None:
    """The type that holds all of *values*, constants included; None if signed and unsigned ones have none."""
    if all(_is_bool(value) for value in values):
        return BOOL
    types = [value.type for value in values if isinstance(value, Scalar)]
    constants = [constant_integer(value) for value in values if isinstance(value, Constant)]
    if not types:
        return S64 if min(constants, default=0) < 0 else U64
    if all(item is types[0] for item in types) and all(types[0].minimum <= c <= types[0].maximum for c in constants):
        return types[0]
    negative = min(constants, default=0) < 0
    if not negative and not any(item.signed for item in types):
        return U64
    if all(value.type.signed or bound(value) <= S64.maximum for value in values if isinstance(value, Scalar)):
        return S64 if all(c <= S64.maximum for c in constants) else None
    return None


def bound(value: Value) -> int:
    """The largest that an integer can be."""
    if isinstance(value, Scalar):
        return value.type.maximum if value.most is None else value.most
    return constant_integer(value)


def _is_bool(value: Value) -> bool:
    if isinstance(value, Scalar):
        return value.type is BOOL
    return isinstance(value, Constant) and isinstance(value.value, bool)


def operands(
    scope: Scope, node: ast.AST, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]
) -> tuple[Op, Op, IntType]:
    """Two integers brought to the 64-bit type that holds both."""
    for value, part in zip((left, right), nodes, strict=True):
        if not is_integer(value):
            to_scalar(scope, value, part)
    kind = common_type([left, right])
    if kind is None:
        first, second = (_describe(value) for value in (left, right))
        unsigned, signed = (first, second) if "u64" in first else (second, first)
        scope.error(
            node, f"{first} and {second} are mixed",
            f"convert one of them: s64(…) if the {unsigned.split()[-1]} is below 2**63, "
            f"u64(…) if the {signed} is not negative",
        )  # fmt: skip
    wide = S64 if kind.signed else U64
    return to_scalar(scope, left, nodes[0], wide).op, to_scalar(scope, right, nodes[1], wide).op, wide


def _describe(value: Value) -> str:
    if isinstance(value, Scalar):
        return f"{'signed' if value.type.signed else 'unsigned'} {value.type.name}"
    return f"the number {constant_integer(value)}"


def assignable(value: IntType, wanted: IntType) -> bool:
    """Whether every number goes over with its meaning, or is cut to a width of the same sign."""
    return value.signed == wanted.signed or (not value.signed and value.bits < wanted.bits)


def to_scalar(scope: Scope, value: Value, node: ast.expr, wanted: IntType | None = None) -> Scalar:
    """*value* as an integer in a register, tested and of type *wanted*; anything else is an error at *node*."""
    if isinstance(value, Scalar):
        scope.require_present(node, value.present)
        if wanted is None or value.type is wanted:
            return value
        if not assignable(value.type, wanted) and (value.type.signed or bound(value) > wanted.maximum):
            scope.error(
                node,
                f"{'a signed' if value.type.signed else 'an unsigned'} {value.type.name} where {wanted.name} is wanted",
                f"convert it: {wanted.name}(…)",
            )  # fmt: skip
        return Scalar(scope.build.convert(value.op, wanted), wanted, most=value.most)
    if isinstance(value, Constant) and isinstance(value.value, int):
        number = int(value.value)
        kind = wanted or (BOOL if isinstance(value.value, bool) else S64 if number < 0 else U64)
        if not kind.minimum <= number <= kind.maximum:
            scope.error(
                node, f"{number} does not fit {kind.name}", f"{kind.name} holds {kind.minimum} to {kind.maximum}"
            )
        return Scalar(scope.build.const(number, kind), kind)
    if isinstance(value, KernelPointer) and wanted is U64:
        return Scalar(value.op, U64)
    if isinstance(value, Conflict):
        scope.error(node, value.reason, "give it one meaning on all of them")
    scope.error(node, f"{value.article} where an integer is wanted")


_FOLD: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.BitAnd: lambda a, b: a & b, ast.BitOr: lambda a, b: a | b, ast.BitXor: lambda a, b: a ^ b,
    ast.FloorDiv: lambda a, b: a // b if b else 0, ast.Mod: lambda a, b: a % b if b else a,
    ast.LShift: lambda a, b: a << min(b, 64), ast.RShift: lambda a, b: a >> b,
    ast.Pow: lambda a, b: a ** min(b, 64),
}  # fmt: skip


def fold(scope: Scope, node: ast.expr, operator: ast.operator, left: int, right: int) -> Constant:
    """Arithmetic on two constants, which must stay within 64 bits."""
    work = _FOLD.get(type(operator))
    if work is None:
        scope.error(node, "'/' gives a float, which the kernel has not", "write '//'")
    if isinstance(operator, (ast.LShift, ast.RShift, ast.Pow)) and right < 0:
        scope.error(node, "a negative number of bits or power")
    result = work(left, right)
    if not S64.minimum <= result <= U64.maximum:
        scope.error(node, "the result does not fit 64 bits")
    return Constant(result)


def arithmetic(
    scope: Scope, node: ast.expr, operator: ast.operator, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]
) -> Scalar:
    """``left operator right`` on integers that are not both constants."""
    if isinstance(operator, (ast.LShift, ast.RShift)):
        return _shift(scope, node, operator, left, right, nodes)
    if isinstance(operator, ast.BitAnd):
        left, right = _mask(left, right), _mask(right, left)
    a, b, type = operands(scope, node, left, right, nodes)
    scope.at(node)
    build = scope.build
    if word := _WORDS.get(operator.__class__):
        most = constant_integer(right) if isinstance(operator, ast.BitAnd) and isinstance(right, Constant) else None
        return Scalar(build.binary(word, a, b, type), type, most=most if most is not None and most >= 0 else None)
    if not isinstance(operator, (ast.FloorDiv, ast.Mod)):
        if isinstance(operator, ast.Div):
            scope.error(node, "'/' gives a float, which the kernel has not", "write '//'")
        scope.error(node, f"the operator {type_name(operator)} is not in the language")
    divisor = constant_integer(right) if isinstance(right, Constant) else 0
    power = divisor.bit_length() - 1 if divisor > 0 and divisor & divisor - 1 == 0 else None
    if isinstance(operator, ast.Mod):
        if power is not None:
            return Scalar(build.binary("and", a, build.const(divisor - 1, type), type), type, most=divisor - 1)
        if not type.signed:
            return Scalar(build.binary("mod", a, b, type), type, most=divisor - 1 if divisor else None)
        product = build.binary("mul", _floor_divide(scope, a, b, divisor), b, type)
        return Scalar(build.binary("sub", a, product, type), type)
    if power is not None:
        return Scalar(build.binary("arsh" if type.signed else "rsh", a, build.const(power, type), type), type)
    return Scalar(_floor_divide(scope, a, b, divisor) if type.signed else build.binary("div", a, b, type), type)


def _mask(value: Value, other: Value) -> Value:
    """A negative constant that masks an unsigned number (``flags & ~1``) has all the high bits set."""
    if (
        isinstance(value, Constant)
        and isinstance(other, Scalar)
        and not other.type.signed
        and constant_integer(value) < 0
    ):
        return Constant(U64.wrap(constant_integer(value)))
    return value


def type_name(operator: ast.AST) -> str:
    return {ast.Pow: "'**'", ast.MatMult: "'@'", ast.Div: "'/'"}.get(type(operator), type(operator).__name__)  # type: ignore[arg-type]


def _floor_divide(scope: Scope, a: Op, b: Op, divisor: int) -> Op:
    """Signed division towards minus infinity, by magnitudes; by zero it gives 0. *divisor* is b, or 0 if unknown."""
    build = scope.build
    zero = build.const(0, S64)
    size_a = select(scope, "slt", a, zero, build.binary("sub", zero, a, S64), a, S64)
    size_b = build.const(abs(divisor), S64) if divisor else select(
        scope, "slt", b, zero, build.binary("sub", zero, b, S64), b, S64)  # fmt: skip
    quotient = build.binary("div", size_a, size_b, S64)
    exact = build.binary("mul", quotient, size_b, S64)
    up = select(scope, "eq", exact, size_a, quotient, build.binary("add", quotient, build.const(1, S64), S64), S64)
    negative = build.binary("sub", zero, up, S64)
    signs = build.binary("xor", a, b, S64)
    result = select(scope, "slt", signs, zero, negative, quotient, S64)
    return result if divisor else select(scope, "eq", b, zero, zero, result, S64)


def select(scope: Scope, condition: str, left: Op, right: Op, then: Op, other: Op, type: IntType) -> Op:
    """*then* if the condition holds, else *other*, both of which are there already."""
    build, yes, after = scope.build, Label(), Label()
    before = build.block
    scope.branch(condition, left, right, yes, after)
    scope.place(yes)
    scope.jump(after)
    scope.place(after)
    chosen = build.phi(type)
    chosen.add(before, other)
    chosen.add(yes.block, then)
    return chosen


def _shift(
    scope: Scope, node: ast.expr, operator: ast.operator, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]
) -> Scalar:
    """Shifts as Python's: by 64 and more nothing is left but the sign."""
    value = to_scalar(scope, left, nodes[0])
    type = S64 if value.type.signed else U64
    word = "lsh" if isinstance(operator, ast.LShift) else "arsh" if type.signed else "rsh"
    build = scope.build
    if isinstance(right, Constant):
        count = constant_integer(right) if is_integer(right) else -1
        if count < 0:
            scope.error(nodes[1], "the number of bits must be an integer from 0 on")
        scope.at(node)
        if count >= 64 and word != "arsh":
            return Scalar(build.const(0, type), type)
        return Scalar(build.binary(word, value.op, build.const(min(count, 63), type), type), type)
    count_of = to_scalar(scope, right, nodes[1])
    if count_of.type.signed:
        scope.error(nodes[1], "the number of bits is signed and may be negative", "convert it: u64(…)")
    scope.at(node)
    shifted = build.binary(word, value.op, count_of.op, type)
    beyond = build.binary("arsh", value.op, build.const(63, type), type) if word == "arsh" else build.const(0, type)
    return Scalar(select(scope, "gt", count_of.op, build.const(63), beyond, shifted, type), type)


def truth(value: Constant) -> bool:
    """Python's truth of a constant."""
    return bool(value.value)

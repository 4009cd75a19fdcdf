"""Arithmetic: what Python gives, reduced to 64 bits; what BPF gives where Python raises (division by zero)."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tuibpf.frontend.integer_types import constant_integer, is_integer
from tuibpf.frontend.integers import operands, select, to_scalar
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Constant, Scalar, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import S64, U64

__all__ = ["arithmetic", "fold"]

_WORDS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
}  # fmt: skip


_FOLD: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.BitAnd: lambda a, b: a & b, ast.BitOr: lambda a, b: a | b, ast.BitXor: lambda a, b: a ^ b,
    ast.FloorDiv: lambda a, b: a // b if b else 0, ast.Mod: lambda a, b: a % b if b else a,
    ast.LShift: lambda a, b: a << min(b, 64), ast.RShift: lambda a, b: a >> b,
    ast.Pow: lambda a, b: a ** (b if abs(a) < 2 else min(b, 64)),
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
        scope.error(node, f"the operator {_operator_name(operator)} is not in the language")
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


def _operator_name(operator: ast.AST) -> str:
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

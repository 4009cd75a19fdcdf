"""The functions of the language: each a helper of the kernel, or a few instructions."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tuibpf.btf import Kind
from tuibpf.frontend import arguments, integer_types, integers, kernel_types, memory, transfer
from tuibpf.frontend.layout import BytesLayout, Layout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Constant, KernelPlace, KernelPointer, Place, Scalar, Value
from tuibpf.ir.ops import Op
from tuibpf.ir.types import ADDRESS, BOOL, S32, S64, U16, U32, U64, IntType
from tuibpf.isa import Helper

__all__ = ["call"]

_ADDRESS = BytesLayout(16, "address")
_COMM = BytesLayout(16, "comm")
# ::ffff:0:0/96, as the words at 0 and at 8 of an address that holds an IPv4 one
_MAPPED = int.from_bytes(b"\0\0\xff\xff", transfer.BYTE_ORDER)

Arguments = list[ast.expr]
Work = Callable[["Scope", ast.Call, Arguments], Value]


def call(scope: Scope, node: ast.Call, name: str) -> Value:
    """Call the word *name* of the language."""
    if name == "exists":
        return _exists(scope, node)
    if name == "range":
        scope.error(node, "range() is for loops", "write `for i in range(…):`")
    if scope.constant_only:
        scope.error(node, f"{name}() is not known at launch", "only options, constants and exists() are")
    arity, work = _WORKS[name]
    if len(node.args) != arity or node.keywords:
        given = len(node.args) + len(node.keywords)
        scope.error(node, f"{name}() takes {arity or 'no'} argument{'' if arity == 1 else 's'}, not {given}")
    scope.at(node)
    return work(scope, node, node.args)


def _exists(scope: Scope, node: ast.Call) -> Value:
    parts = [(None, part) for part in node.args] + [(word.arg, word.value) for word in node.keywords]
    if len(parts) != 1 or parts[0][0] not in (None, "event", "function", "member"):
        scope.error(
            node, "exists() takes one argument", 'exists("struct.member"), exists(event="…") or exists(function="…")'
        )
    word, part = parts[0]
    if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
        scope.error(part, "exists() takes a string that is written out")
    target = scope.unit.target
    if word == "function":
        return Constant(target.btf.find(part.value, Kind.FUNC) is not None)
    if word == "event":
        known = part.value in target.formats if "/" in part.value else target.btf.tracepoint(part.value) is not None
        return Constant(known)
    return Constant(kernel_types.exists_member(scope.unit, part, part.value))


def _now(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    return Scalar(scope.build.call(Helper.KTIME_GET_NS), U64)


def _pid(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    both = scope.build.call(Helper.GET_CURRENT_PID_TGID)
    return Scalar(scope.build.binary("rsh", both, scope.build.const(32), S32), S32)


def _tid(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    return Scalar(scope.build.convert(scope.build.call(Helper.GET_CURRENT_PID_TGID), S32), S32)


def _uid(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    return Scalar(scope.build.convert(scope.build.call(Helper.GET_CURRENT_UID_GID), U32), U32)


def _gid(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    both = scope.build.call(Helper.GET_CURRENT_UID_GID)
    return Scalar(scope.build.binary("rsh", both, scope.build.const(32), U32), U32)


def _cpu(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    return Scalar(scope.build.call(Helper.GET_SMP_PROCESSOR_ID, type=U32), U32)


def _comm(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    def write(scope: Scope, address: Op, offset: int, layout: Layout) -> None:
        build = scope.build
        build.call(Helper.GET_CURRENT_COMM, build.offset(address, offset), build.const(layout.size))

    return Producer("comm()", _COMM, write)


def _current_task(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    task = kernel_types.named_pointer(scope.unit, node, "struct task_struct *")
    return KernelPointer(scope.build.call(Helper.GET_CURRENT_TASK, type=ADDRESS), task, direct=False)


def _pointer(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    if not isinstance(args[1], ast.Constant) or not isinstance(args[1].value, str):
        scope.error(args[1], "the type is a string that is written out", 'write pointer(x, "struct sock *")')
    target = kernel_types.named_pointer(scope.unit, args[1], args[1].value)
    return KernelPointer(_address(scope, args[0]), target, direct=False)


def _address(scope: Scope, node: ast.expr) -> Op:
    """An address, be it a pointer or a number."""
    value = scope.expression(node)
    if isinstance(value, KernelPlace):
        return scope.build.offset(value.op, value.offset)
    return value.op if isinstance(value, KernelPointer) else integers.to_scalar(scope, value, node, U64).op


def _text_from(helper: Helper) -> Work:
    """A string behind a pointer, read by *helper* into a field of any size."""

    def work(scope: Scope, node: ast.Call, args: Arguments) -> Value:
        source = _address(scope, args[0])

        def write(scope: Scope, address: Op, offset: int, layout: Layout) -> None:
            build = scope.build
            scope.at(node)
            build.store(address, offset, 1, build.const(0))  # what is left if it can not be read
            build.call(helper, build.offset(address, offset), build.const(layout.size), source, type=S64)

        assert isinstance(node.func, ast.Name)
        return Producer(f"{node.func.id}()", None, write, fills=False)

    return work


def _user_memory(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    start = _address(scope, args[0])
    return arguments.from_memory(node, start, integers.evaluate(scope, args[1], U64).op)


def _user_strings(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    return arguments.from_strings(node, _address(scope, args[0]))


def _swap(type: IntType) -> Work:
    def work(scope: Scope, node: ast.Call, args: Arguments) -> Value:
        value = integers.evaluate(scope, args[0], type)
        return Scalar(scope.build.swap(value.op, type), type)

    return work


def _ipv4(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    value = integers.evaluate(scope, args[0], U32)

    def write(scope: Scope, address: Op, offset: int, layout: Layout) -> None:
        build = scope.build
        build.store(address, offset, 8, build.const(0))
        build.store(address, offset + 8, 4, build.const(_MAPPED))
        build.store(address, offset + 12, 4, value.op)

    return Producer("ipv4()", _ADDRESS, write)


def _ipv6(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    source = scope.expression(args[0])
    if not isinstance(source, KernelPlace) or scope.unit.target.btf.size_of(source.type) != _ADDRESS.size:
        scope.error(args[0], f"{source.article} where a `struct in6_addr` is wanted")
    place = source

    def write(scope: Scope, address: Op, offset: int, layout: Layout) -> None:
        memory.write(scope, address, offset, _ADDRESS, place, node)

    return Producer("ipv6()", _ADDRESS, write)


def _is_ipv4(scope: Scope, node: ast.Call, args: Arguments) -> Value:
    value = scope.expression(args[0])
    if getattr(value, "layout", None) != _ADDRESS or not isinstance(value, (Place, Producer)):
        scope.error(args[0], f"{value.article} where an address is wanted", "make one by ipv4() or ipv6()")
    source = memory.readable(scope, args[0], value)
    build = scope.build
    high = source.load(scope, 0, 8)
    differs = build.binary("xor", source.load(scope, 8, 4), build.const(_MAPPED), U64)
    rest = build.binary("or", high, differs, U64)
    return Scalar(build.binary("xor", integers.truth(scope, rest), build.const(1), BOOL), BOOL)


def _least(condition: str) -> Work:
    """``min`` and ``max`` of two integers."""

    def work(scope: Scope, node: ast.Call, args: Arguments) -> Value:
        left, right = (scope.expression(part) for part in args)
        if isinstance(left, Constant) and isinstance(right, Constant):
            for value, part in ((left, args[0]), (right, args[1])):
                integers.to_scalar(scope, value, part)
            numbers = integer_types.constant_integer(left), integer_types.constant_integer(right)
            return Constant(min(numbers) if condition == "lt" else max(numbers))
        a_op, b_op, type = integers.operands(scope, node, left, right, (args[0], args[1]))
        op = integers.select(scope, "s" + condition if type.signed else condition, a_op, b_op, a_op, b_op, type)
        bounds = integer_types.bound(left), integer_types.bound(right)
        return Scalar(op, type, most=min(bounds) if condition == "lt" else max(bounds))

    return work


_WORKS: dict[str, tuple[int, Work]] = {
    "comm": (0, _comm), "cpu": (0, _cpu), "current_task": (0, _current_task), "gid": (0, _gid), "now": (0, _now),
    "pid": (0, _pid), "tid": (0, _tid), "uid": (0, _uid),
    "htonl": (1, _swap(U32)), "htons": (1, _swap(U16)), "ntohl": (1, _swap(U32)), "ntohs": (1, _swap(U16)),
    "ipv4": (1, _ipv4), "ipv6": (1, _ipv6), "is_ipv4": (1, _is_ipv4),
    "kernel_text": (1, _text_from(Helper.PROBE_READ_KERNEL_STR)),
    "user_text": (1, _text_from(Helper.PROBE_READ_USER_STR)),
    "max": (2, _least("gt")), "min": (2, _least("lt")), "pointer": (2, _pointer), "user_memory": (2, _user_memory),
    "user_strings": (1, _user_strings),
}  # fmt: skip

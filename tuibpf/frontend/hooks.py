"""Hooks: which event a probe is for, and its arguments by name or by type."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NoReturn

from tuibpf.btf import Pointer, Tracepoint
from tuibpf.diagnostics import Diagnostic, MissingEvent, printable
from tuibpf.frontend import functions, integer_types, integers, kernel_types, transfer, type_names
from tuibpf.frontend.layout import IntLayout
from tuibpf.frontend.producer import Producer
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.script import near
from tuibpf.frontend.tracepoint_format import FormatField, parse_format
from tuibpf.frontend.unit import Unit
from tuibpf.frontend.values import KernelPointer, Scalar, Value
from tuibpf.ir.ops import Context, Op
from tuibpf.ir.types import ADDRESS, U64, integer
from tuibpf.isa import Helper
from tuibpf.program import Hook, HookKind

__all__ = ["bind_arguments", "hook_of"]

_ARGUMENT_BYTES = 8
_WIDTHS = (1, 2, 4, 8)


def hook_of(unit: Unit, decorator: ast.expr) -> Hook:
    """The hook that a decorator names. An event that this kernel has not is an error there."""
    words = [str(kind) for kind in HookKind]
    call = decorator if isinstance(decorator, ast.Call) else None
    word = call.func.id if call is not None and isinstance(call.func, ast.Name) else ""
    if call is None or word not in words:
        unit.script.error(
            decorator, f"`@{ast.unparse(decorator)}` is no hook", near(word, words) or f"hooks are {', '.join(words)}"
        )
    event = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if not isinstance(event, ast.Constant) or not isinstance(event.value, str):
        unit.script.error(call, f"{word}() takes the name of an event", f'write @{word}("…")')
    if word == HookKind.TRACEPOINT:
        return _by_format(unit, event, event.value)
    found = unit.target.btf.tracepoint(event.value)
    if found is None:
        _missing(unit, event, event.value, unit.target.btf.tracepoint_names())
    return Hook(HookKind(word), event.value, found.type_id if word == HookKind.TP_BTF else 0)


def _by_format(unit: Unit, node: ast.Constant, event: str) -> Hook:
    if re.fullmatch(r"[A-Za-z0-9_]+/[A-Za-z0-9_]+", event) is None:
        unit.script.error(node, f"{event!r} is no event", 'write "category/name", such as "syscalls/sys_enter_openat"')
    if event not in unit.target.formats:
        _missing(unit, node, event, unit.target.formats)
    return Hook(HookKind.TRACEPOINT, event)


def _missing(unit: Unit, node: ast.Constant, event: str, known: Iterable[str]) -> NoReturn:
    meant = near(event, known)
    hint = (f"{meant} else " if meant else "") + "this kernel is older than the event, or was built without it"
    message = f"this kernel has no tracepoint `{printable(event)}`"
    raise MissingEvent(Diagnostic(message, unit.script.source, unit.script.span(node), hint))


def bind_arguments(scope: Scope, node: ast.FunctionDef, hook: Hook) -> None:
    """Give the parameters of a probe their values: arguments of the event."""
    context = scope.build.append(Context(scope.span(node)))
    if hook.kind is HookKind.TRACEPOINT:
        fields = parse_format(scope.unit.target.formats[hook.target])
        for arg in functions.parameters(scope, node):
            scope.names[arg.arg] = _typed(scope, arg, _field(scope, arg, hook, fields, context))
        return
    event = scope.unit.target.btf.tracepoint(hook.target)
    assert event is not None
    for arg in functions.parameters(scope, node):
        number, type = _argument(scope, arg, hook, event)
        scope.names[arg.arg] = _typed(
            scope, arg, _load(scope, arg, context, number, type, hook.kind is HookKind.TP_BTF)
        )


def _argument(scope: Scope, arg: ast.arg, hook: Hook, event: Tracepoint) -> tuple[int, int]:
    """Number and type of the argument that a parameter means: the one of its name, else the only one of its type."""
    btf = scope.unit.target.btf
    for number, parameter in enumerate(event.parameters):
        if parameter.name == arg.arg:
            return number, parameter.type
    if isinstance(arg.annotation, ast.Constant) and isinstance(arg.annotation.value, str):
        wanted = kernel_types.named_pointer(scope.unit, arg.annotation, arg.annotation.value)
        fitting = []
        for number, parameter in enumerate(event.parameters):
            kind = btf.resolve(parameter.type)[1]
            if isinstance(kind, Pointer) and kernel_types.pointee(btf, kind.target)[0] == wanted:
                fitting.append((number, parameter.type))
        if len(fitting) == 1:
            return fitting[0]
    listed = ", ".join(f"{one.name}: {btf.format_type(one.type)}" for one in event.parameters)
    scope.error(arg, f"`{hook.target}` has no argument `{arg.arg}`", f"it has {listed or 'none'}")


def _load(scope: Scope, arg: ast.arg, context: Op, number: int, type: int, direct: bool) -> Value:
    """An argument of a raw tracepoint: each lies in 8 bytes, whatever its size."""
    btf = scope.unit.target.btf
    scope.at(arg)
    _, kind = btf.resolve(type)
    if isinstance(kind, Pointer):
        target, known = kernel_types.pointee(btf, kind.target)
        return KernelPointer(scope.build.load(context, _ARGUMENT_BYTES * number, ADDRESS), target, direct and known)
    size = btf.size_of(type)
    signed = bool(getattr(kind, "signed", False))
    if size not in _WIDTHS:
        scope.error(arg, f"`{arg.arg}` is a `{btf.format_type(type)}`, which is passed in more than one register")
    whole = scope.build.load(context, _ARGUMENT_BYTES * number, U64)
    wanted = integer(8 * size, signed)
    return Scalar(scope.build.convert(whole, wanted), wanted)


def _typed(scope: Scope, arg: ast.arg, value: Value) -> Value:
    """The value as the type that the script declares for it; it must be able to hold it."""
    annotation = arg.annotation
    if annotation is None:
        return value
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        if not isinstance(value, KernelPointer):
            scope.error(annotation, f"`{arg.arg}` is no pointer", "write its type without quotes: u64")
        if kernel_types.named_pointer(scope.unit, annotation, annotation.value) != value.target:
            scope.error(annotation, f"`{arg.arg}` points to `{scope.unit.target.btf.format_type(value.target)}`")
        return value
    if isinstance(value, KernelPointer):
        value = Scalar(value.op, U64)
    layout = type_names.layout_of(scope, annotation)
    if not isinstance(layout, IntLayout) or not isinstance(value, Scalar):
        scope.error(annotation, f"`{arg.arg}` is {value.article}, not {layout.name}")
    if not integer_types.assignable(value.type, layout.type) or value.type.bits > layout.type.bits:
        scope.error(annotation, f"`{arg.arg}` is {value.type.name}, which {layout.type.name} does not hold",
                    f"write {arg.arg}: {value.type.name}")  # fmt: skip
    return Scalar(integers.convert(scope, value, layout.type), layout.type)


def _field(scope: Scope, arg: ast.arg, hook: Hook, fields: dict[str, FormatField], context: Op) -> Value:
    field = fields.get(arg.arg)
    if field is None:
        shown = [name for name in fields if not name.startswith("common_")]
        scope.error(arg, f"`{hook.target}` has no argument `{arg.arg}`", f"it has {', '.join(shown) or 'none'}")
    scope.at(arg)
    if "__data_loc" in field.declaration:
        return _data_location(scope, arg, context, field)
    if field.size not in _WIDTHS or "[" in field.declaration:
        return _array(scope, arg, context, field)
    type = integer(8 * field.size, field.signed)
    return Scalar(scope.build.load(context, field.offset, type), type)


def _array(scope: Scope, arg: ast.arg, context: Op, field: FormatField) -> Value:
    """Characters inside the record of the event; BTF need not have a type of their size, so they are copied."""

    def write(scope: Scope, address: Op, offset: int, layout: object) -> None:
        size = min(field.size, getattr(layout, "size", 0))
        transfer.copy(scope, address, offset, transfer.Readable(context, field.offset, size), size)
        transfer.zero(scope, address, offset + size, getattr(layout, "size", 0) - size)

    return Producer(f"`{arg.arg}`", None, write)


def _data_location(scope: Scope, arg: ast.arg, context: Op, field: FormatField) -> Value:
    """A string behind the record: its offset is in the low 16 bits (__data_loc, include/trace/stages)."""
    word = scope.build.load(context, field.offset, integer(32, False))
    place = scope.build.binary("and", word, scope.build.const(0xFFFF), U64)
    source = scope.build.binary("add", context, place, ADDRESS)

    def write(scope: Scope, address: Op, offset: int, layout: object) -> None:
        build = scope.build
        build.store(address, offset, 1, build.const(0))
        size = build.const(getattr(layout, "size", 0))
        build.call(Helper.PROBE_READ_KERNEL_STR, build.offset(address, offset), size, source, type=integer(64, True))

    return Producer(f"`{arg.arg}`", None, write, fills=False)

"""Tracepoints as BTF has them, for programs that take typed arguments (``BPF_TRACE_RAW_TP``, Linux 5.5).

The kernel defines ``typedef void (*btf_trace_<name>)(void *__data, …)`` for each (include/trace/bpf_probe.h), and a
program is attached by that typedef's id. A function *type* has no parameter names in BTF, so those are taken from
a function with the same parameters that the same macros define: the first of ``_NAMED_BY`` that this kernel has.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuibpf.btf.kinds import Function, FunctionPrototype, Kind, Parameter, Pointer, Typedef, Value

if TYPE_CHECKING:
    from tuibpf.btf.btf import Btf

__all__ = ["Tracepoint", "TracepointParameter", "find_tracepoint", "tracepoint_names"]

_TYPEDEF = "btf_trace_"
_NAMED_BY = (
    "__probestub_",  # Linux 6.5, include/linux/tracepoint.h
    "__traceiter_",  # Linux 5.10, include/linux/tracepoint.h
    "__bpf_trace_",  # Linux 4.17, include/trace/bpf_probe.h; one for all events of a class, named after the class
)


class TracepointParameter(Value):
    """An argument of a tracepoint. *name* is None where this kernel's BTF does not have it; *type* is a type id."""

    name: str | None
    type: int


class Tracepoint(Value):
    """A tracepoint: *type_id* is that of its typedef, which a program is loaded for (``attach_btf_id``).

    The *parameters* are what a program finds in its context, a u64 each, in this order.
    """

    name: str
    type_id: int
    parameters: tuple[TracepointParameter, ...]


def find_tracepoint(btf: "Btf", name: str) -> Tracepoint | None:
    """The tracepoint *name*, or None if the kernel has none that is so called."""
    for type_id in btf.find_all(_TYPEDEF + name, Kind.TYPEDEF):
        taken = _taken(btf, type_id)
        if taken is not None:
            names = _names(btf, name, taken)
            return Tracepoint(name, type_id, tuple(map(TracepointParameter, names, [p.type for p in taken])))
    return None


def tracepoint_names(btf: "Btf") -> Iterator[str]:
    """The names of all tracepoints, in the order of the file."""
    for name in btf.names(Kind.TYPEDEF):
        if name.startswith(_TYPEDEF):
            yield name[len(_TYPEDEF) :]


def _taken(btf: "Btf", type_id: int) -> tuple[Parameter, ...] | None:
    """The parameters after ``void *__data`` of the function type that the typedef *type_id* points to."""
    typedef = btf.type(type_id)
    pointer = btf.type(typedef.target) if isinstance(typedef, Typedef) else None
    prototype = btf.type(pointer.target) if isinstance(pointer, Pointer) else None
    return prototype.parameters[1:] if isinstance(prototype, FunctionPrototype) else None


def _names(btf: "Btf", name: str, taken: tuple[Parameter, ...]) -> list[str | None]:
    """The name of each parameter. A function whose types differ is another one that happens to be so called."""
    types = [parameter.type for parameter in taken]
    for prefix in _NAMED_BY if taken else ():
        for type_id in btf.find_all(prefix + name, Kind.FUNC):
            function = btf.type(type_id)
            prototype = btf.type(function.prototype) if isinstance(function, Function) else None
            if isinstance(prototype, FunctionPrototype):
                named = prototype.parameters[1:]
                if [parameter.type for parameter in named] == types:
                    return [parameter.name or None for parameter in named]
    return [parameter.name or None for parameter in taken]

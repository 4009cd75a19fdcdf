"""System calls that Python does not wrap, through cffi in ABI mode: nothing is compiled, at install or later.

The C half of cffi is used directly. ``ffi.cdef()`` would parse one line of C with pycparser, which costs 30-40 ms of
imports: more than everything else between the start of ``tuibpf run`` and its first attached probe. The types are few.
"""

from __future__ import annotations

import os
from typing import Final

import _cffi_backend as _cffi  # type: ignore[import-not-found, import-untyped, unused-ignore]

from tuibpf.diagnostics import NotSupported

__all__ = ["Buffer", "address", "number", "syscall"]

Buffer = bytes | bytearray | memoryview

#: System call numbers by machine: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_NUMBERS: Final[dict[str, dict[str, int]]] = {
    "x86_64": {"bpf": 321, "perf_event_open": 298, "membarrier": 324, "fsopen": 430, "fsconfig": 431, "fsmount": 432},
    "aarch64": {"bpf": 280, "perf_event_open": 241, "membarrier": 283, "fsopen": 430, "fsconfig": 431, "fsmount": 432},
}

_long = _cffi.new_primitive_type("long")
_chars = _cffi.new_array_type(_cffi.new_pointer_type(_cffi.new_primitive_type("char")), None)
# Declared with seven fixed arguments although it is variadic in C: on Linux both pass integers in the same places.
_syscall = _cffi.load_library(None, 0).load_function(_cffi.new_function_type((_long,) * 7, _long), "syscall")


def number(name: str) -> int:
    """The number of a system call on this machine; ``NotSupported`` on a processor that nobody has tried yet."""
    machine = os.uname().machine
    try:
        return _NUMBERS[machine][name]
    except KeyError:
        raise NotSupported(name, f"its system call number on {machine} is not known to tuibpf") from None


def address(buffer: Buffer) -> int:
    """Where the bytes of *buffer* lie. The caller keeps *buffer* alive, and its size unchanged, for the call."""
    return int(_cffi.cast(_long, _cffi.from_buffer(_chars, buffer)))


def syscall(nr: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0, f: int = 0) -> int:
    """Make system call *nr* with the interpreter's lock released; ``OSError`` with errno where it fails."""
    result = int(_syscall(nr, a, b, c, d, e, f))
    if result < 0:
        errno = _cffi.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result

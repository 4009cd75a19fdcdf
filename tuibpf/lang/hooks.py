"""Hooks: decorators that say where a function of the script meets the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["raw_tp", "tp_btf", "tracepoint"]

Probe = Callable[..., Any]


def tp_btf(event: str) -> Callable[[Probe], Probe]:
    """A tracepoint with the kernel's own types.

    The function takes the event's arguments by name, or by type if an annotation names one that only one argument
    has. Pointers among them are followed by plain loads; what can not be read gives 0.

    Example:
        @tp_btf("block_rq_complete")
        def completed(rq: "struct request *", nr_bytes: u32):
            if nr_bytes < rq.__data_len:
                return
    """
    raise SyntaxError(event)


def raw_tp(event: str) -> Callable[[Probe], Probe]:
    """The same event without the kernel's check of types; pointers are probed.

    The arguments are the same, and are named in the same way.

    Example:
        switches = Table(Comm, Count)

        @raw_tp("sched_switch")
        def switched(prev):
            switches[prev.comm].count += 1
    """
    raise SyntaxError(event)


def tracepoint(event: str) -> Callable[[Probe], Probe]:
    """A tracepoint by its format in tracefs.

    The function takes the fields of the format by name. Slower to attach and to detach than ``tp_btf``; the only
    way to a single system call. A function may have several hooks.

    Example:
        calls = Table(Comm, Count)

        @tracepoint("syscalls/sys_enter_open")
        @tracepoint("syscalls/sys_enter_openat")
        def called():
            calls[comm()].count += 1
    """
    raise SyntaxError(event)

"""Hooks: decorators that say where a function of the script meets the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["raw_tp", "tp_btf", "tracepoint"]

Probe = Callable[..., Any]


def tp_btf(event: str) -> Callable[[Probe], Probe]:
    """A tracepoint with the kernel's own types: ``@tp_btf("sched_switch")``.

    The function takes the event's arguments by name, or by type if an annotation names one that only one argument
    has: ``rq: "struct request *"``. Its pointers are followed by plain loads; what can not be read gives 0.
    """
    raise SyntaxError(event)


def raw_tp(event: str) -> Callable[[Probe], Probe]:
    """The same event without the kernel's check of types: ``@raw_tp("sched_switch")``; pointers are probed."""
    raise SyntaxError(event)


def tracepoint(event: str) -> Callable[[Probe], Probe]:
    """A tracepoint by its format in tracefs: ``@tracepoint("syscalls/sys_enter_execve")``.

    The function takes the fields of the format by name. Slower to attach and to detach than ``tp_btf``; the only
    way to a single system call.
    """
    raise SyntaxError(event)

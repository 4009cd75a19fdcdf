"""Functions that a probe may call. Each is one helper of the kernel or a few instructions."""

from __future__ import annotations

from typing import Any

__all__ = [
    "comm", "cpu", "current_task", "gid", "htonl", "htons", "ipv4", "ipv6", "is_ipv4", "kernel_text", "now", "ntohl",
    "ntohs",
    "pid", "pointer", "tid", "uid", "user_memory", "user_strings", "user_text",
]  # fmt: skip


def now() -> int:
    """The time in nanoseconds since boot, without suspend (u64, CLOCK_MONOTONIC)."""
    raise SyntaxError


def pid() -> int:
    """The id of the process that runs (s32, the kernel's tgid)."""
    raise SyntaxError


def tid() -> int:
    """The id of the thread that runs (s32, the kernel's pid)."""
    raise SyntaxError


def uid() -> int:
    """The real user id of the process that runs (u32)."""
    raise SyntaxError


def gid() -> int:
    """The real group id of the process that runs (u32)."""
    raise SyntaxError


def cpu() -> int:
    """The number of the processor that runs the probe (u32)."""
    raise SyntaxError


def comm() -> Any:
    """The name of the task that runs (``Comm``)."""


def current_task() -> Any:
    """The task that runs: a ``struct task_struct *``."""


def pointer(address: Any, type: str) -> Any:
    """An address as a pointer of the kernel: ``pointer(x, "struct sock *")``; what it points to is probed."""


def kernel_text(address: Any) -> Any:
    """The string that a pointer of the kernel points to, cut to the size of the field it is put in."""


def user_text(address: Any) -> Any:
    """The string that a pointer of the process points to, cut to the size of the field it is put in."""


def user_memory(start: Any, length: Any) -> Any:
    """Memory of the process, for a field of type ``Arguments``: as much of *length* bytes as there is room for."""


def user_strings(array: Any) -> Any:
    """The strings of a NULL-terminated array in the process (an ``argv``), for a field of type ``Arguments``."""


def ntohs(value: Any) -> int:
    """A 16-bit number from network order."""
    raise SyntaxError


def ntohl(value: Any) -> int:
    """A 32-bit number from network order."""
    raise SyntaxError


def htons(value: Any) -> int:
    """A 16-bit number in network order."""
    raise SyntaxError


def htonl(value: Any) -> int:
    """A 32-bit number in network order."""
    raise SyntaxError


def ipv4(address: Any) -> Any:
    """An ``Address`` from the 32 bits of an IPv4 address in network order (``__be32``)."""


def ipv6(address: Any) -> Any:
    """An ``Address`` from a ``struct in6_addr``."""


def is_ipv4(address: Any) -> bool:
    """Whether an ``Address`` is an IPv4 address."""
    raise SyntaxError

"""Opens for opensnoop to see, by any of the system calls, with any path, from this thread and without Python's own."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from struct import pack
from typing import Any, NamedTuple

from tests.tools.commands import libc
from tests.tools.running import named_rows
from tuibpf.tool.session import Session
from tuibpf.tool.syscalls import syscall_names

NUMBERS = {name: number for number, name in syscall_names().items()}
AT_FDCWD = -100  # include/uapi/linux/fcntl.h


class Opened(NamedTuple):
    """What an open gave: a descriptor, which is closed again, or -1 and an error."""

    fd: int
    err: int


def opened(call: str, *arguments: Any, close: bool = True) -> Opened:
    """The system call *call* with *arguments*."""
    ctypes.set_errno(0)
    wide = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    fd = libc().syscall(NUMBERS[call], *wide)
    error = ctypes.get_errno() if fd < 0 else 0
    if fd >= 0 and close:
        os.close(fd)
    return Opened(fd, error)


def openat(path: bytes | None, flags: int = os.O_RDONLY, mode: int = 0, directory: int = AT_FDCWD) -> Opened:
    return opened("openat", directory, path, flags, mode)


def openat2(path: bytes, flags: int = os.O_RDONLY, mode: int = 0) -> Opened:
    how = pack("QQQ", flags, mode, 0)  # struct open_how, include/uapi/linux/openat2.h
    return opened("openat2", AT_FDCWD, path, how, len(how))


def started(work: Callable[[], object]) -> int:
    """Run *work* in a child, which ends with 1 if that returns or fails; returns its id at once."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(1)
    return pid


def seen(session: Session, *pids: int) -> list[dict[str, Any]]:
    """The rows of these processes when all is over, and nothing was lost."""
    rows = [row for row in named_rows(session.finish()) if row["pid"] in pids]
    assert not session.losses()
    return rows


def results(rows: list[dict[str, Any]]) -> list[tuple[str, Opened]]:
    return [(row["path"], Opened(row["fd"], row["err"])) for row in rows]

"""Commands for execsnoop to see: spawned, forked, and started in the odd ways."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.tools.running import named_rows
from tuibpf.tool.session import Session

TRUE = b"/bin/true"
EXECVE, EXECVEAT = {"x86_64": (59, 322), "aarch64": (221, 281)}[os.uname().machine]
AT_EMPTY_PATH = 0x1000  # include/uapi/linux/fcntl.h
BYTES_EACH = 128

Arguments = Sequence[bytes]


def spawn(path: bytes | str, arguments: Arguments) -> int:
    """Run a command to its end; returns its process id. Python's own refuses an empty first argument."""
    pid = ctypes.c_int()
    error = libc().posix_spawn(ctypes.byref(pid), os.fsencode(path), None, None, vector(arguments), vector([]))
    assert not error, os.strerror(error)
    os.waitpid(pid.value, 0)
    return pid.value


def forked(work: Callable[[], object], *, status: int | None = None) -> int:
    """Run *work* in a child to its end; returns the child's id. It ends with 1 if *work* returns or fails."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(1)
    _, ended = os.waitpid(pid, 0)
    if status is not None:
        assert os.waitstatus_to_exitcode(ended) == status
    return pid


@cache
def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def vector(arguments: Arguments) -> ctypes.Array[ctypes.c_char_p]:
    """An argv as C has it."""
    return (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)


def execve(path: bytes, arguments: Arguments) -> int:
    """execve(2) with any arguments, also none, which ``os.execve`` refuses; returns the error's number."""
    libc().syscall(EXECVE, path, vector(arguments), vector([]))
    return ctypes.get_errno()


def execveat(directory: int, path: bytes, arguments: Arguments, flags: int = 0) -> int:
    """execveat(2); returns the error's number."""
    libc().syscall(EXECVEAT, directory, path, vector(arguments), vector([]), flags)
    return ctypes.get_errno()


def in_thread(work: Callable[[], object]) -> None:
    """Run *work* in a thread that is not the leader, to its end; there is none if it replaces the process."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def own_comm() -> str:
    """The name of this thread."""
    return Path("/proc/thread-self/comm").read_text().rstrip("\n")


def check_arguments(shown: Arguments, truncated: bool, given: Arguments, most: int = 20) -> None:
    """*shown* is all of *given*, or, with the mark, as much of it as the bound allows and exactly that."""
    if not truncated:
        assert list(shown) == list(given)
        return
    joined = b"".join(argument + b"\0" for argument in given)
    room = most * BYTES_EACH
    assert len(given) > most or len(joined) > room, "marked, and yet it would have fitted"
    if len(joined) > room:
        joined = joined[:room]
    kept = joined.removesuffix(b"\0").split(b"\0")[:most]
    assert list(shown) == kept


def seen(opened: Session, *pids: int) -> list[dict[str, Any]]:
    """The rows of these processes, when all is over; and nothing was lost."""
    rows = [row for row in named_rows(opened.finish()) if row["pid"] in pids]
    assert not opened.losses()
    return rows


def whole(row: dict[str, Any]) -> list[bytes]:
    """The arguments of a row that has all of them."""
    assert not row["args"].truncated
    return list(row["args"].values)

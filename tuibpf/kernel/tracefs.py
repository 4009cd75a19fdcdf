"""Tracepoint formats and ids from tracefs, mounted or not.

Where tracefs is not mounted it is not mounted for the whole system either: ``fsopen``, ``fsconfig`` and ``fsmount``
give a detached mount (fs/fsopen.c, fs/namespace.c, Linux 5.2) that is reached through its descriptor alone and is gone
with it.
"""

from __future__ import annotations

import errno
import os
from typing import Self

from tuibpf.diagnostics import NotSupported
from tuibpf.kernel import syscall as _sys
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.syscall import address

__all__ = ["Tracefs"]

_MOUNT_POINTS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_DETACHED = "detached mount"
_FSOPEN_CLOEXEC = 1
_FSCONFIG_CMD_CREATE = 6
_FSMOUNT_CLOEXEC = 1
_REMEDY = "run it with sudo, or with CAP_DAC_READ_SEARCH after sudo mount -t tracefs tracefs /sys/kernel/tracing"


def _open_folder(path: str, dir_fd: int | None = None) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)


def _mount_detached() -> int:
    name = b"tracefs\0"
    context = Descriptor(_sys.syscall(_sys.number("fsopen"), address(name), _FSOPEN_CLOEXEC))
    try:
        _sys.syscall(_sys.number("fsconfig"), context.fileno(), _FSCONFIG_CMD_CREATE)
        return _sys.syscall(_sys.number("fsmount"), context.fileno(), _FSMOUNT_CLOEXEC)
    finally:
        context.close()


class Tracefs:
    """The folder ``events`` of tracefs, opened once. ``how`` tells the way: a path, or ``detached mount``."""

    how: str

    def __init__(self) -> None:
        """``NotSupported`` where this user may neither read a mounted tracefs nor mount one."""
        denied: OSError | None = None
        for path in _MOUNT_POINTS:
            try:
                self._events = Descriptor(_open_folder(path + "/events"))
            except PermissionError as error:
                denied = error
            except OSError:
                continue  # not mounted here, or the kernel has no such place
            else:
                self.how = path
                return
        try:
            mount = Descriptor(_mount_detached())
        except OSError as error:
            known = denied or error
            reason = "not mounted, and this user may not mount it" if known is error else "this user may not read it"
            if known.errno not in (errno.EPERM, errno.EACCES):
                reason = f"not mounted, and it can not be: {known.strerror}"
            raise NotSupported("tracefs", reason, _REMEDY) from known
        try:
            self._events = Descriptor(_open_folder("events", mount.fileno()))
        finally:
            mount.close()  # the folder that was opened keeps the detached mount alive
        self.how = _DETACHED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._events.close()

    @property
    def detached(self) -> bool:
        """Whether it is mounted for this process alone."""
        return self.how == _DETACHED

    def format_text(self, event: str) -> str:
        """The text of the ``format`` file of *event* (``category/name``); ``KeyError`` where there is no such event."""
        return self._read(event, "format")

    def event_id(self, event: str) -> int:
        """The number by which perf_event_open knows *event*; ``KeyError`` where there is no such event."""
        return int(self._read(event, "id"))

    def events(self) -> list[str]:
        """Every event as ``category/name``, sorted: for "did you mean"."""
        found: list[str] = []
        for category in self._folders("."):
            found.extend(f"{category}/{name}" for name in self._folders(category))
        return sorted(found)

    def _folders(self, path: str) -> list[str]:
        folder = Descriptor(_open_folder(path, self._events.fileno()))
        try:
            with os.scandir(folder.fileno()) as entries:
                return [entry.name for entry in entries if entry.is_dir()]
        finally:
            folder.close()

    def _read(self, event: str, file: str) -> str:
        category, slash, name = event.partition("/")
        if not slash or not name or "/" in name or category.startswith(".") or name.startswith("."):
            raise KeyError(event)
        try:
            fd = os.open(f"{event}/{file}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._events.fileno())
        except PermissionError as error:
            raise NotSupported(f"tracefs: {event}", "this user may not read it", _REMEDY) from error
        except ValueError:
            raise KeyError(event) from None  # a NUL, or half a character
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise
            raise KeyError(event) from None
        with open(fd, encoding="utf-8", errors="replace") as opened:
            return opened.read()

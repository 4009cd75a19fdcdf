"""Where tools are found: with the package, in $TUIBPF_TOOLS, in ~/.config/tuibpf/tools, and under a path that is given.

A tool of the user's own goes before one of the same name that came with the package. A script is compiled, never run,
but its probes see the whole machine: for root, a file that somebody else could have written is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from tuibpf.diagnostics import CompileError, Diagnostic, Source, printable
from tuibpf.tool import launch_cache
from tuibpf.tool.option import UsageError, near
from tuibpf.tool.tool import Tool

__all__ = ["discover", "find_tool"]

_LARGEST_SCRIPT = 1 << 18
_OWN = "own"


def discover() -> list[Tool]:
    """All tools, by family and name. A damaged one is among them with its error, and does not stop the rest."""
    found: dict[str, Tool] = {}
    for name, family, path, bundled in _candidates():
        if name not in found:
            found[name] = _read(name, family, path, bundled)
    return sorted(found.values(), key=lambda tool: (tool.family, tool.name))


def find_tool(name: str) -> Tool:
    """The tool *name*, or the one in the file *name*; no other script is read.

    Raises UsageError if there is none, CompileError if it is damaged.
    """
    if "/" in name or name.endswith(".py"):
        if not os.path.exists(name):
            raise UsageError(f"no such file: {name!r}")
        stem = printable(os.path.basename(name).removesuffix(".py"))  # it stands above every table
        return _read(stem, _OWN, name, bundled=False).checked()
    for known, family, path, bundled in _candidates():
        if known == name:
            return _read(name, family, path, bundled).checked()
    hint = near(name, (known for known, *_ in _candidates())) or "tuibpf list shows them"
    raise UsageError(f"no such tool: {name!r}", hint)


def _candidates() -> Iterator[tuple[str, str, str, bool]]:
    """Name, family, path, and whether it came with the package, for every file that could be a tool."""
    for folder in _own_folders():
        yield from _scripts(folder, _OWN, bundled=False)
        for entry in _entries(folder):
            if entry.is_dir():
                yield from _scripts(entry.path, entry.name, bundled=False)
    for entry in _entries(_bundled_folder()):
        if entry.is_dir():
            yield from _scripts(entry.path, entry.name, bundled=True)


def _own_folders() -> list[str]:
    folders = [folder for folder in os.environ.get("TUIBPF_TOOLS", "").split(":") if folder]
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [*folders, os.path.join(home, "tuibpf", "tools")]


def _bundled_folder() -> str:
    """``tools/`` beside the package in a checkout, inside it where a wheel was installed."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_tools")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "tools")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if entry.name.removesuffix(".py").replace("-", "_").isidentifier()),
                key=lambda entry: entry.name,
            )
    except OSError:
        return []


def _scripts(folder: str, family: str, *, bundled: bool) -> Iterator[tuple[str, str, str, bool]]:
    for entry in _entries(folder):
        if entry.name.endswith(".py"):
            yield entry.name[:-3], family, entry.path, bundled


def _read(name: str, family: str, path: str, bundled: bool) -> Tool:
    """The tool in the file *path*, with its error if it is none."""
    try:
        source = Source(path, _text(path, bundled))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        source = Source(path, "")
        return Tool(name, family, path, source, error=Diagnostic(f"can not be read: {reason}", source))
    try:
        purpose, usage, options = launch_cache.header(source)
    except CompileError as error:
        return Tool(name, family, path, source, error=error.diagnostic)
    return Tool(name, family, path, source, purpose, usage, options)


def _text(path: str, bundled: bool) -> str:
    """The text of a script. What is checked is the open file, so that no other can be put in its place."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        # Whoever can write the package's own tools can write the package.
        if os.geteuid() == 0 and not bundled:
            _refuse_others(status)
        data = file.read(_LARGEST_SCRIPT + 1)
    if len(data) > _LARGEST_SCRIPT:
        raise ValueError(f"it is larger than {_LARGEST_SCRIPT >> 10} KiB")
    return data.decode("utf-8")


def _refuse_others(status: os.stat_result) -> None:
    """Refuse, for root, a file that anyone else can write; the user and the group behind sudo count as root."""
    users = {"0", os.environ.get("SUDO_UID")}
    groups = {"0", os.environ.get("SUDO_GID")}
    if str(status.st_uid) not in users:
        raise ValueError(f"root does not use a script of user {status.st_uid}: chown root it, if you trust it")
    group_writes = status.st_mode & stat.S_IWGRP and str(status.st_gid) not in groups
    if status.st_mode & stat.S_IWOTH or group_writes:
        raise ValueError("root does not use a script that others may write: chmod go-w it, if you trust it")

"""A second launch of an unchanged script compiles nothing: its header and its bundle come from the first one.

The header depends on the script's text and on the compiler. The bundle depends on the script's text and name, the
values of its options, the kernel, the compiler, and on what the compiler asked of this machine: features, formats of
tracepoints, processors. The first five are the key under which it is kept. The answers are kept beside it and asked for
again, since a module may be loaded, a privilege lost or a feature withheld.

Nothing here is an error: what is not there, damaged or not to be believed is compiled anew. Only what compiles is kept.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, cast

from tuibpf import __version__
from tuibpf.diagnostics import Source
from tuibpf.kernel.identity import BTF_FILE, identity
from tuibpf.kernel.trusted_files import cache_folders
from tuibpf.program import Bundle
from tuibpf.tool import launch_files, plain_values
from tuibpf.tool.answers import Answers, NotedTarget, still_true
from tuibpf.tool.clock import process_start_ns
from tuibpf.tool.option import Option, Value

if TYPE_CHECKING:
    from tuibpf.ir.target import Target

__all__ = ["Header", "bundle", "header"]

#: Purpose, documentation and options of a script.
Header = tuple[str, str, tuple[Option, ...]]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_COMPILER = "", "btf", "codegen", "frontend", "ir", "isa", "lang", "passes", "tool"
_IN_THE_KEY = Source("", "")
_PLAIN_FORMAT = 2  # of marshal: the last that writes equal values as equal bytes


def header(source: Source) -> Header:
    """What ``read_header`` tells of *source*. Raises ``CompileError`` where that does."""
    key = _key("header", source.text)
    kept = _fetch(key)
    if kept is not None:
        return cast(Header, kept)
    from tuibpf.frontend.header import read_header

    read = read_header(source)
    found = read.purpose, read.doc, tuple(Option(*option) for option in read.options)
    _keep(key, found)
    return found


def bundle(source: Source, values: Mapping[str, Value], target: Target) -> Bundle:
    """What ``compile_script`` gives for the running kernel, which *target* is. Raises what that does."""
    try:
        kernel = identity(os.stat(BTF_FILE).st_size)
        key = _key("bundle", kernel, source.name, source.text, tuple(sorted(values.items())))
    except OSError:
        key = None  # without the kernel's types nothing can be compiled for it
    kept = _fetch(key)
    if kept is not None:
        answers, compiled = cast(tuple[Answers, Bundle], kept)
        if still_true(answers, target):
            return compiled._replace(source=source)
    from tuibpf.compiler import compile_script

    noted = NotedTarget(target)
    compiled = compile_script(source, values, noted)
    if noted.complete:
        _keep(key, (noted.answers, compiled._replace(source=_IN_THE_KEY)))
    return compiled


def _key(*parts: str | bytes | tuple[tuple[str, Value], ...]) -> bytes | None:
    """All that a result depends on; None where nothing is kept."""
    files = _compiler_files() if cache_folders() else ()
    return marshal.dumps((__version__, sys.hexversion, _PACKAGE, files, *parts), _PLAIN_FORMAT) if files else None


def _fetch(key: bytes | None) -> object | None:
    content = launch_files.fetch(key) if key else None
    try:
        return plain_values.from_bytes(content) if content else None
    except ValueError:
        return None


def _keep(key: bytes | None, value: object) -> None:
    """Keep *value*, unless the compiler was edited since this process began and so may be another one in memory."""
    if key is None:
        return
    with suppress(OSError, ValueError):
        since_start_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - process_start_ns()
        if max(changed_ns for *_, changed_ns in _compiler_files()) < time.time_ns() - since_start_ns:
            launch_files.keep(key, plain_values.to_bytes(value))


@cache
def _compiler_files() -> tuple[tuple[str, str, int, int], ...]:
    """Which compiler this is, down to the last edit in a checkout; nothing if its files can not be looked at (0.4 ms).

    Part, name, size and time of the last change of each file. That time, unlike that of modification, nobody can set.
    """
    found = []
    try:
        for part in _COMPILER:
            with os.scandir(os.path.join(_PACKAGE, part)) as entries:
                for entry in entries:
                    if entry.is_file():
                        status = entry.stat()
                        found.append((part, entry.name, status.st_size, status.st_ctime_ns))
    except OSError:
        return ()
    return tuple(sorted(found))

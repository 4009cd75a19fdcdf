"""Processes that make system calls for syscount to count: held until the tool looks at them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.tools.commands import libc
from tests.tools.opening import NUMBERS, started
from tests.tools.running import named_rows
from tuibpf.tool.syscalls import syscall_names


def call(name: str, *arguments: Any) -> int:
    """The system call *name*, without the C library's own care for it."""
    return int(libc().syscall(NUMBERS[name], *arguments))


class Held:
    """A child that waits to do its work."""

    def __init__(self, work: Callable[[], object]) -> None:
        reader, self._go = os.pipe()

        def held() -> None:
            os.close(self._go)
            os.read(reader, 1)
            work()
            os._exit(0)

        self.pid = started(held)
        os.close(reader)

    def run(self) -> None:
        """Let it work, to its end."""
        os.close(self._go)
        self._go = -1
        assert os.waitpid(self.pid, 0)[1] == 0


@contextmanager
def held(work: Callable[[], object]) -> Iterator[Held]:
    child = Held(work)
    try:
        yield child
    finally:
        if child._go >= 0:
            os.kill(child.pid, 9)
            os.close(child._go)
            os.waitpid(child.pid, 0)


def by_name(frames: Any, what: str = "count") -> Counter[str]:
    """Calls by name, over all *frames*."""
    found: Counter[str] = Counter()
    for row in named_rows(frames):
        found[syscall_names().get(row["syscall"], str(row["syscall"]))] += row[what]
    return found


def by_process(frames: Any, pids: Iterable[int], what: str = "count") -> Counter[int]:
    """Calls of these processes, over all *frames*."""
    wanted, found = set(pids), Counter[int]()
    for row in named_rows(frames):
        if row["pid"] in wanted:
            found[row["pid"]] += row[what]
    return found

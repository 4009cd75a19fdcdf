"""Kernels that run no BPF program at certain moments, and tests that must not be misled by that.

The kernels of some virtual machines skip every BPF program while certain tasks are on a processor, and do not count it
as a miss. An interrupt on top of such a task is then lost to any tracer: the completion of a request, for instance. The
switch away from such a task is not seen either, which gives it away: the task that goes is another than came before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

from tests.tools.running import session
from tuibpf.diagnostics import Source
from tuibpf.tool.session import Session
from tuibpf.tool.tool import Tool

P = ParamSpec("P")

_ATTEMPTS = 6
_WATCH = '''"""Switches to a task that are followed by a switch from another one."""

from tuibpf.lang import *

current = Hash(Cpu, Pid, 4096)
unseen = Histogram(Count)


@tp_btf("sched_switch")
def switched(prev: "struct task_struct *", next: "struct task_struct *"):
    before = current.get(cpu())
    if before is not None:
        if before != prev.pid:
            unseen.add(1)
    current[cpu()] = next.pid
'''


@contextmanager
def watch() -> Iterator[Callable[[], int]]:
    """A function that tells how many moments were hidden since the beginning."""
    source = Source("watch.py", _WATCH)

    def count(opened: Session) -> int:
        return sum(one.count for frame in opened.snapshot() for one in frame.distributions)

    with session(Tool("watch", "tests", source.name, source)) as opened:
        yield lambda: count(opened)


def sees_everything(test: Callable[P, None]) -> Callable[P, None]:
    """Run *test* again if it fails on a kernel that was blind meanwhile. Where none is, the first failure counts."""

    @functools.wraps(test)
    def attempts(*args: P.args, **kwargs: P.kwargs) -> None:
        for attempt in range(_ATTEMPTS):
            with watch() as hidden:
                try:
                    test(*args, **kwargs)
                except AssertionError:
                    if not hidden() or attempt == _ATTEMPTS - 1:
                        raise
                else:
                    return

    return attempts

"""A small script for launches, and how to compare what becomes of it."""

from __future__ import annotations

from tuibpf.diagnostics import Source

SCRIPT = '''"""Files that are opened.

More of it.
"""
from tuibpf.lang import *

only = Option("-p", "--pid", type=Pid, help="only this process")


class Open(Row):
    pid: Pid
    comm: Comm


opens = Stream(Open)


@tracepoint("syscalls/sys_enter_openat")
def opened():
    if only is not None and pid() != only:
        return
    if exists(event="syscalls/sys_enter_openat2"):
        return
    opens.emit(pid=pid(), comm=comm())
'''
SOURCE = Source("opens.py", SCRIPT)
VALUES = {"only": None}


def same(one: object, other: object) -> bool:
    """Equal, and of the same types all the way down: named tuples are equal to plain ones."""
    if type(one) is not type(other) or one != other:
        return False
    return not isinstance(one, tuple) or all(map(same, one, other))  # type: ignore[arg-type]


def changed(text: str, by: str, what: Source = SOURCE) -> Source:
    assert text in what.text
    return what._replace(text=what.text.replace(text, by))

"""What a row costs between the ring buffer and stdout: decoding it, and writing it in each form.

usage: python -m tests.benchmarks.views [--rounds N]

Rows of four u64, and rows of execsnoop's layout with five arguments each, 20,000 at once and written nowhere. Time of
this process on a processor, so that what else runs counts little. Nothing is loaded: it needs no privileges.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from struct import Struct
from typing import Any

from tests.benchmarks.figures import read_arguments, spread, table
from tuibpf.program import Field, Record
from tuibpf.tool.clock import Clock
from tuibpf.tool.column import Column, columns_of
from tuibpf.tool.decode import Decoder
from tuibpf.tool.frame import Frame
from tuibpf.view import FORMATS, open_view

_ROUNDS = 5
_ROWS = 20_000
_INTEGERS = Record(tuple(Field(name, "u64", 8 * at, 8, "Q", name) for at, name in enumerate("abcd")), 32)
_EXEC = (
    ("time", "time", "Q", False), ("since", "elapsed", "Q", False), ("uid", "uid", "I", False),
    ("pcomm", "comm", "16s", True), ("comm", "comm", "16s", True), ("pid", "pid", "i", True),
    ("ppid", "pid", "i", True), ("ret", "errno", "i", True), ("file", "path", "256s", False),
)  # fmt: skip
_WORDS = (b"-O2", b"-c", b"-o", b"file.o", b"/usr/include/linux", b"a b", b"--color=auto", "é".encode())


def exec_record() -> Record:
    fields, at = [], 0
    for name, display, code, shown in _EXEC:
        size = Struct(f"={code}").size
        fields.append(Field(name, display, at, size, code, name.upper(), shown))
        at += size
    return Record((*fields, Field("args", "arguments", at, 8, "II", "ARGS", tail=True, limit=20)), at + 8)


def integers(random: Random) -> list[tuple[int, ...]]:
    """A time, a number, two addresses."""
    return [
        (10**15 + at, random.randrange(400), random.randrange(1 << 46, 1 << 47), random.randrange(1 << 46, 1 << 47))
        for at in range(_ROWS)
    ]


def execs(random: Random, layout: Struct) -> list[bytes]:
    """Records as the probe writes them, no two with the same arguments."""
    records = []
    for at in range(_ROWS):
        words = [b"gcc", *random.choices(_WORDS, k=3), b"src/%d.c" % at]
        tail = b"".join(word + b"\0" for word in words)
        moment, comm = 10**12 + at, random.choice((b"gcc", b"as"))
        fixed = (moment, moment, 1000, b"make", comm, 1000 + at, 900, 0, b"/usr/bin/gcc")
        records.append(layout.pack(*fixed, len(tail), len(tail)) + tail)
    return records


def row_us(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e6 / _ROWS


def measured(rounds: int, what: str, works: dict[str, Callable[[], object]]) -> list[Sequence[str]]:
    """A line for each of *works*: microseconds a row, and rows a second."""
    lines: list[Sequence[str]] = []
    for name, work in works.items():
        found = [row_us(work) for _ in range(rounds)]
        lines.append((f"{what}: {name}", *spread(found, 2), f"{1 / min(found):.2f}"))
    return lines


def views(columns: tuple[Column, ...], rows: Sequence[tuple[Any, ...]]) -> dict[str, Callable[[], object]]:
    """What writes *rows* of a stream, by form."""
    frame = Frame("tool", "rows", "stream", 0, columns, rows)
    works: dict[str, Callable[[], object]] = {}
    for form in FORMATS:
        view = open_view(form, lambda _text: None)
        view.begin([frame._replace(rows=())])
        works[form] = partial(view.show, frame)
    return works


def main() -> int:
    rounds, _ = read_arguments(__doc__, _ROUNDS)
    random = Random(1)
    decoder = Decoder(exec_record(), Clock())
    records = execs(random, decoder.struct)
    lines = measured(rounds, "four integers", views(columns_of(None, _INTEGERS), integers(random)))
    lines += measured(rounds, "execsnoop", {"decode": lambda: decoder.rows_with_tail(records)})
    lines += measured(rounds, "execsnoop", views(columns_of(None, exec_record()), decoder.rows_with_tail(records)))
    table(("us a row", "min", "median", "max", "M rows/s at most"), lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

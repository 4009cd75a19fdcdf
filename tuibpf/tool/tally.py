"""From the entries of a map to what a table or a histogram shows: merged by key, sorted, cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tuibpf.tool.column import Column
from tuibpf.tool.frame import Bucket, Distribution

__all__ = ["add_slots", "distribution", "ranked"]

Row = tuple[Any, ...]

_MOMENTS = frozenset({"time", "elapsed"})
_AMOUNTS = frozenset({"integer", "count", "bytes", "kibibytes", "nanoseconds", "microseconds", "milliseconds"})


def ranked(
    entries: Iterable[tuple[Row, Row]], columns: Sequence[Column], sort: Sequence[str], limit: int | None
) -> list[Row]:
    """The rows of a table from its (key, value) pairs.

    Two keys that look the same once they are decoded (a name with other bytes behind its NUL) are one row: amounts are
    added, of moments the later one is kept, of all else the first. Largest sum of the *sort* fields first, then by key.
    """
    merged: dict[Row, Row] = {}
    values = [column for column in columns if not column.key]
    for key, value in entries:
        known = merged.get(key)
        merged[key] = value if known is None else _merge(values, known, value)
    names = [column.name for column in values]
    places = [names.index(name) for name in sort]
    pairs = sorted(merged.items(), key=lambda pair: (-sum(pair[1][place] for place in places), pair[0]))
    return [(*key, *value) for key, value in pairs[:limit]]


def _merge(columns: Sequence[Column], first: Row, second: Row) -> Row:
    return tuple(
        one + other if column.display in _AMOUNTS else max(one, other) if column.display in _MOMENTS else one
        for column, one, other in zip(columns, first, second, strict=True)
    )


def add_slots(total: Sequence[int] | None, more: Sequence[int]) -> tuple[int, ...]:
    """The sum and the slots of two histograms as one."""
    return tuple(more) if total is None else tuple(map(sum, zip(total, more, strict=True)))


def distribution(key: Row, slots: Sequence[int]) -> Distribution:
    """A histogram from its sum and its slots: slot 0 counts 0 and 1, slot i counts 2**i to 2**(i+1)-1.

    It starts at the lowest bucket, so that two of them can be laid side by side, and ends at the last one in use.
    """
    total, *counts = slots
    while counts and not counts[-1]:
        counts.pop()
    buckets = (Bucket(1 << i if i else 0, (2 << i) - 1, count) for i, count in enumerate(counts))
    return Distribution(key, tuple(buckets), total)

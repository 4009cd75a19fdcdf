"""Histograms over time: what each key's buckets held in each interval, and since the start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from tuibpf.tool.frame import Distribution

__all__ = ["ALL", "Spread", "Tally"]

Key = tuple[Any, ...]

ALL: Key = ("\0all",)
"""The key under which all the others are added up; no tool's key can be this one."""

_INTERVALS = 600


class Tally:
    """Counts by bucket bounds, and the sum of the values."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts: dict[tuple[int, int], int] = {}
        self.sum = 0

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def add(self, distribution: Distribution) -> None:
        for lo, hi, count in ((b.lo, b.hi, b.count) for b in distribution.buckets):
            self.counts[lo, hi] = self.counts.get((lo, hi), 0) + count
        self.sum += distribution.sum

    def buckets(self) -> list[tuple[int, int, int]]:
        """(lo, hi, count) from the lowest to the highest bucket that counted anything, empty ones between them too."""
        used = sorted(bounds for bounds, count in self.counts.items() if count)
        if not used:
            return []
        first, last = used[0], used[-1]
        return [(*bounds, self.counts[bounds]) for bounds in sorted(self.counts) if first <= bounds <= last]

    def percentile(self, share: float) -> int | None:
        """The upper bound of the bucket that the value at *share* (0 to 1) lies in: it is at most this."""
        total = self.count
        if not total:
            return None
        seen = 0
        for (_, hi), count in sorted(self.counts.items()):
            seen += count
            if seen >= share * total:
                return hi
        return None


class Spread:
    """The distributions of one histogram output by key: totals, the last interval, and a bounded history."""

    def __init__(self, intervals: int = _INTERVALS) -> None:
        self.total: dict[Key, Tally] = {}
        self.last: dict[Key, Tally] = {}
        self.history: deque[dict[Key, Tally]] = deque(maxlen=intervals)
        self.bounds: list[tuple[int, int]] = []

    def update(self, distributions: Iterable[Distribution]) -> None:
        """Take the distributions of one interval; none is an interval in which nothing was counted."""
        now: dict[Key, Tally] = {}
        for distribution in distributions:
            for key in (distribution.key, ALL):
                now.setdefault(key, Tally()).add(distribution)
                self.total.setdefault(key, Tally()).add(distribution)
        self.last = now
        self.history.append(now)
        known = set(self.bounds)
        fresh = {bounds for tally in now.values() for bounds in tally.counts} - known
        if fresh:
            self.bounds = sorted(known | fresh)

    def keys(self) -> list[Key]:
        """The keys by count, the busiest first; the sum of all comes before them if there are several."""
        keys = [key for key in self.total if key != ALL]
        keys.sort(key=lambda key: -self.total[key].count)
        return [ALL, *keys] if len(keys) > 1 else keys

    def used_bounds(self, key: Key) -> list[tuple[int, int]]:
        """The buckets between the lowest and the highest that *key* ever used."""
        buckets = self.total[key].buckets() if key in self.total else []
        return [(lo, hi) for lo, hi, _ in buckets]

    def clear(self) -> None:
        self.total.clear()
        self.last.clear()
        self.history.clear()
        self.bounds.clear()

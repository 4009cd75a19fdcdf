"""A Frame is all that a view ever gets; a view can not tell a live one from a replayed one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tuibpf.tool.column import Column

__all__ = ["Bucket", "Cost", "Distribution", "Frame"]


class Bucket(NamedTuple):
    """A range of a histogram, both bounds included, and how many values fell into it."""

    lo: int
    hi: int
    count: int  # type: ignore[assignment]  # a field of this name hides tuple.count()


class Distribution(NamedTuple):
    """One histogram: its key (raw values by column, empty without a key), the buckets from the lowest one, the sum."""

    key: tuple[Any, ...]
    buckets: tuple[Bucket, ...]
    sum: int

    @property
    def count(self) -> int:  # type: ignore[override]
        return sum(bucket.count for bucket in self.buckets)


class Cost(NamedTuple):
    """What the probes cost since they were attached: nanoseconds in the kernel, runs, runs the kernel skipped."""

    run_ns: int = 0
    runs: int = 0
    missed: int = 0


class Frame(NamedTuple):
    """What one output of a tool had to say at one time.

    *shape* is ``stream`` (rows since the last frame), ``table`` (rows of the interval) or ``histogram`` (of the
    interval). *time_ns* is wall-clock. *losses* counts, by reason, all that was lost since the session began.
    """

    tool: str
    output: str
    shape: str
    time_ns: int
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]] = ()
    distributions: tuple[Distribution, ...] = ()
    unit: str = ""
    losses: Mapping[str, int] = {}
    cost: Cost = Cost()

    @property
    def lost(self) -> int:
        return sum(self.losses.values())

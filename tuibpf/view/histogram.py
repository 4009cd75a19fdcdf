"""A histogram as text, in the form that the classic tools made familiar."""

from __future__ import annotations

from collections.abc import Sequence

from tuibpf.tool.column import Column
from tuibpf.tool.display import UNITS
from tuibpf.tool.frame import Bucket, Distribution

__all__ = ["histogram_lines"]

_BAR_CELLS = 40
_BOUND_CELLS = 10
_COUNT_CELLS = 8


def histogram_lines(columns: Sequence[Column], one: Distribution, unit: str) -> list[str]:
    """*one* with a head that tells its key, from its first bucket in use to its last; *columns* are those of the key.

    ::

        disk = vda
             usecs               : count    distribution
                64 -> 127        : 12      |***********                             |
               128 -> 255        : 41      |****************************************|
    """
    used = [place for place, bucket in enumerate(one.buckets) if bucket.count]
    buckets = one.buckets[used[0] : used[-1] + 1] if used else ()
    most = max((bucket.count for bucket in buckets), default=0)
    bound = max([_BOUND_CELLS, *(len(str(bucket.hi)) for bucket in buckets)])
    width = max(_COUNT_CELLS, len(str(most)) + 1)
    pairs = zip(columns, one.key, strict=True)
    key = ", ".join(f"{column.name} = {column.text(value)}" for column, value in pairs if column.shown)
    head = f"{UNITS.get(unit, unit):>{bound}}{'':{bound + 5}}: {'count':{width}} distribution"
    return [*([key] if key else ()), head, *(_bucket_line(bucket, most, bound, width) for bucket in buckets)]


def _bucket_line(bucket: Bucket, most: int, bound: int, width: int) -> str:
    # A bucket that is not empty has at least a mark: it would be overlooked otherwise.
    filled = max(bucket.count * _BAR_CELLS // most, bool(bucket.count))
    return f"{bucket.lo:>{bound}} -> {bucket.hi:<{bound}} : {bucket.count:<{width}}|{'*' * filled:{_BAR_CELLS}}|"

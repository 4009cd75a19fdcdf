"""The kernel's clock, which probes stamp their rows with, against the wall's."""

from __future__ import annotations

import time

__all__ = ["Clock"]

_LARGEST_DRIFT_NS = 1_000_000


class Clock:
    """Turns ``bpf_ktime_get_ns()``, which is CLOCK_MONOTONIC, into the time of day and into the time since a start."""

    def __init__(self) -> None:
        self.start_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self._offset_ns = self._measure()

    @staticmethod
    def _measure() -> int:
        return time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    @property
    def wall_offset_ns(self) -> int:
        """What to add to a monotonic time for nanoseconds since the epoch.

        The same value again until the wall clock was set, so that two rows keep their distance.
        """
        offset_ns = self._measure()
        if abs(offset_ns - self._offset_ns) > _LARGEST_DRIFT_NS:
            self._offset_ns = offset_ns
        return self._offset_ns

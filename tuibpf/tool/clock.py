"""The kernel's clock, which probes stamp their rows with, against the wall's; and when this process began."""

from __future__ import annotations

import os
import time

__all__ = ["Clock", "process_start_ns"]

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


def process_start_ns() -> int:
    """When this process was started, on CLOCK_MONOTONIC, to a tick of 10 ms or better.

    The kernel tells it in ticks of CLOCK_BOOTTIME, rounded down (field 22 of /proc/<pid>/stat, fs/proc/array.c). Since
    a process can not have used more processor time than has passed, that narrows it down within the tick.
    """
    boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    monotonic_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    with open("/proc/self/stat", "rb") as file:
        # The second field is the command in parentheses, and may hold anything.
        ticks = int(file.read().rpartition(b")")[2].split()[19])
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    latest_ns = boot_ns - time.process_time_ns()
    started_ns = max(ticks * tick_ns, min(latest_ns, (ticks + 1) * tick_ns))
    return started_ns - boot_ns + monotonic_ns

"""perf_event_open(2): tracepoints to attach to, software events, and the events behind a perf buffer.

Layout: ``struct perf_event_attr``, include/uapi/linux/perf_event.h (the first 96 bytes, the later part being zero).
"""

from __future__ import annotations

import fcntl
from struct import Struct

from tuibpf.kernel import syscall as _sys
from tuibpf.kernel.syscall import address

__all__ = ["SoftwareEvent", "enable", "open_buffer_event", "open_software", "open_tracepoint", "set_program"]

_ATTR = Struct("=IIQQQQQIIQQQQIi")
_TYPE_SOFTWARE, _TYPE_TRACEPOINT = 1, 2
_SAMPLE_TIME, _SAMPLE_RAW = 1 << 2, 1 << 10
_FLAG_DISABLED, _FLAG_FREQUENCY, _FLAG_WATERMARK, _FLAG_USE_CLOCK = 1 << 0, 1 << 10, 1 << 14, 1 << 25
_OPEN_CLOEXEC = 1 << 3
_CLOCK_MONOTONIC = 1

# _IO('$', 0) and _IOW('$', 8, __u32)
_IOCTL_ENABLE = 0x2400
_IOCTL_SET_BPF = 0x40042408


class SoftwareEvent:
    """``enum perf_sw_ids``: events that need no hardware, so they work on virtual machines."""

    CPU_CLOCK = 0
    TASK_CLOCK = 1
    PAGE_FAULTS = 2
    CONTEXT_SWITCHES = 3
    CPU_MIGRATIONS = 4
    BPF_OUTPUT = 10


def _open(
    kind: int, config: int, cpu: int, period: int, *, sample: int = 0, flags: int = 0, wakeup: int = 0, clock: int = 0
) -> int:
    attr = _ATTR.pack(kind, _ATTR.size, config, period, sample, 0, flags, wakeup, 0, 0, 0, 0, 0, 0, clock)
    whole_machine = -1
    return _sys.syscall(_sys.number("perf_event_open"), address(attr), whole_machine, cpu, -1, _OPEN_CLOEXEC)


def open_tracepoint(event_id: int) -> int:
    """The descriptor of a tracepoint by the id that tracefs gives it.

    Opened on one processor for all tasks: the program of an event runs on every processor whatever the event's own,
    since it hangs on the tracepoint itself (``perf_event_attach_bpf_prog()``, kernel/trace/bpf_trace.c).
    """
    return _open(_TYPE_TRACEPOINT, event_id, 0, 1, sample=_SAMPLE_RAW, wakeup=1)


def open_software(event: int, cpu: int, *, frequency_hz: int = 0, period: int = 0) -> int:
    """A software event on one processor, by *frequency_hz* or every *period* (nanoseconds for the clocks)."""
    flags = _FLAG_DISABLED | (_FLAG_FREQUENCY if frequency_hz else 0)
    return _open(_TYPE_SOFTWARE, event, cpu, frequency_hz or period, flags=flags)


def open_buffer_event(cpu: int, wakeup_bytes: int) -> int:
    """The event through which programs on *cpu* write a perf buffer.

    Its samples are a time (CLOCK_MONOTONIC, nanoseconds) and the raw record; a sleeper is woken for *wakeup_bytes*.
    """
    flags = _FLAG_WATERMARK | _FLAG_USE_CLOCK
    sample = _SAMPLE_TIME | _SAMPLE_RAW
    return _open(
        _TYPE_SOFTWARE, SoftwareEvent.BPF_OUTPUT, cpu, 1, sample=sample, flags=flags, wakeup=wakeup_bytes,
        clock=_CLOCK_MONOTONIC,
    )  # fmt: skip


def set_program(event_fd: int, program_fd: int) -> None:
    """Have *program_fd* run whenever the event fires. Closing the event detaches it."""
    fcntl.ioctl(event_fd, _IOCTL_SET_BPF, program_fd)


def enable(event_fd: int) -> None:
    fcntl.ioctl(event_fd, _IOCTL_ENABLE, 0)

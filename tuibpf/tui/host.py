"""What can be told of the host without any privilege: processors, memory, disks, network, processes."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tui.feed import Feed

__all__ = ["PROCESS_COLUMNS", "Filesystem", "HostFeed", "HostSnapshot", "Traffic"]

_INTERVAL_S = 2.0
# Reading thousands of processes takes its time; the dashboard must not be what loads the machine.
_LARGEST_SHARE = 0.05
_MOST_COMMANDS = 100

PROCESS_COLUMNS = (
    Column("pid", "PID", "pid", key=True),
    Column("user", "USER", "comm"),
    Column("cpu", "%CPU", "count"),
    Column("rss", "MEM", "bytes"),
    Column("threads", "THR", "port"),
    Column("command", "COMMAND", "text"),
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes a second in and out of a disk (read, written) or an interface (received, sent)."""

    name: str
    into: float
    out: float


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A mounted file system; bytes."""

    path: str
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class HostSnapshot:
    """One look at the host. Shares of processors are 0 to 1, memory is in bytes."""

    cpus: tuple[float, ...] = ()
    memory_used: int = 0
    memory_total: int = 0
    swap_used: int = 0
    swap_total: int = 0
    disks: tuple[Traffic, ...] = ()
    networks: tuple[Traffic, ...] = ()
    filesystems: tuple[Filesystem, ...] = ()
    processes: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)


class _Rates:
    """Bytes a second from counters that only grow."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, int]] = {}
        self._at_s = 0.0

    def of(self, counters: dict[str, tuple[int, int]], now_s: float) -> tuple[Traffic, ...]:
        """The busiest first; what never did anything is left out."""
        seconds = max(now_s - self._at_s, 1e-3)
        before, self._before, self._at_s = self._before, counters, now_s
        result = []
        for name, (into, out) in counters.items():
            if into or out:
                old = before.get(name, (into, out))
                result.append(Traffic(name, max(0, into - old[0]) / seconds, max(0, out - old[1]) / seconds))
        return tuple(sorted(result, key=lambda item: (-(item.into + item.out), item.name)))


class HostFeed(Feed[HostSnapshot]):
    """Looks at the host in a thread of its own and keeps the last look until it is taken."""

    def __init__(self, interval_s: float = _INTERVAL_S) -> None:
        super().__init__("host")
        self.interval_s = interval_s
        self._disks, self._networks = _Rates(), _Rates()

    def _run(self) -> None:
        import psutil  # 20 ms that the first picture does not wait for

        rest_s = 0.2  # shares of processors need two looks; the first is worth nothing for long
        while not self._stopped.is_set():
            started = time.monotonic()
            snapshot = self.look(psutil)
            took_s = time.monotonic() - started
            self._publish(lambda _, snapshot=snapshot: snapshot)  # type: ignore[misc]
            self._stopped.wait(rest_s)
            rest_s = max(self.interval_s, took_s / _LARGEST_SHARE)

    def look(self, psutil: Any) -> HostSnapshot:
        """One look; what can not be read is left out."""
        now_s = time.monotonic()
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        disks = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
        networks = psutil.net_io_counters(pernic=True, nowrap=False) or {}
        return HostSnapshot(
            cpus=tuple(share / 100 for share in psutil.cpu_percent(percpu=True)),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            swap_used=swap.used,
            swap_total=swap.total,
            disks=self._disks.of({name: (io.read_bytes, io.write_bytes) for name, io in disks.items()}, now_s),
            networks=self._networks.of({name: (io.bytes_recv, io.bytes_sent) for name, io in networks.items()}, now_s),
            filesystems=_filesystems(psutil),
            processes=_processes(psutil),
        )


def _filesystems(psutil: Any) -> tuple[Filesystem, ...]:
    found: dict[str, Filesystem] = {}
    for part in psutil.disk_partitions(all=False):
        if part.device in found:
            continue
        try:
            usage = psutil.disk_usage(part.mountpoint)
        except OSError:
            continue
        if usage.total:
            found[part.device] = Filesystem(part.mountpoint, usage.used, usage.total)
    return tuple(sorted(found.values(), key=lambda item: -item.used / item.total))


@lru_cache(maxsize=256)
def _user(uid: int) -> str:
    from pwd import getpwuid

    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _processes(psutil: Any) -> tuple[tuple[Any, ...], ...]:
    """The rows of PROCESS_COLUMNS, the busiest first."""
    rows = []
    for process in psutil.process_iter():
        try:
            with process.oneshot():
                cpu = round(process.cpu_percent())
                rows.append(
                    (process.pid, _user(process.uids().effective), cpu, process.memory_info().rss,
                     process.num_threads(), process.name(), process)
                )  # fmt: skip
        except psutil.Error:
            continue
    rows.sort(key=lambda row: (-row[2], -row[3], row[0]))
    return tuple((*row[:5], _command(psutil, *row[5:], number < _MOST_COMMANDS)) for number, row in enumerate(rows))


def _command(psutil: Any, name: str, process: Any, wanted: bool) -> str:
    """The command line of *process*; its name in brackets where it is not *wanted* or, as a kernel thread, has none."""
    words = []
    if wanted:
        with suppress(psutil.Error):
            words = process.cmdline()
    if not words:
        return f"[{name}]"
    return Arguments(tuple(word.encode("utf-8", "surrogateescape") for word in words), False).text()

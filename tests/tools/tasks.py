"""Tasks that wait for a processor: children on one CPU that work when told to, and what the kernel says of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest


class Schedule(NamedTuple):
    """/proc/PID/task/TID/schedstat, Documentation/scheduler/sched-stats.rst: times in nanoseconds."""

    running_ns: int
    waiting_ns: int
    turns: int

    def since(self, before: Schedule) -> Schedule:
        return Schedule(*(now - then for now, then in zip(self, before, strict=True)))


def schedule(tid: int) -> Schedule:
    """What the kernel has counted for a thread: *turns* is how often it was given a processor."""
    try:
        return Schedule(*map(int, Path(f"/proc/{tid}/schedstat").read_text().split()))
    except FileNotFoundError as error:
        pytest.skip(reason=f"this kernel does not count how long tasks wait: {error.filename}")


def spin(cpu_ms: int = 60) -> None:
    """Want the processor all the time, so that others take it away."""
    end = time.thread_time_ns() + cpu_ms * 1_000_000
    while time.thread_time_ns() < end:
        pass


def doze(count: int = 100) -> None:
    """Give the processor up, and want it back soon."""
    for _ in range(count):
        time.sleep(0.0002)


def step_aside(count: int = 100) -> None:
    """Let others go first, without sleeping."""
    for _ in range(count):
        os.sched_yield()


class Worker:
    """A child that is blocked but for the time that ``start()`` and ``join()`` enclose; its threads are in *tids*."""

    def __init__(
        self, work: Callable[[], object], *, cpu: int | None = None, threads: int = 1, resting: bool = True
    ) -> None:
        orders, self._orders = os.pipe()
        self._reports, reports = os.pipe()
        self._threads = threads
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(self._orders)
                os.close(self._reports)
                if cpu is not None:
                    os.sched_setaffinity(0, {cpu})
                _obey(work, threads, orders, reports)
            finally:
                os._exit(0)
        os.close(orders)
        os.close(reports)
        self._hear()
        self.tids = sorted(int(name) for name in os.listdir(f"/proc/{self.pid}/task"))
        if resting:
            self.quiet()

    def start(self) -> None:
        os.write(self._orders, b"g" * self._threads)

    def join(self) -> None:
        self._hear()
        self.quiet()

    def _hear(self) -> None:
        heard = 0
        while heard < self._threads:
            heard += len(os.read(self._reports, self._threads)) or pytest.fail("a worker has ended")

    def quiet(self) -> None:
        """Wait until no thread runs or wants to."""
        end, steady, before = time.monotonic() + 20, 0, None
        while steady < 3 and time.monotonic() < end:
            time.sleep(0.005)
            states = {Path(f"/proc/{tid}/stat").read_text().rpartition(")")[2].split()[0] for tid in self.tids}
            now = [schedule(tid) for tid in self.tids]
            steady = steady + 1 if states == {"S"} and now == before else 0
            before = now
        assert steady, "a worker does not come to rest"

    def end(self) -> None:
        """Let it exit, and wait for that. May be called again."""
        if self.pid:
            os.write(self._orders, b"q" * self._threads)
            os.close(self._orders)
            os.close(self._reports)
            os.waitpid(self.pid, 0)
            self.pid = 0


def _obey(work: Callable[[], object], threads: int, orders: int, reports: int) -> None:
    def serve() -> None:
        os.write(reports, b"r")
        while os.read(orders, 1) == b"g":
            work()
            os.write(reports, b"d")

    others = [threading.Thread(target=serve) for _ in range(threads - 1)]
    for other in others:
        other.start()
    serve()
    for other in others:
        other.join()


@contextmanager
def workers(*works: Callable[[], object], cpu: int | None = None, threads: int = 1) -> Iterator[list[Worker]]:
    """A worker for each of *works*, all on one CPU unless *cpu* says otherwise."""
    if cpu is None:
        cpu = min(os.sched_getaffinity(0))
    found: list[Worker] = []
    try:
        found.extend(Worker(work, cpu=cpu, threads=threads) for work in works)
        yield found
    finally:
        for worker in found:
            worker.end()


def at_work(found: list[Worker]) -> dict[int, Schedule]:
    """Have all of them work at the same time; what the kernel counted meanwhile, by thread."""
    tids = [tid for worker in found for tid in worker.tids]
    before = {tid: schedule(tid) for tid in tids}
    for worker in found:
        worker.start()
    for worker in found:
        worker.join()
    return {tid: schedule(tid).since(before[tid]) for tid in tids}

"""What the host's pane tells, against what this machine says of itself."""

from __future__ import annotations

import os
import threading

import psutil

from tuibpf.tui.host import PROCESS_COLUMNS, HostFeed, _Rates

from .conftest import Open


def test_a_look_at_this_machine() -> None:
    feed = HostFeed()
    feed.look(psutil)
    snapshot = feed.look(psutil)
    assert len(snapshot.cpus) == psutil.cpu_count()
    assert snapshot.memory_total == psutil.virtual_memory().total
    assert 0 < snapshot.memory_used < snapshot.memory_total
    own = next(row for row in snapshot.processes if row[0] == os.getpid())
    assert len(own) == len(PROCESS_COLUMNS)
    assert own[4] == threading.active_count()


def test_rates_are_by_second_and_the_busiest_first() -> None:
    rates = _Rates()
    rates.of({"a": (100, 0), "b": (0, 0), "c": (5, 5)}, 10.0)
    found = rates.of({"a": (300, 0), "b": (0, 0), "c": (5, 4005)}, 12.0)
    assert [(item.name, item.into, item.out) for item in found] == [("c", 0.0, 2000.0), ("a", 100.0, 0.0)]


def test_a_feed_stops_at_once() -> None:
    feed = HostFeed(interval_s=60)
    come = threading.Event()
    feed.connect(come.set)
    feed.start()
    assert come.wait(10)
    assert feed.take() is not None
    feed.stop()
    assert feed.join(5)


async def test_processes_are_shown_sorted_and_in_full(desk: Open) -> None:
    async with desk(size=(120, 40)) as d:
        await d.press("escape")
        await d.shows("processes", "COMMAND", "cpu", "mem")
        await d.press("s")
        assert "▼PID" in d.text
        await d.press("slash", *str(os.getpid()), "enter", "j", "enter")
        await d.shows("process", "COMMAND", str(os.getpid()))

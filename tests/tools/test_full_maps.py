"""A map that is full loses what does not fit, and tells how much: the shipped tools with far too little room."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.tools.blindness import sees_everything
from tests.tools.disks import loop_device
from tests.tools.running import session, tool_of
from tests.tools.tcp import connection, traffic


def test_more_connections_than_a_table_has_room_for():
    tool = tool_of("tcptop", ("limit=rows,", "limit=rows, entries=8,"))
    with session(tool, only_pid=os.getpid()) as opened, ExitStack() as stack:
        pairs = [stack.enter_context(connection()) for _ in range(10)]
        for client, server in pairs:
            client.send(b"1")
            assert server.recv(10) == b"1"
        frames = opened.snapshot()
        found = traffic(frames)
        (lost,) = opened.losses().values()
        # Every event was one byte. A hash may hold a few entries more than it was asked for.
        assert sum(map(sum, found.values())) + lost == 20
        assert 8 <= len(found) < 20
        # The frame has emptied the table: there is room for the next interval.
        pairs[-1][0].send(b"1")
        assert sum(map(sum, traffic(opened.finish()).values())) == 1
        assert opened.losses() == {"connections: table full": lost} == frames[0].losses


@sees_everything
def test_more_requests_in_flight_than_there_is_room_for(tmp_path):
    tool = tool_of("biolatency", ("Hash(Pointer, Nanoseconds, 10240)", "Hash(Pointer, Nanoseconds, 1)"))
    with loop_device(tmp_path) as disk, session(tool, disk=disk.name) as opened:
        before = disk.quiet()
        for _ in range(20):
            disk.read(500, 32)
            if opened.losses():
                break
        told = disk.quiet().since(before)
        (frame,) = opened.finish()
        losses = opened.losses()
    if not losses:
        pytest.skip(reason="this machine never has two requests in flight at once")
    assert set(losses) == {"started: map full"}
    assert sum(one.count for one in frame.distributions) + losses["started: map full"] == told.requests


@sees_everything
def test_more_histograms_than_there_is_room_for(tmp_path):
    tool = tool_of("biolatency", ("key=Kind if by_disk or by_flags else None)", "key=Kind, entries=2)"))
    with loop_device(tmp_path, 1) as disk, session(tool, disk=disk.name, by_disk=True, by_flags=True) as opened:
        before = disk.quiet()
        disk.read(20)
        disk.write(30)
        with open(disk.path, "r+b") as file:
            for _ in range(5):
                os.fsync(file.fileno())
        told = disk.quiet().since(before)
        (frame,) = opened.finish()
        losses = opened.losses()
    # The kernel counts the empty write of an fsync as well, which no device ever sees.
    assert sum(one.count for one in frame.distributions) + losses["latency: map full"] == told.requests - told.flushes
    assert len(frame.distributions) == 2
    assert losses["latency: map full"] in (told.reads, told.writes - told.flushes, told.flushes)

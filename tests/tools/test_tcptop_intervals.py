"""tcptop over many intervals, processes and threads: every byte once, in one frame or another."""

from __future__ import annotations

import mmap
import os
import threading
import time
from contextlib import ExitStack
from itertools import cycle

from tests.tools.running import running, session
from tests.tools.tcp import added, connection, ends, receive_all, traffic
from tuibpf.kernel.loaded import Loaded

PIECES = (1, 100, 1460, 4096, 65_536)


class Talkers:
    """Children that each talk to themselves through a connection, until they are stopped."""

    def __init__(self, connections):
        self._shared = mmap.mmap(-1, mmap.PAGESIZE)  # whether to stop, then how much each of them sent
        self._words = memoryview(self._shared).cast("Q")
        self.pids = [self._start(place, *pair) for place, pair in enumerate(connections, 1)]
        self._ends = [(ends(client), ends(server)) for client, server in connections]

    def _start(self, place, client, server):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                for piece in cycle(PIECES):
                    client.sendall(bytes(piece))
                    self._words[place] += piece
                    assert receive_all(server, piece) == piece
                    if self._words[0]:
                        break
                status = 0
            finally:
                os._exit(status)
        return pid

    def stop(self):
        """Wait for their end; returns what each of them sent and received, by process and connection."""
        self._words[0] = 1
        found = {}
        for place, (pid, (client, server)) in enumerate(zip(self.pids, self._ends, strict=True), 1):
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
            found[pid, *client], found[pid, *server] = (0, self._words[place]), (self._words[place], 0)
        return found


def frames_and_truth():
    """Frames while three processes talk, 20 with some of it: what they add up to, and what was sent and received."""
    frames, busy, end = [], 0, time.monotonic() + 30
    with session("tcptop", rows=1000) as opened, ExitStack() as stack:
        talkers = Talkers([stack.enter_context(connection()) for _ in range(3)])
        while busy < 20 and time.monotonic() < end:
            frames += opened.snapshot()
            busy += bool(traffic(frames[-1:], *talkers.pids))
        told = talkers.stop()
        frames += opened.finish()
        assert not opened.losses()
    return traffic(frames, *talkers.pids), told


def test_nothing_is_lost_between_many_short_intervals():
    found, told = frames_and_truth()
    assert found == told


def test_a_table_that_is_emptied_while_it_is_written_would_be_found_out(monkeypatch):
    """Read, then clear, as the classic tools do: what came in between is gone."""
    monkeypatch.setattr(Loaded, "advance_epoch", lambda self: self.epoch)
    for _ in range(5):
        found, told = frames_and_truth()
        if found != told:
            break
    assert all(sum(found.get(key, (0, 0))) <= sum(counts) for key, counts in told.items())
    assert sum(map(sum, found.values())) < sum(map(sum, told.values()))


def test_the_frames_of_the_command_line_add_up():
    with running("tcptop", "-o", "json", "-i", "0.01", "-r", "1000") as told, ExitStack() as stack:
        talkers = Talkers([stack.enter_context(connection()) for _ in range(2)])
        time.sleep(0.5)
        expected = talkers.stop()
    assert added(told.rows, *talkers.pids) == expected
    assert len(told.of(*talkers.pids)) > 10
    assert told.summary["rows"] == len(told.rows)
    assert told.summary["lost"] == 0


def test_the_threads_of_a_process_are_one_row():
    with session("tcptop") as opened, connection() as (client, server):

        def send():
            for _ in range(250):
                client.send(b"t" * 40)

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        frames = opened.finish()
        rows = [row for frame in frames for row in frame.rows if row[0] == os.getpid()]
        assert len(rows) == 1
        assert traffic(frames) == {(os.getpid(), *ends(client)): (0, 40_000)}
        assert len(server.recv(50_000)) > 0


def test_two_processes_that_share_a_connection_are_two_rows():
    with session("tcptop") as opened, connection() as (client, server):
        client.sendall(b"parent")
        pid = os.fork()
        if not pid:
            try:
                client.sendall(b"a child")
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        received = len(server.recv(6)) + len(server.recv(7))
        found = traffic(opened.finish(), os.getpid(), pid)
        assert found == {
            (os.getpid(), *ends(client)): (0, 6),
            (pid, *ends(client)): (0, 7),
            (os.getpid(), *ends(server)): (received, 0),
        }
        assert received == 13


def test_two_connections_between_the_same_ports_one_after_the_other_add_up():
    """Addresses and ports are what a connection is known by, as in every tool of this kind."""
    with session("tcptop") as opened, connection() as (client, server):
        client.sendall(b"x" * 11)
        assert len(server.recv(100)) == 11
        frames = opened.snapshot()
        client.sendall(b"x" * 13)
        assert len(server.recv(100)) == 13
        frames += opened.finish()
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
    assert traffic(frames) == {here: (0, 24), there: (24, 0)}

"""tcptop over many intervals, processes and threads: every byte once, in one frame or another."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack

from tests.tools.running import running, session
from tests.tools.tcp import IPV4, added, connection, ends, traffic

PIECES = (1, 100, 1460, 4096, 65_536)


def echo(client, server, total):
    """Send *total* bytes through *client* in pieces of several sizes, receiving each at once."""
    sent = turn = 0
    while sent < total:
        piece = min(PIECES[turn % len(PIECES)], total - sent)
        client.sendall(bytes(piece))
        got = 0
        while got < piece:
            got += len(server.recv(piece - got))
        sent += piece
        turn += 1


def traffic_of_children(connections, total):
    """Children that talk to themselves through a connection each, *total* bytes; their process ids."""
    pids = []
    for client, server in connections:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                echo(client, server, total)
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    return pids


def test_nothing_is_lost_between_many_short_intervals():
    total, frames = 24 << 20, []
    with session("tcptop", rows=1000) as opened, ExitStack() as stack:
        connections = [stack.enter_context(connection(IPV4)) for _ in range(3)]
        pids = traffic_of_children(connections, total)
        running_pids = set(pids)
        while running_pids:
            frames += opened.snapshot()
            running_pids = {pid for pid in running_pids if os.waitpid(pid, os.WNOHANG)[0] == 0}
        frames += opened.finish()
        assert not opened.losses()
        expected = {}
        for pid, (client, server) in zip(pids, connections, strict=True):
            expected[pid, *ends(client)] = (0, total)
            expected[pid, *ends(server)] = (total, 0)
    assert traffic(frames, *pids) == expected
    told = [frame for frame in frames if any(row[0] in pids for row in frame.rows)]
    assert len(told) > 5  # else this was no test of intervals


def test_the_frames_of_the_command_line_add_up():
    total = 8 << 20
    with ExitStack() as stack:
        with running("tcptop", "-o", "json", "-i", "0.02", "-r", "1000") as told:
            ours = stack.enter_context(connection(IPV4))
            (pid,) = traffic_of_children([ours], total)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        client, server = map(ends, ours)
    assert added(told.rows, pid) == {(pid, *client): (0, total), (pid, *server): (total, 0)}
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

"""sendfile(2) and splice(2): what goes into a socket is counted, what is spliced out is not, as the tool says."""

from __future__ import annotations

import os

import pytest

from tests.tools.running import session, tool_of
from tests.tools.tcp import connection, ends, receive_all, traffic

COUNT = 300_000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(os.urandom(COUNT))
    with path.open("rb") as opened:
        yield opened.fileno()


def drained(client, server, work):
    """Run *work* in a child, which sends through *client*, while this process receives; the child's id."""
    pid = os.fork()
    if not pid:
        try:
            client.setblocking(True)
            work()
        finally:
            os._exit(0)
    assert receive_all(server, COUNT) == COUNT
    os.waitpid(pid, 0)
    return pid


def test_sendfile_counts_what_was_sent(file):
    def work():
        at = 0
        while at < COUNT:
            at += os.sendfile(client.fileno(), file, at, COUNT - at)

    with session("tcptop") as opened, connection() as (client, server):
        pid = drained(client, server, work)
        found = traffic(opened.finish(), pid, os.getpid())
        assert found == {(pid, *ends(client)): (0, COUNT), (os.getpid(), *ends(server)): (COUNT, 0)}


def test_splice_into_a_socket_counts_what_was_sent(file):
    def work():
        reader, writer = os.pipe()
        at = 0
        while at < COUNT:
            piece = os.splice(file, writer, min(65_536, COUNT - at), at)
            at += piece
            while piece:
                piece -= os.splice(reader, client.fileno(), piece)

    with session("tcptop") as opened, connection() as (client, server):
        pid = drained(client, server, work)
        found = traffic(opened.finish(), pid, os.getpid())
        assert found == {(pid, *ends(client)): (0, COUNT), (os.getpid(), *ends(server)): (COUNT, 0)}


def test_splice_from_a_socket_is_not_seen_and_the_tool_says_so():
    reader, writer = os.pipe()
    with session("tcptop") as opened, connection() as (client, server):
        client.sendall(b"s" * 5000)
        server.setblocking(True)
        assert os.splice(server.fileno(), writer, 5000) > 0
        assert traffic(opened.finish()) == {(os.getpid(), *ends(client)): (0, 5000)}
    os.close(reader)
    os.close(writer)
    assert "splice(2) from a socket is not seen" in tool_of("tcptop").usage

"""tcptop counts what send and receive calls returned, and what the sockets themselves report."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading

import pytest

from tests.tools.running import running, session, tool_of
from tests.tools.tcp import (
    FAMILIES,
    MEBIBYTE,
    MULTIPATH,
    added,
    closed,
    connection,
    ends,
    receive_all,
    told_by_socket,
    traffic,
)


def transfer(client, server, count=MEBIBYTE):
    """Send *count* bytes from one end while the other receives; returns what the calls returned."""
    sent = []
    data = os.urandom(4096) * (count // 4096)

    def send():
        view = memoryview(data)
        while view:
            done = client.send(view)
            sent.append(done)
            view = view[done:]

    thread = threading.Thread(target=send)
    thread.start()
    received = receive_all(server, count)
    thread.join()
    return sum(sent), received


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_mebibyte_is_a_mebibyte(family):
    with session("tcptop") as opened, connection(family) as (client, server):
        assert transfer(client, server) == (MEBIBYTE, MEBIBYTE)
        assert transfer(server, client, 4096) == (4096, 4096)
        found = traffic(opened.finish())
        assert not opened.losses()
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
        assert here[1] == family.shown
        assert found == {here: told_by_socket(client), there: told_by_socket(server)}
        assert found == {here: (4096, MEBIBYTE), there: (MEBIBYTE, 4096)}


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_the_command_line_tells_the_same(family):
    with connection(family) as (client, server):
        with running("tcptop", "-o", "json") as told:
            transfer(client, server)
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
    assert added(told.rows) == {here: (0, MEBIBYTE), there: (MEBIBYTE, 0)}
    assert told.summary["lost"] == 0


def test_multipath_tcp_is_counted_as_well():
    with session("tcptop") as opened, connection(MULTIPATH) as (client, server):
        assert transfer(client, server) == (MEBIBYTE, MEBIBYTE)
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
        assert traffic(opened.finish()) == {here: (0, MEBIBYTE), there: (MEBIBYTE, 0)}


def every_call(client, server):
    """Send and receive by every call there is; returns what they returned in all, as (received, sent)."""
    out, into, pieces = client.fileno(), server.fileno(), [b"a" * 100, b"b" * 23]
    sent = client.send(b"x" * 10) + client.sendmsg(pieces) + os.write(out, b"w" * 7) + os.writev(out, pieces)
    sent += client.send(b"more" * 5, socket.MSG_MORE) + client.send(b"!")
    assert client.sendall(b"y" * 50) is None
    sent += 50
    buffers = [bytearray(60), bytearray(60)]
    received = len(server.recv(4)) + server.recv_into(buffers[0], 6) + len(os.read(into, 50))
    received += os.readv(into, buffers) + server.recvmsg_into(buffers)[0] + len(server.recvmsg(5)[0])
    received += len(server.recv(20, socket.MSG_WAITALL)) + len(server.recvfrom(3)[0])
    received += receive_all(server, sent - received)
    return received, sent


def test_every_call_counts_what_it_returned():
    with session("tcptop") as opened, connection() as (client, server):
        received, sent = every_call(client, server)
        assert received == sent
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
        assert traffic(opened.finish()) == {here: (0, sent), there: (received, 0)}


def peeked(tool):
    """(received by the tool's count, received in truth), where most of it was looked at before."""
    with session(tool) as opened, connection() as (client, server):
        client.sendall(b"p" * 1000)
        looks = [len(server.recv(count, socket.MSG_PEEK)) for count in (1, 500, 1000, 2000)]
        assert sum(looks) >= 1501
        received = receive_all(server, 1000)
        return traffic(opened.finish())[os.getpid(), *ends(server)][0], received


def test_what_was_only_peeked_at_does_not_count():
    assert peeked("tcptop") == (1000, 1000)


def test_a_tool_that_counts_peeks_would_be_found_out():
    count, received = peeked(tool_of("tcptop", (" and not flags & (MSG_PEEK | MSG_ERRQUEUE)", "")))
    assert count >= 2501 > received


def timestamped(tool):
    """What the sender of 500 bytes received, by the tool's count, that asked for the time at which they were sent.

    Time stamps come back through the error queue, with a copy of the data.
    """
    timestamping, transmitted, software = 37, 1 << 1, 1 << 4  # SO_TIMESTAMPING, include/uapi/linux/net_tstamp.h
    with session(tool) as opened, connection() as (client, server):
        client.setsockopt(socket.SOL_SOCKET, timestamping, struct.pack("=i", transmitted | software))
        client.sendall(b"t" * 500)
        assert receive_all(server, 500) == 500
        queued = len(client.recvmsg(4096, 4096, socket.MSG_ERRQUEUE)[0])
        received, sent = traffic(opened.finish())[os.getpid(), *ends(client)]
        assert sent == 500
    return received, queued


def test_the_error_queue_is_nothing_received():
    assert timestamped("tcptop")[0] == 0


def test_a_tool_that_counts_the_error_queue_would_be_found_out():
    received, queued = timestamped(tool_of("tcptop", (" | MSG_ERRQUEUE", "")))
    if not queued:
        pytest.skip(reason="the error queue of this kernel holds no copy of the data")
    assert received == queued


def send_until_refused(one, data, *errors):
    """Send *data* again and again until one of *errors* comes; returns what the calls before it returned."""
    sent = 0
    with contextlib.suppress(*errors):
        while True:
            sent += one.send(data)
    return sent


def test_calls_that_fail_count_nothing():
    with session("tcptop") as opened, connection() as (client, server):
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(10)
        sent = send_until_refused(client, b"f" * 100_000, BlockingIOError)
        received = receive_all(server, sent)
        server.close()
        client.settimeout(20)
        sent += send_until_refused(client, b"into the void", BrokenPipeError, ConnectionResetError)
        found = traffic(opened.finish())
    assert found == {here: (0, sent), there: (received, 0)}


def read_late(tool):
    """What is told of 4000 bytes that are read when both sides have ended their connection, and what it should be."""
    with session(tool) as opened, connection() as (client, server):
        here, there = (os.getpid(), *ends(client)), (os.getpid(), *ends(server))
        server.sendall(b"late" * 1000)
        server.close()
        client.shutdown(socket.SHUT_WR)
        assert closed(client)
        assert receive_all(client, 4000) == 4000
        return traffic(opened.finish()), {here: (4000, 0), there: (0, 4000)}


def test_data_that_is_read_after_the_end_of_its_connection_is_still_told_with_its_port():
    found, expected = read_late("tcptop")
    assert found == expected


def test_a_tool_that_takes_the_port_where_it_no_longer_is_would_be_found_out():
    found, expected = read_late(tool_of("tcptop", ("lport=port", "lport=common.skc_num")))
    assert {key[2] for key in found.keys() - expected.keys()} == {0}


def test_udp_and_unix_sockets_are_not_counted():
    with session("tcptop") as opened:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            one.bind(("127.0.0.1", 0))
            other.connect(one.getsockname())
            assert other.send(b"u" * 100) == 100
            assert len(one.recv(200)) == 100
        left, right = socket.socketpair()
        with left, right:
            left.send(b"unix")
            assert right.recv(10) == b"unix"
        assert traffic(opened.finish()) == {}

"""tcplife against connections over loopback: a row for each end, of what went through it and whose it was."""

from __future__ import annotations

import ipaddress
import os
import random
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.tools.blindness import sees_everything
from tests.tools.commands import own_comm
from tests.tools.running import named_rows, running, session, session_and_maps, tool_of
from tests.tools.tcp import FAMILIES, IPV4, IPV6, MAPPED, connection, ends, listening, receive_all

RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: a close that resets


def shown(row):
    """A row's addresses and ports as ``ends()`` has them."""
    addresses = (ipaddress.ip_address(row[name]) for name in ("laddr", "raddr"))
    local, remote = (str(getattr(one, "ipv4_mapped", None) or one) for one in addresses)
    return local, row["lport"], remote, row["rport"]


def by_ends(rows):
    found = {}
    for row in rows:
        assert shown(row) not in found, "two rows for one end"
        found[shown(row)] = row
    return found


def left(loaded):
    """How many of our sessions the tool still waits for, when the last packets have done what they are for.

    A session of which nobody is known yet may be ours; one of another process, which lives its own life, is not.
    """
    limit = time.monotonic() + 10
    while True:
        entries = loaded.map("sessions").items()
        count = sum(pid in (0, os.getpid()) for _, pid, _ in struct.iter_unpack("=Qi16s4x", entries.values))
        if not count or time.monotonic() > limit:
            return count
        time.sleep(0.01)


def exchange(client, server, there, back):
    """Send *there* bytes from the client to the server and *back* bytes back, in pieces."""
    for sender, receiver, count in ((client, server, there), (server, client, back)):
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(sender.sendall, bytes(count))
            assert receive_all(receiver, count) == count
            sending.result()


def lived(tool, family=IPV4, there=10, back=20, server_first=False, **values):
    """Rows of one connection by (client's end, server's end), what is left in the map, and its time in ns."""
    with session_and_maps(tool_of("tcplife") if tool is None else tool, **values) as (opened, loaded):
        start = time.monotonic_ns()
        with connection(family) as (client, server):
            begun = time.monotonic_ns()
            here, peer = ends(client), ends(server)
            exchange(client, server, there, back)
            for one, other in ((server, client),) if server_first else ((client, server),):
                ending = time.monotonic_ns()
                one.shutdown(socket.SHUT_WR)
                assert other.recv(1) == b""
                other.close()
                one.close()
        remaining = left(loaded)
        most = time.monotonic_ns() - start
        rows = by_ends(named_rows(opened.finish()))
        assert not opened.losses()
    return rows.get(here), rows.get(peer), remaining, (ending - begun, most)


@pytest.mark.parametrize("server_first", [False, True])
@pytest.mark.parametrize("family", FAMILIES, ids=str)
@sees_everything
def test_bytes_are_those_of_the_data_whoever_closes_first(family, server_first):
    client, server, remaining, (least, most) = lived(None, family, 10, 20, server_first)
    assert (client["tx"], client["rx"]) == (10, 20)
    assert (server["tx"], server["rx"]) == (20, 10)
    for row in (client, server):
        assert (row["pid"], row["comm"]) == (os.getpid(), own_comm())
        assert least <= row["duration"] <= most
    assert remaining == 0


@sees_everything
def test_many_bytes():
    counts = [random.Random(7).randrange(1, 3 << 20) for _ in range(4)]
    for there, back in (counts[:2], counts[2:]):
        client, server, remaining, _ = lived(None, there=there, back=back)
        assert (client["tx"], client["rx"], server["tx"], server["rx"]) == (there, back, back, there)
        assert remaining == 0


@pytest.mark.parametrize(
    ("good", "bad", "wrong"),
    [
        ("tcp.bytes_sent - tcp.bytes_retrans", "tcp.bytes_acked", (12, 20)),
        (" - (common.skc_flags >> SOCK_DONE & 1)", "", (10, 21)),
    ],
    ids=["bytes_acked", "with the FIN"],
)
@sees_everything
def test_a_tool_that_counts_what_is_no_data_would_be_found_out(good, bad, wrong):
    client, _, _, _ = lived(tool_of("tcplife", (good, bad)))
    assert (client["tx"], client["rx"]) == wrong


@sees_everything
def test_who_connected_and_who_closed():
    """Each end in a process of its own; the server closes first, so that its end stays behind it in TIME_WAIT."""
    with session_and_maps(tool_of("tcplife")) as (opened, loaded), listening(IPV4) as listener:
        address = listener.getsockname()
        client = os.fork()
        if not client:
            try:
                with socket.create_connection(address) as one:
                    one.sendall(b"?" * 7)
                    assert receive_all(one, 70) == 70
                    assert one.recv(1) == b""
            finally:
                os._exit(0)
        server, peer = listener.accept()
        worker = os.fork()
        if not worker:
            try:
                listener.close()
                assert receive_all(server, 7) == 7
                server.sendall(b"!" * 70)
                server.close()
            finally:
                os._exit(0)
        server.close()  # the worker has it, too, and is the one that ends it
        for pid in (worker, client):
            os.waitpid(pid, 0)
        assert left(loaded) == 0
        rows = by_ends(named_rows(opened.finish()))
    assert rows[(*address, *peer)]["pid"] == worker
    assert rows[(*peer, *address)]["pid"] == client
    assert (rows[(*address, *peer)]["tx"], rows[(*address, *peer)]["rx"]) == (70, 7)


@sees_everything
def test_resets():
    """The side that resets is known; of the other it is only known that it had connected, or nothing."""
    with session_and_maps(tool_of("tcplife")) as (opened, loaded):
        told = []
        for resetting in (0, 1):
            with connection() as pair:
                told.append((ends(pair[0]), ends(pair[1])))
                exchange(*pair, 5, 6)
                pair[resetting].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                pair[resetting].close()
                with pytest.raises(ConnectionResetError):
                    pair[1 - resetting].recv(1)
        assert left(loaded) == 0
        rows = by_ends(named_rows(opened.finish()))
    own = os.getpid()
    assert [[rows[end]["pid"] for end in pair] for pair in told] == [[own, 0], [own, own]]
    assert [[(rows[end]["tx"], rows[end]["rx"]) for end in pair] for pair in told] == [[(5, 6), (6, 5)]] * 2


@sees_everything
def test_a_connect_that_fails_leaves_nothing():
    with listening(IPV4) as closed:
        port = closed.getsockname()[1]
    with session_and_maps(tool_of("tcplife"), only_pid=os.getpid()) as (opened, loaded):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        (row,) = [row for row in named_rows(opened.finish()) if row["rport"] == port]
        assert left(loaded) == 0
    assert (row["pid"], row["tx"], row["rx"]) == (os.getpid(), 0, 0)


@sees_everything
def test_sessions_that_were_there_before_are_left_out():
    with connection() as (client, server):
        known = {ends(client), ends(server)}
        with session_and_maps(tool_of("tcplife")) as (opened, loaded):
            client.close()
            server.close()
            assert left(loaded) == 0
            assert not known & by_ends(named_rows(opened.finish())).keys()


@sees_everything
def test_many_at_once_and_none_left():
    with session_and_maps(tool_of("tcplife")) as (opened, loaded), listening(IPV4) as listener:
        address = listener.getsockname()
        expected = {}
        for number in range(300):
            client = socket.create_connection(address)
            server, _ = listener.accept()
            here = ends(client)
            expected[here] = (number, 2 * number)
            client.sendall(bytes(number))
            server.sendall(bytes(2 * number))
            assert receive_all(server, number) == number
            assert receive_all(client, 2 * number) == 2 * number
            client.close()
            server.close()
        assert left(loaded) == 0
        rows = by_ends(named_rows(opened.finish()))
        assert not opened.losses()
    assert {key: (rows[key]["tx"], rows[key]["rx"]) for key in expected} == expected


def options_of(pairs):
    """Options of the command line, and the ends that they let through."""
    every = [one for pair in pairs.values() for one in pair]
    fourth = [*pairs[IPV4], *pairs[MAPPED]]
    client, server = pairs[IPV4]
    yield (), every
    yield ("-4",), fourth
    yield ("-6",), pairs[IPV6]
    yield ("-p", str(os.getpid())), every
    yield ("-p", "1"), []
    yield ("-L", str(client[1])), [client]
    yield ("-D", str(client[1])), [server]
    yield ("-L", str(server[1]), "-D", str(client[1])), [server]


@pytest.mark.parametrize("number", range(8))
@sees_everything
def test_filters(number):
    pairs, listeners = {}, {}
    for family in (IPV4, IPV6, MAPPED):
        listeners[family] = listening(family)
        with socket.socket(family.kind) as free:
            free.bind((family.bind, 0))
            port = free.getsockname()[1]
        there = listeners[family].getsockname()[1]
        pairs[family] = ((family.shown, port, family.shown, there), (family.shown, there, family.shown, port))
    arguments, expected = list(options_of(pairs))[number]
    with running("tcplife", "-o", "json", *arguments) as told:
        for family, listener in listeners.items():
            with listener, socket.socket(family.kind) as client:
                client.bind((family.bind, pairs[family][0][1]))
                client.connect((family.connect, pairs[family][0][3]))
                server, _ = listener.accept()
                with server:
                    client.close()
                    assert server.recv(1) == b""
    ours = {one for pair in pairs.values() for one in pair}
    assert {shown(row) for row in told.rows} & ours == set(expected)
    assert told.summary["lost"] == 0


@sees_everything
def test_a_line_for_people():
    with running("tcplife", "-T", "-p", str(os.getpid())) as told, connection() as (client, server):
        here = [str(part) for part in ends(client)]
        exchange(client, server, 1024, 2048)
        client.close()
        assert server.recv(1) == b""
    titles, *lines = (line.split() for line in told.out.decode().splitlines())
    assert titles == ["TIME", "PID", "COMM", "LADDR", "LPORT", "RADDR", "RPORT", "TX_KB", "RX_KB", "DURATION"]
    (line,) = [words for words in lines if words[-7:-3] == here]
    assert line[-3:-1] == ["1.0", "2.0"]
    with running("tcplife", "-t", "-p", "1") as told:
        pass
    assert told.out.decode().split()[0] == "TIME(s)"


@sees_everything
def test_other_protocols_are_not_told():
    with session("tcplife") as opened:
        left, right = socket.socketpair()
        left.close()
        right.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect(("127.0.0.1", 9))
        assert not [row for row in named_rows(opened.finish()) if row["pid"] == os.getpid()]

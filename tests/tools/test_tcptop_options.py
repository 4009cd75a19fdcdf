"""The options of tcptop, one by one, through the command line."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.tools.running import running, session
from tests.tools.tcp import IPV4, IPV6, MAPPED, added, connection, ends


@pytest.fixture
def three():
    """A connection of each family, each with its own number of bytes, to be sent by calling the second value."""
    with ExitStack() as stack:
        found = {family: stack.enter_context(connection(family)) for family in (IPV4, IPV6, MAPPED)}

        def send():
            for count, (client, server) in enumerate(found.values(), 1):
                client.sendall(bytes(1000 * count))
                server.recv(10 * count)

        yield {family: (ends(client), ends(server)) for family, (client, server) in found.items()}, send


def expected(pairs, *families):
    counts = {IPV4: 1, IPV6: 2, MAPPED: 3}
    found = {}
    for family in families:
        client, server = pairs[family]
        found[os.getpid(), *client] = (0, 1000 * counts[family])
        found[os.getpid(), *server] = (10 * counts[family], 0)
    return found


@pytest.mark.parametrize(
    ("options", "families"),
    [
        ((), (IPV4, IPV6, MAPPED)),
        (("-4",), (IPV4, MAPPED)),
        (("-6",), (IPV6,)),
        (("-p", str(os.getpid())), (IPV4, IPV6, MAPPED)),
        (("-p", "1"), ()),
    ],
    ids=["all", "-4", "-6", "-p this", "-p other"],
)
def test_filters(three, options, families):
    pairs, send = three
    with running("tcptop", "-o", "json", *options) as told:
        send()
    assert added(told.rows) == expected(pairs, *families)
    if "-p" in options:
        assert {row["pid"] for row in told.rows} <= {int(options[1])}


@pytest.mark.parametrize("order", ["all", "sent", "received"])
def test_order(three, order):
    _, send = three
    with running("tcptop", "-o", "json", "-s", order, "-p", str(os.getpid())) as told:
        send()
    key = {"all": lambda row: row["rx"] + row["tx"], "sent": lambda row: row["tx"], "received": lambda row: row["rx"]}
    values = [key[order](row) for row in told.rows]
    assert len(values) == 6
    assert values == sorted(values, reverse=True)
    assert max(values) == (30 if order == "received" else 3000)


def test_so_many_rows(three):
    pairs, send = three
    with running("tcptop", "-o", "json", "-r", "2", "-p", str(os.getpid())) as told:
        send()
    most = {(os.getpid(), *pairs[MAPPED][0]): (0, 3000), (os.getpid(), *pairs[IPV6][0]): (0, 2000)}
    assert added(told.rows) == most


def test_a_table_for_people(three):
    pairs, send = three
    with running("tcptop", "-p", str(os.getpid())) as told:
        send()
    lines = told.out.decode().splitlines()
    assert lines[1].split() == ["PID", "LADDR", "LPORT", "RADDR", "RPORT", "COMM", "RX_KB", "TX_KB"]
    assert len(lines) == 8
    ends_of_client = [str(part) for part in pairs[IPV6][0]]
    (line,) = [words for words in map(str.split, lines) if words[1:5] == ends_of_client]
    assert line[-2:] == ["0.0", "2.0"]
    assert "\x1b" not in told.out.decode()


@pytest.mark.parametrize("keep", [False, True])
def test_a_screen_is_cleared_between_frames_unless_it_is_kept(keep):
    with session("tcptop", keep=keep) as opened:
        assert [output.clear for output in opened.outputs] == [not keep]

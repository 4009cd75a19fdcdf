"""TCP connections over loopback, and what their sockets say of them."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.tools.running import named_rows

MEBIBYTE = 1 << 20
# Offsets in struct tcp_info, include/uapi/linux/tcp.h.
_BYTES_RECEIVED, _BYTES_SENT, _BYTES_RETRANSMITTED = 128, 200, 208
_CLOSED = 7  # TCP_CLOSE, include/net/tcp_states.h


@dataclass(frozen=True)
class Family:
    """Where a server listens and how a client gets there."""

    kind: socket.AddressFamily
    bind: str
    connect: str
    shown: str
    protocol: int = 0

    def __str__(self) -> str:
        return f"{self.connect} by MPTCP" if self.protocol else self.connect


IPV4 = Family(socket.AF_INET, "127.0.0.1", "127.0.0.1", "127.0.0.1")
IPV6 = Family(socket.AF_INET6, "::1", "::1", "::1")
MAPPED = Family(socket.AF_INET6, "::", "::ffff:127.0.0.1", "127.0.0.1")
FAMILIES = (IPV4, IPV6, MAPPED)
MULTIPATH = Family(socket.AF_INET, "127.0.0.1", "127.0.0.1", "127.0.0.1", 262)  # IPPROTO_MPTCP, uapi/linux/in.h


@contextmanager
def connection(family: Family = IPV4) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and the server's end of its connection; skips where this machine does not have the family."""
    if reason := why_not(family):
        pytest.skip(reason=reason)
    with listening(family) as listener, socket.socket(family.kind, socket.SOCK_STREAM, family.protocol) as client:
        client.settimeout(20)
        client.connect((family.connect, listener.getsockname()[1]))
        server, _ = listener.accept()
        with server:
            server.settimeout(20)
            yield client, server


def listening(family: Family) -> socket.socket:
    """A socket that listens on a port of its own."""
    listener = socket.socket(family.kind, socket.SOCK_STREAM, family.protocol)
    if family.kind == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family is IPV6)
    listener.bind((family.bind, 0))
    listener.listen()
    return listener


def why_not(family: Family) -> str | None:
    """Why nothing can listen on *family* here; None if it can."""
    try:
        listening(family).close()
    except OSError as error:
        return f"a socket that listens on {family}: {error.strerror}"
    return None


def ends(one: socket.socket) -> tuple[str, int, str, int]:
    """A socket's addresses and ports as tcptop shows them."""
    local, remote = one.getsockname(), one.getpeername()
    return (_shown(local[0]), local[1], _shown(remote[0]), remote[1])


def _shown(address: str) -> str:
    found = ipaddress.ip_address(address)
    return str(getattr(found, "ipv4_mapped", None) or found)


def told_by_socket(one: socket.socket) -> tuple[int, int]:
    """Bytes received and sent as the kernel keeps them for the socket: what was sent again is sent once."""
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    places = (_BYTES_RECEIVED, _BYTES_SENT, _BYTES_RETRANSMITTED)
    received, sent, again = (struct.unpack_from("=Q", info, at)[0] for at in places)
    return received, sent - again


def closed(one: socket.socket) -> bool:
    """Wait until both sides of a connection have ended it."""
    end = time.monotonic() + 10
    while (state := one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[0]) != _CLOSED and time.monotonic() < end:
        time.sleep(0.01)
    return state == _CLOSED


def receive_all(one: socket.socket, count: int) -> int:
    """Receive *count* bytes, in whatever pieces they come; returns what the calls returned."""
    got = 0
    while got < count and (piece := len(one.recv(count - got))):
        got += piece
    return got


def traffic(frames: Any, *pids: int) -> dict[tuple[int, str, int, str, int], tuple[int, int]]:
    """(received, sent) by process and connection, over all *frames*; of this process if no other is named."""
    return added(named_rows(frames), *pids)


def added(rows: list[dict[str, Any]], *pids: int) -> dict[tuple[int, str, int, str, int], tuple[int, int]]:
    total: dict[tuple[int, str, int, str, int], tuple[int, int]] = {}
    for row in rows:
        if row["pid"] not in (pids or (os.getpid(),)):
            continue
        key = (row["pid"], _text(row["laddr"]), row["lport"], _text(row["raddr"]), row["rport"])
        received, sent = total.get(key, (0, 0))
        total[key] = (received + row["rx"], sent + row["tx"])
    return total


def _text(address: str | bytes) -> str:
    """An address from JSON, or as a row holds it."""
    return address if isinstance(address, str) else _shown(str(ipaddress.IPv6Address(address)))

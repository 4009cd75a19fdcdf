"""Trace TCP sessions that end: who had them, how long they lasted, how much they carried.

Sessions that begin while the tool runs: from the end of the handshake until the socket is closed or waits in TIME_WAIT.
A connect that fails is one, too, from its start, without bytes. Bytes are those of the data, whatever was sent twice;
what was never sent, because the peer reset the connection, is not among them. PID and COMM are of who closed or shut
down this end, else of who connected; 0 where that is not known: a server whose peer resets the connection before it
closes it. Each end on this machine is a row. IPv4 is shown as such also where the socket is an IPv6 one.

usage: tuibpf run tcplife [-p PID] [-4 | -6] [-L PORT] [-D PORT] [-T] [-t]

    $ tuibpf run tcplife -T
    TIME         PID COMM             LADDR           LPORT RADDR           RPORT     TX_KB     RX_KB DURATION
    10:14:02    2817 curl             10.0.0.5        51022 10.0.0.9           80       0.1      12.4   23.4ms
"""

from tuibpf.lang import *

only_pid = Option("-p", "--pid", type=Pid, help="only this process")
only_ipv4 = Option("-4", "--ipv4", help="only IPv4")
only_ipv6 = Option("-6", "--ipv6", help="only IPv6")
local_port = Option("-L", "--localport", type=Port, metavar="PORT", help="only this local port")
remote_port = Option("-D", "--remoteport", type=Port, metavar="PORT", help="only this remote port")
clock = Option("-T", "--time", help="show the time of day")
elapsed = Option("-t", "--timestamp", help="show the seconds since the start")


class Ended(Row):
    time: Time = Column(shown=clock)
    since: Elapsed = Column("TIME(s)", shown=elapsed)
    pid: Pid
    comm: Comm
    laddr: Address
    lport: Port
    raddr: Address
    rport: Port
    tx: Kibibytes = Column("TX_KB")
    rx: Kibibytes = Column("RX_KB")
    duration: Nanoseconds


class Session(Struct):
    born: u64
    pid: Pid
    comm: Comm


sessions = Hash(Pointer, Session, 65536)
ends = Stream(Ended)


def end(sk: "struct sock *", session: Session, moment: u64):
    """Only now are addresses and ports looked at: a new socket of a server has them after its first events."""
    common, tcp = sk.__sk_common, pointer(sk, "struct tcp_sock *")
    if common.skc_family == AF_INET6:
        local, remote = ipv6(common.skc_v6_rcv_saddr), ipv6(common.skc_v6_daddr)
    else:
        local, remote = ipv4(common.skc_rcv_saddr), ipv4(common.skc_daddr)
    if only_ipv4 and not is_ipv4(remote) or only_ipv6 and is_ipv4(remote):
        return
    lport = ntohs(pointer(sk, "struct inet_sock *").inet_sport)  # skc_num has been given back
    rport = ntohs(common.skc_dport)
    if local_port is not None and lport != local_port or remote_port is not None and rport != remote_port:
        return
    ends.emit(time=moment, since=moment, pid=session.pid, comm=session.comm, laddr=local, lport=lport, raddr=remote, rport=rport,
              tx=tcp.bytes_sent - tcp.bytes_retrans,
              rx=tcp.bytes_received - (common.skc_flags >> SOCK_DONE & 1),  # it counts the peer's FIN
              duration=max(moment, session.born) - session.born)  # fmt: skip


@tp_btf("inet_sock_set_state")
def changed(sk: "struct sock *", oldstate: s32, newstate: s32):
    if sk.sk_protocol != IPPROTO_TCP:
        return
    moment = now()
    if newstate == TCP_SYN_SENT:
        sessions[sk] = Session(born=moment, pid=pid(), comm=comm())
    elif newstate == TCP_ESTABLISHED:
        if session := sessions.setdefault(sk, Session(born=moment)):
            session.born = moment
    elif newstate == TCP_FIN_WAIT1 or newstate == TCP_LAST_ACK:
        if session := sessions.get(sk):  # only calls of processes lead here
            session.pid = pid()
            session.comm = comm()
    elif newstate == TCP_CLOSE:
        if session := sessions.pop(sk):
            # A reset that comes in, or a time-out, has left an error; what a process does now leaves it later.
            if (oldstate == TCP_ESTABLISHED or oldstate == TCP_CLOSE_WAIT) and sk.sk_err == 0:
                session.pid = pid()
                session.comm = comm()
            if only_pid is None or session.pid == only_pid:
                end(sk, session, moment)

"""Top TCP connections by the bytes that processes sent and received.

Counts what send and receive calls returned: no retransmissions, no data that was only peeked at, nothing twice.
A connection over IPv4 is shown as such also where its socket is an IPv6 one, one of Multipath TCP with the addresses of
its first path. splice(2) from a socket is not seen. Linux 6.3 and later have the events that it counts by.

usage: tuibpf run tcptop [-p PID] [-4 | -6] [-s all|sent|received] [-r ROWS] [-C]

    $ tuibpf run tcptop
    10:14:02  tcptop
        PID LADDR           LPORT RADDR           RPORT COMM                 RX_KB     TX_KB
       2817 10.0.0.5           22 10.0.0.9        51022 sshd                   0.1      12.4
"""

from tuibpf.lang import *

only_pid = Option("-p", "--pid", type=Pid, help="only this process")
only_ipv4 = Option("-4", "--ipv4", help="only IPv4")
only_ipv6 = Option("-6", "--ipv6", help="only IPv6")
order = Option("-s", "--sort", choices=("all", "sent", "received"), default="all", help="sort by this traffic")
rows = Option("-r", "--rows", type=u32, default=20, minimum=1, metavar="ROWS", help="show at most this many rows")
keep = Option("-C", "--noclear", help="do not clear the screen between frames")


class Connection(Struct):
    pid: Pid
    laddr: Address
    lport: Port
    raddr: Address
    rport: Port


class Traffic(Struct):
    comm: Comm
    rx: Kibibytes = Column("RX_KB")
    tx: Kibibytes = Column("TX_KB")


connections = Table(Connection, Traffic, sort="tx" if order == "sent" else "rx" if order == "received" else "rx+tx",
                    limit=rows, clear=not keep)  # fmt: skip


def count(sk: "struct sock *", received: u64, sent: u64):
    protocol = sk.sk_protocol
    if protocol != IPPROTO_TCP and protocol != IPPROTO_MPTCP or only_pid is not None and pid() != only_pid:
        return
    common = sk.__sk_common
    if common.skc_family == AF_INET6:
        local, remote = ipv6(common.skc_v6_rcv_saddr), ipv6(common.skc_v6_daddr)
    else:
        local, remote = ipv4(common.skc_rcv_saddr), ipv4(common.skc_daddr)
    if only_ipv4 and not is_ipv4(remote) or only_ipv6 and is_ipv4(remote):
        return
    port = common.skc_num
    if port == 0:  # given back, since the connection is over; what came before that can still be received
        port = ntohs(pointer(sk, "struct inet_sock *").inet_sport)
    key = Connection(pid=pid(), laddr=local, lport=port, raddr=remote, rport=ntohs(common.skc_dport))
    if traffic := connections.setdefault(key, Traffic(comm=comm())):
        traffic.rx += received
        traffic.tx += sent


@tp_btf("sock_send_length")
def sent(sk: "struct sock *", ret: s32):
    if ret > 0:
        count(sk, 0, u64(ret))


@tp_btf("sock_recv_length")
def received(sk: "struct sock *", ret: s32, flags: s32):
    if ret > 0 and not flags & (MSG_PEEK | MSG_ERRQUEUE):
        count(sk, u64(ret), 0)

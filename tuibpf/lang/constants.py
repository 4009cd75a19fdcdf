"""Constants that the kernel's headers define by the preprocessor, so that BTF does not know them.

Enumerations of the kernel need no entry here: their names (``TCP_ESTABLISHED``, ``REQ_OP_READ``) come from its BTF.
"""

from __future__ import annotations

__all__ = ["AF_INET", "AF_INET6", "AF_UNIX", "ERESTARTSYS", "MSG_ERRQUEUE", "MSG_PEEK"]

AF_UNIX = 1
"""The address family of UNIX sockets (include/linux/socket.h).

Example:
    @tp_btf("sock_send_length")
    def sent(sk: "struct sock *"):
        if sk.__sk_common.skc_family == AF_UNIX:
            return
"""

AF_INET = 2
"""The address family of IPv4 (include/linux/socket.h).

Example:
    @tp_btf("sock_send_length")
    def sent(sk: "struct sock *"):
        if sk.__sk_common.skc_family not in (AF_INET, AF_INET6):
            return
"""

AF_INET6 = 10
"""The address family of IPv6 (include/linux/socket.h).

Example:
    @tp_btf("sock_send_length")
    def sent(sk: "struct sock *"):
        common = sk.__sk_common
        remote = ipv6(common.skc_v6_daddr) if common.skc_family == AF_INET6 else ipv4(common.skc_daddr)
"""

MSG_PEEK = 2
"""A flag of receive calls that leave the data where it is (include/linux/socket.h).

Example:
    @tp_btf("sock_recv_length")
    def received(ret: s32, flags: s32):
        if flags & MSG_PEEK:
            return
"""

MSG_ERRQUEUE = 0x2000
"""A flag of receive calls that ask for errors, not for data (include/linux/socket.h).

Example:
    @tp_btf("sock_recv_length")
    def received(ret: s32, flags: s32):
        if ret <= 0 or flags & (MSG_PEEK | MSG_ERRQUEUE):
            return
"""

ERESTARTSYS = 512
"""The first of the errors that the kernel keeps to itself (include/linux/errno.h): it will make the call again.

Example:
    @tracepoint("syscalls/sys_exit_execve")
    def returned(ret: s64):
        if ret <= -ERESTARTSYS:
            return
"""

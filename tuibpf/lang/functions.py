"""Functions that a probe may call. Each is one helper of the kernel or a few instructions."""

from __future__ import annotations

from typing import Any

__all__ = [
    "comm", "cpu", "current_task", "gid", "htonl", "htons", "ipv4", "ipv6", "is_ipv4", "kernel_text", "now", "ntohl",
    "ntohs",
    "pid", "pointer", "tid", "uid", "user_memory", "user_strings", "user_text",
]  # fmt: skip


def now() -> int:
    """The time in nanoseconds since boot, without suspend (u64, CLOCK_MONOTONIC).

    Example:
        started = Hash(Tid, Time)
        waited = Histogram(Microseconds)

        if start := started.pop(next.pid):
            waited.add((now() - start) // 1_000)
        started[prev.pid] = now()
    """
    raise SyntaxError


def pid() -> int:
    """The id of the process that runs (s32, the kernel's tgid).

    Example:
        only_pid = Option("-p", "--pid", type=Pid, help="only this process")

        if only_pid is not None and pid() != only_pid:
            return
    """
    raise SyntaxError


def tid() -> int:
    """The id of the thread that runs (s32, the kernel's pid).

    Example:
        started = Hash(Tid, Time)

        started[tid()] = now()
    """
    raise SyntaxError


def uid() -> int:
    """The real user id of the process that runs (u32).

    Example:
        only_uid = Option("-u", "--uid", type=Uid, help="only this user id")

        if only_uid is not None and uid() != only_uid:
            return
    """
    raise SyntaxError


def gid() -> int:
    """The real group id of the process that runs (u32).

    Example:
        if gid() == 0:
            return
    """
    raise SyntaxError


def cpu() -> int:
    """The number of the processor that runs the probe (u32).

    Example:
        switches = Table(Cpu, Count)

        switches[cpu()].count += 1
    """
    raise SyntaxError


def comm() -> Any:
    """The name of the task that runs (``Comm``).

    Example:
        if comm() == "cron":
            return
    """


def current_task() -> Any:
    """The task that runs: a ``struct task_struct *``.

    What it points to is probed, so that a plain field of it costs a call of a helper; an event whose arguments have
    the task is faster.

    Example:
        parent = current_task().real_parent.tgid
    """


def pointer(address: Any, type: str) -> Any:
    """An address as a pointer of the kernel; what it points to is probed.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            port = ntohs(pointer(sk, "struct inet_sock *").inet_sport)
    """


def kernel_text(address: Any) -> Any:
    """The string that a pointer of the kernel points to, cut to the size of the field it is put in.

    Example:
        class Exec(Row):
            file: Path[256]

        execs = Stream(Exec)

        @tp_btf("sched_process_exec")
        def executed(bprm):
            execs.emit(file=kernel_text(bprm.filename))
    """


def user_text(address: Any) -> Any:
    """The string that a pointer of the process points to, cut to the size of the field it is put in.

    Empty if it can not be read, such as from memory that is not loaded yet.

    Example:
        class Open(Row):
            pid: Pid
            file: Path[256]

        opens = Stream(Open)

        @tracepoint("syscalls/sys_enter_openat")
        def opened(filename: u64):
            opens.emit(pid=pid(), file=user_text(filename))
    """


def user_memory(start: Any, length: Any) -> Any:
    """Memory of the process, for a field of type ``Arguments``: as much of *length* bytes as there is room for.

    Example:
        class Exec(Row):
            pid: Pid
            args: Arguments[20]

        execs = Stream(Exec)

        @tp_btf("sched_process_exec")
        def executed(p):
            mm = p.mm
            execs.emit(pid=p.tgid, args=user_memory(mm.arg_start, mm.arg_end - mm.arg_start))
    """


def user_strings(array: Any) -> Any:
    """The strings of a NULL-terminated array in the process (an ``argv``), for a field of type ``Arguments``.

    Example:
        class Call(Row):
            pid: Pid
            args: Arguments[20]

        calls = Stream(Call)

        @tracepoint("syscalls/sys_enter_execve")
        def called(argv: u64):
            calls.emit(pid=pid(), args=user_strings(argv))
    """


def ntohs(value: Any) -> int:
    """A 16-bit number from network order.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            if ntohs(sk.__sk_common.skc_dport) != 443:
                return
    """
    raise SyntaxError


def ntohl(value: Any) -> int:
    """A 32-bit number from network order.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            if ntohl(sk.__sk_common.skc_daddr) >> 24 == 127:
                return
    """
    raise SyntaxError


def htons(value: Any) -> int:
    """A 16-bit number in network order.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            if sk.__sk_common.skc_dport == htons(443):
                return
    """
    raise SyntaxError


def htonl(value: Any) -> int:
    """A 32-bit number in network order.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            if sk.__sk_common.skc_daddr == htonl(0x7F00_0001):
                return
    """
    raise SyntaxError


def ipv4(address: Any) -> Any:
    """An ``Address`` from the 32 bits of an IPv4 address in network order (``__be32``).

    Example:
        peers = Table(Address, Count)

        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            peers[ipv4(sk.__sk_common.skc_daddr)].count += 1
    """


def ipv6(address: Any) -> Any:
    """An ``Address`` from a ``struct in6_addr``.

    Example:
        peers = Table(Address, Count)

        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            peers[ipv6(sk.__sk_common.skc_v6_daddr)].count += 1
    """


def is_ipv4(address: Any) -> bool:
    """Whether an ``Address`` is an IPv4 address, also one that is mapped into IPv6.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            remote = ipv6(sk.__sk_common.skc_v6_daddr)
            if is_ipv4(remote):
                return
    """
    raise SyntaxError

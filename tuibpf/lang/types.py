"""Types: integers by width and sign, and display types, which say how every view shows a value."""

from __future__ import annotations

from tuibpf.lang.quantities import (
    Boolean,
    Bytes,
    Count,
    Elapsed,
    Kibibytes,
    Microseconds,
    Milliseconds,
    Nanoseconds,
    Time,
    s8,
    s16,
    s32,
    s64,
    u8,
    u16,
    u32,
    u64,
)

__all__ = [
    "Address", "Arguments", "BlockFlags", "Boolean", "Bytes", "Comm", "Count", "Cpu", "Descriptor", "Device", "Disk",
    "Elapsed", "Errno", "Error", "Gid", "Kibibytes", "Microseconds", "Milliseconds", "Mode", "Nanoseconds",
    "OpenFlags", "Path", "Pid", "Pointer", "Port", "Signal", "Syscall", "Text", "Tid", "Time", "Uid", "s8", "s16",
    "s32", "s64", "u8", "u16", "u32", "u64",
]  # fmt: skip


class Memory:
    """A value that lies in memory, of a stated size in bytes."""

    size: int


class Pid(s32):
    """A process id (the kernel's tgid), in the initial PID namespace.

    Example:
        only_pid = Option("-p", "--pid", type=Pid, help="only this process")

        if only_pid is not None and prev.tgid != only_pid:
            return
    """


class Tid(s32):
    """A thread id (the kernel's pid), in the initial PID namespace.

    Example:
        started = Hash(Tid, Time)

        started[next.pid] = now()
    """


class Uid(u32):
    """A user id.

    Example:
        only_uid = Option("-u", "--uid", type=Uid, help="only this user id")

        if only_uid is not None and uid() != only_uid:
            return
    """


class Gid(u32):
    """A group id.

    Example:
        class Exit(Row):
            gid: Gid

        exits = Stream(Exit)

        exits.emit(gid=gid())
    """


class Cpu(u32):
    """The number of a processor.

    Example:
        switches = Table(Cpu, Count)

        switches[cpu()].count += 1
    """


class Port(u16):
    """A TCP or UDP port in the order of the host; see ``ntohs``.

    Example:
        ports = Table(Port, Count)

        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            ports[ntohs(sk.__sk_common.skc_dport)].count += 1
    """


class Errno(s32):
    """What a system call returned: 0 or more, or an error's number, negated.

    Example:
        class Sent(Row):
            ret: Errno

        calls = Stream(Sent)

        @tp_btf("sock_send_length")
        def sent(ret: s32):
            calls.emit(ret=ret)
    """


class Error(s32):
    """The number of an error, 0 for none; shown by its name. An option of this type takes either.

    Example:
        class Open(Row):
            pid: Pid
            err: Error

        opens = Stream(Open)

        @tracepoint("syscalls/sys_exit_openat")
        def opened(ret: s64):
            if ret < 0:
                opens.emit(pid=pid(), err=s32(-ret))
    """


class Descriptor(s32):
    """A file descriptor, or -1.

    Example:
        class Close(Row):
            pid: Pid
            fd: Descriptor

        closes = Stream(Close)

        @tracepoint("syscalls/sys_enter_close")
        def closed(fd: u64):
            closes.emit(pid=pid(), fd=s32(fd))
    """


class OpenFlags(s32):
    """The flags of an open, shown by their names (O_CREAT); -1 where they are not known.

    Example:
        class Open(Row):
            pid: Pid
            flags: OpenFlags

        opens = Stream(Open)

        @tracepoint("syscalls/sys_enter_openat")
        def called(flags: u64):
            opens.emit(pid=pid(), flags=s32(flags))
    """


class Mode(s32):
    """The permissions of a file, shown in octal; -1 where they are not known.

    Example:
        class Make(Row):
            pid: Pid
            mode: Mode

        makes = Stream(Make)

        @tracepoint("syscalls/sys_enter_mkdirat")
        def called(mode: u64):
            makes.emit(pid=pid(), mode=s32(mode))
    """


class Syscall(s32):
    """The number of a system call, shown by its name. An option of this type takes either.

    Example:
        calls = Table(Syscall, Count)

        @tp_btf("sys_enter")
        def called(id: s64):
            calls[s32(id)].count += 1
    """


class Signal(s32):
    """The number of a signal.

    Example:
        only = Option("-s", "--signal", type=Signal, help="only this signal")
    """


class Device(u32):
    """A device number as the kernel keeps it: major << 20 | minor.

    Example:
        disks = Table(Device, Count)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            disk = rq.q.disk
            disks[u32(disk.major) << 20 | u32(disk.first_minor)].count += 1
    """


class BlockFlags(u32):
    """``request.cmd_flags``: an operation of ``enum req_op`` and flags of ``enum req_flag_bits``, named from BTF.

    Example:
        kinds = Table(BlockFlags, Count)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            kinds[rq.cmd_flags].count += 1
    """


class Pointer(u64):
    """An address in the kernel or in a process; also the type of a key that is a kernel pointer.

    Example:
        started = Hash(Pointer, Time)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            started[rq] = now()
    """


class Address(Memory):
    """An IPv6 address of 16 bytes, or an IPv4 address mapped into one, which is shown as IPv4.

    Example:
        class Peer(Struct):
            address: Address
            port: Port

        peers = Table(Peer, Count)

        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            common = sk.__sk_common
            peers[Peer(address=ipv4(common.skc_daddr), port=ntohs(common.skc_dport))].count += 1
    """

    size = 16


class Comm(Memory):
    """The name of a task, ``task_struct.comm``.

    Example:
        switches = Table(Comm, Count)

        switches[next.comm].count += 1
    """

    size = 16


class Disk(Memory):
    """The name of a disk, ``gendisk.disk_name``.

    Example:
        requests = Table(Disk, Count)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            requests[rq.q.disk.disk_name].count += 1
    """

    size = 32


class Text(Memory):
    """A string of at most n - 1 bytes: ``Text[64]``. As the type of an option: any string.

    Example:
        name = Option("-n", "--name", type=Text, help="only this command")

        class Exit(Row):
            command: Text[16]

        exits = Stream(Exit)

        if name is None or prev.comm == name:
            exits.emit(command=prev.comm)
    """

    size = 0

    def __class_getitem__(cls, size: int) -> type[Text]:
        return cls


class Path(Memory):
    """The name of a file, of at most n - 1 bytes: ``Path[256]``.

    Example:
        class Open(Row):
            file: Path[256]

        opens = Stream(Open)

        @tracepoint("syscalls/sys_enter_openat")
        def opened(filename: u64):
            opens.emit(file=user_text(filename))
    """

    size = 0

    def __class_getitem__(cls, size: int) -> type[Path]:
        return cls


class Arguments(Memory):
    """The arguments of a command: ``Arguments[20]`` shows at most 20 and has room for 128 bytes each, on average.

    The last field of a row, since it takes only as much of the buffer as there is to tell. Filled by
    ``user_memory()`` or ``user_strings()``.

    Example:
        class Call(Row):
            args: Arguments[20]

        calls = Stream(Call)

        @tracepoint("syscalls/sys_enter_execve")
        def called(argv: u64):
            calls.emit(args=user_strings(argv))
    """

    size = 0

    def __class_getitem__(cls, count: int) -> type[Arguments]:
        return cls

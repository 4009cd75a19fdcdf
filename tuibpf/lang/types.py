"""Types: integers by width and sign, and display types, which say how every view shows a value."""

from __future__ import annotations

__all__ = [
    "Address", "Arguments", "BlockFlags", "Boolean", "Bytes", "Comm", "Count", "Cpu", "Descriptor", "Device", "Disk",
    "Elapsed", "Errno", "Error", "Gid", "Kibibytes", "Microseconds", "Milliseconds", "Mode", "Nanoseconds",
    "OpenFlags", "Path", "Pid", "Pointer", "Port", "Signal", "Syscall", "Text", "Tid", "Time", "Uid", "s8", "s16",
    "s32", "s64", "u8", "u16", "u32", "u64",
]  # fmt: skip


class Integer:
    """An integer of a stated width and sign. As a function it converts: ``u32(x)`` keeps the low 32 bits."""

    bits: int
    signed: bool


class Memory:
    """A value that lies in memory, of a stated size in bytes."""

    size: int


class u8(Integer):
    """An unsigned integer of 8 bits."""

    bits, signed = 8, False


class u16(Integer):
    """An unsigned integer of 16 bits."""

    bits, signed = 16, False


class u32(Integer):
    """An unsigned integer of 32 bits."""

    bits, signed = 32, False


class u64(Integer):
    """An unsigned integer of 64 bits."""

    bits, signed = 64, False


class s8(Integer):
    """A signed integer of 8 bits."""

    bits, signed = 8, True


class s16(Integer):
    """A signed integer of 16 bits."""

    bits, signed = 16, True


class s32(Integer):
    """A signed integer of 32 bits."""

    bits, signed = 32, True


class s64(Integer):
    """A signed integer of 64 bits."""

    bits, signed = 64, True


class Boolean(u8):
    """True or False. As a function: whether a number is not 0."""


class Time(u64):
    """A moment, as ``now()`` gives it; shown as the time of day."""


class Elapsed(u64):
    """A moment, as ``now()`` gives it; shown as the seconds since the tool started."""


class Nanoseconds(u64):
    """A duration in nanoseconds."""


class Microseconds(u64):
    """A duration in microseconds."""


class Milliseconds(u64):
    """A duration in milliseconds."""


class Bytes(u64):
    """A number of bytes, shown with the unit that fits."""


class Kibibytes(u64):
    """A number of bytes, shown in KiB with one decimal."""


class Count(u64):
    """How many times something happened."""


class Pid(s32):
    """A process id (the kernel's tgid), in the initial PID namespace."""


class Tid(s32):
    """A thread id (the kernel's pid), in the initial PID namespace."""


class Uid(u32):
    """A user id."""


class Gid(u32):
    """A group id."""


class Cpu(u32):
    """The number of a processor."""


class Port(u16):
    """A TCP or UDP port in the order of the host; see ``ntohs``."""


class Errno(s32):
    """What a system call returned: 0 or more, or an error's number, negated."""


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
    """The number of a signal."""


class Device(u32):
    """A device number as the kernel keeps it: major << 20 | minor."""


class BlockFlags(u32):
    """``request.cmd_flags``: an operation of ``enum req_op`` and flags of ``enum req_flag_bits``, named from BTF."""


class Pointer(u64):
    """An address in the kernel or in a process; also the type of a key that is a kernel pointer."""


class Address(Memory):
    """An IPv6 address of 16 bytes, or an IPv4 address mapped into one, which is shown as IPv4."""

    size = 16


class Comm(Memory):
    """The name of a task, ``task_struct.comm``."""

    size = 16


class Disk(Memory):
    """The name of a disk, ``gendisk.disk_name``."""

    size = 32


class Text(Memory):
    """A string of at most n - 1 bytes: ``Text[64]``. As the type of an option: any string."""

    size = 0

    def __class_getitem__(cls, size: int) -> type[Text]:
        return cls


class Path(Memory):
    """The name of a file, of at most n - 1 bytes: ``Path[256]``."""

    size = 0

    def __class_getitem__(cls, size: int) -> type[Path]:
        return cls


class Arguments(Memory):
    """The arguments of a command: ``Arguments[20]`` shows at most 20 and has room for 128 bytes each, on average.

    The last field of a row, since it takes only as much of the buffer as there is to tell. Filled by
    ``user_memory()`` or ``user_strings()``.
    """

    size = 0

    def __class_getitem__(cls, count: int) -> type[Arguments]:
        return cls

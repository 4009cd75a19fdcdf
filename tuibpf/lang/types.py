"""Types: integers by width and sign, and display types, which say how every view shows a value."""

from __future__ import annotations

__all__ = [
    "Address", "Arguments", "BlockFlags", "Boolean", "Bytes", "Comm", "Count", "Cpu", "Device", "Disk", "Elapsed",
    "Errno",
    "Gid", "Kibibytes", "Microseconds", "Milliseconds", "Nanoseconds", "Path", "Pid", "Pointer", "Port", "Signal",
    "Text",
    "Tid", "Time", "Uid", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64",
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

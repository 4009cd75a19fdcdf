"""Integers by width and sign, and quantities: moments, durations, sizes, counts.

Apart from the other types, so that no file is long; scripts and the compiler find all of them in ``types``.
"""

from __future__ import annotations

__all__ = [
    "Boolean", "Bytes", "Count", "Elapsed", "Integer", "Kibibytes", "Microseconds", "Milliseconds", "Nanoseconds",
    "Time", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64",
]  # fmt: skip


class Integer:
    """An integer of a stated width and sign. As a function it converts: ``u32(x)`` keeps the low 32 bits."""

    bits: int
    signed: bool


class u8(Integer):
    """An unsigned integer of 8 bits.

    Example:
        class Flags(Struct):
            state: u8 = Column("STATE")
    """

    bits, signed = 8, False


class u16(Integer):
    """An unsigned integer of 16 bits.

    Example:
        key = u16(pid())
    """

    bits, signed = 16, False


class u32(Integer):
    """An unsigned integer of 32 bits.

    Example:
        rows = Option("-r", "--rows", type=u32, default=20, minimum=1, help="show at most this many rows")
    """

    bits, signed = 32, False


class u64(Integer):
    """An unsigned integer of 64 bits.

    Example:
        @tp_btf("sock_send_length")
        def sent(ret: s32):
            if ret > 0:
                size = u64(ret)
    """

    bits, signed = 64, False


class s8(Integer):
    """A signed integer of 8 bits.

    Example:
        nice = s8(prev.prio - 120)
    """

    bits, signed = 8, True


class s16(Integer):
    """A signed integer of 16 bits.

    Example:
        low = s16(cpu())
    """

    bits, signed = 16, True


class s32(Integer):
    """A signed integer of 32 bits.

    Example:
        @tp_btf("sock_send_length")
        def sent(ret: s32):
            if ret < 0:
                return
    """

    bits, signed = 32, True


class s64(Integer):
    """A signed integer of 64 bits.

    Example:
        waited: s64 = -1
    """

    bits, signed = 64, True


class Boolean(u8):
    """True or False. As a function: whether a number is not 0.

    Example:
        class Switch(Row):
            preempted: Boolean

        switches = Stream(Switch)

        switches.emit(preempted=prev.pid != 0)
    """


class Count(u64):
    """How many times something happened.

    Example:
        switches = Table(Comm, Count)

        switches[next.comm].count += 1
    """


class Bytes(u64):
    """A number of bytes, shown with the unit that fits.

    Example:
        sizes = Histogram(Bytes, key=Disk)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            sizes[rq.q.disk.disk_name].add(rq.__data_len)
    """


class Kibibytes(u64):
    """A number of bytes, shown in KiB with one decimal. The value is in bytes.

    Example:
        class Traffic(Struct):
            tx: Kibibytes = Column("TX_KB")

        senders = Table(Pid, Traffic)

        @tp_btf("sock_send_length")
        def sent(ret: s32):
            if ret > 0:
                senders[pid()].tx += u64(ret)
    """


class Time(u64):
    """A moment, as ``now()`` gives it; shown as the time of day.

    Example:
        started = Hash(Tid, Time)

        started[tid()] = now()
    """


class Elapsed(u64):
    """A moment, as ``now()`` gives it; shown as the seconds since the tool started.

    Example:
        class Exit(Row):
            since: Elapsed = Column("TIME(s)")

        exits = Stream(Exit)

        exits.emit(since=now())
    """


class Nanoseconds(u64):
    """A duration in nanoseconds.

    Example:
        class Times(Struct):
            waited: Nanoseconds

        tasks = Table(Comm, Times)

        tasks[prev.comm].waited += now() - prev.start_time
    """


class Microseconds(u64):
    """A duration in microseconds.

    Example:
        age = Histogram(Microseconds)

        age.add((now() - prev.start_time) // 1_000)
    """


class Milliseconds(u64):
    """A duration in milliseconds.

    Example:
        age = Histogram(Milliseconds)

        age.add((now() - prev.start_time) // 1_000_000)
    """

"""Declarations: options, structures, maps, and the outputs, whose shape picks the view."""

from __future__ import annotations

from typing import Any

__all__ = ["Column", "Hash", "Histogram", "LruHash", "Option", "Row", "Stream", "Struct", "Table", "exists"]


def Option(
    *flags: str,
    help: str,
    type: Any = None,
    default: Any = None,
    choices: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
    metavar: str = "",
) -> Any:
    """An option of the command line.

    Since the script is compiled at launch, an option is a constant of the code: a branch that it switches off is not
    compiled. Without *type* it is a flag, True or False; with an integer or display type a number, with ``Text`` or
    *choices* a string, and None when it is not given and has no *default*. All that it declares is written out.

    Example:
        by_disk = Option("-D", "--disks", help="one histogram per disk")
        only_pid = Option("-p", "--pid", type=Pid, help="only this process")
        rows = Option("-r", "--rows", type=u32, default=20, minimum=1, metavar="ROWS", help="show so many rows")
        order = Option("-s", "--sort", choices=("all", "sent"), default="all", help="sort by this traffic")

        if only_pid is not None and pid() != only_pid:
            return
    """


def Column(title: str = "", *, shown: bool = True, contains: str | None = None, quote: bool = False) -> Any:
    """How a field is shown.

    *title* stands in the head of the column (else the field's name in capitals); *contains* keeps only the rows in
    whose text that string occurs; *quote* puts every argument in quotes.

    Example:
        with_uid = Option("-U", "--print-uid", help="show the user id")
        name = Option("-n", "--name", type=Text, help="only commands whose name contains NAME")

        class Exec(Row):
            since: Elapsed = Column("TIME(s)")
            uid: Uid = Column(shown=with_uid)
            comm: Comm = Column(contains=name)
    """


def exists(member: str = "", *, event: str = "", function: str = "") -> bool:
    """Whether this kernel has a member, an event or a function; known at launch.

    Only the branch that fits is compiled, so that the other one may name what this kernel has not.

    Example:
        has_openat = exists(event="syscalls/sys_enter_openat")
        has_read = exists(function="vfs_read")

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            disk = rq.rq_disk if exists("request.rq_disk") else rq.q.disk
    """
    raise SyntaxError(member)


class Struct:
    """A structure of the script's own: fields with types.

    It is built by naming fields; those that are left out are 0. It is a key or a value of a map, or a variable. A
    field of a structure may be a structure.

    Example:
        class Who(Struct):
            pid: Pid
            comm: Comm

        switches = Table(Who, Count)

        who = Who(pid=pid(), comm=comm())
        switches[who].count += 1
    """

    def __init__(self, **fields: Any) -> None: ...


class Row(Struct):
    """The fields of a stream, in the order of its columns.

    Example:
        class Exit(Row):
            time: Time
            pid: Pid
            comm: Comm

        exits = Stream(Exit)

        @tp_btf("sched_process_exit")
        def exited(p):
            exits.emit(time=now(), pid=p.tgid, comm=p.comm)
    """


class Hash:
    """A hash map, in which probes keep what one of them has to tell another.

    A look-up may find nothing: ``m[k]``, ``m.get(k)`` and ``m.pop(k)`` give an optional, which must be tested before it
    is used. ``k in m`` tells whether there is one; ``m[k] += n`` is one step, from 0 if there is none. A write that
    finds the map full is counted as a loss.

    Example:
        class Call(Struct):
            start: Time
            retries: Count

        calls = Hash(Tid, Call, 10240)
        switches = Hash(Cpu, Count)

        switches[cpu()] += 1
        if known := calls.setdefault(tid(), Call(start=now())):
            known.retries += 1
        if call := calls.get(tid()):
            start = call.start
        if call := calls.pop(tid()):
            duration = now() - call.start
        if prev.pid not in calls:
            calls[prev.pid] = Call(start=now())
        calls.remove(next.pid)

    Refused:
        started = Hash(Tid, Time)

        duration = now() - started[tid()]
    """

    def __init__(self, key: Any, value: Any, entries: int = 10240) -> None: ...

    def __getitem__(self, key: Any) -> Any:
        """The value of *key*, or None."""

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def get(self, key: Any) -> Any:
        """The value of *key*, or None."""

    def pop(self, key: Any) -> Any:
        """The value of *key*, which is taken out, or None."""

    def remove(self, key: Any) -> None:
        """Take *key* out, if it is in."""

    def setdefault(self, key: Any, value: Any) -> Any:
        """The value of *key*, which is put in first if it is not there; None if the map is full (a loss)."""


class LruHash(Hash):
    """A hash map that throws out what has not been used for longest when it is full.

    For what may never be taken out again, such as calls that do not return. Otherwise it is a ``Hash``.

    Example:
        class Call(Struct):
            filename: u64

        calls = LruHash(Tid, Call, 8192)

        @tracepoint("syscalls/sys_enter_openat")
        def called(filename: u64):
            calls[tid()] = Call(filename=filename)
    """


class Stream:
    """Rows in the order they happen. A row that finds the buffer full is counted as lost.

    Example:
        class Open(Row):
            pid: Pid
            comm: Comm
            file: Path[256]

        opens = Stream(Open)

        @tracepoint("syscalls/sys_enter_openat")
        def opened(filename: u64):
            opens.emit(pid=pid(), comm=comm(), file=user_text(filename))
    """

    def __init__(self, row: Any) -> None: ...

    def emit(self, **fields: Any) -> None:
        """Send a row; fields that are left out are 0."""


class Table:
    """Rows by key. Each frame shows what came since the one before.

    *sort* names the field of the value that orders the rows, largest first (``"rx+tx"`` for a sum), *limit* the
    number of rows shown, *entries* the room; *clear* whether a terminal is cleared between two frames. A value that
    is no structure is a field of its type's name: ``Count`` makes ``table[key].count``.

    Example:
        class Turns(Struct):
            switches: Count
            last: Time

        tasks = Table(Comm, Turns, sort="switches", limit=20)

        tasks[next.comm].switches += 1
        if turns := tasks.setdefault(prev.comm, Turns()):
            turns.last = now()
    """

    def __init__(
        self,
        key: Any,
        value: Any,
        *,
        sort: str = "",
        limit: int | None = None,
        clear: bool = True,
        entries: int = 10240,
    ) -> None: ...

    def __getitem__(self, key: Any) -> Any:
        """The value of *key*, zeros if there is none: ``table[key].bytes += n`` never loses a count to a race."""

    def setdefault(self, key: Any, value: Any) -> Any:
        """The value of *key*, which is put in first if it is not there; None if the table is full (a loss)."""


class Histogram:
    """Counts by powers of two. Without a key it is one histogram.

    Example:
        started = Hash(Pointer, Nanoseconds)
        latency = Histogram(Microseconds, key=Disk)
        sizes = Histogram(Bytes)

        @tp_btf("block_rq_issue")
        def issued(rq: "struct request *"):
            started[rq] = now()
            sizes.add(rq.__data_len)

        @tp_btf("block_rq_complete")
        def completed(rq: "struct request *"):
            if start := started.pop(rq):
                latency[rq.q.disk.disk_name].add((now() - start) // 1_000)
    """

    def __init__(self, unit: Any, *, key: Any = None, entries: int = 1024) -> None: ...

    def __getitem__(self, key: Any) -> Histogram:
        """The histogram of *key*; ``latency[None]`` where there are no keys."""
        return self

    def add(self, value: Any) -> None:
        """Count *value*, which is in the histogram's unit."""

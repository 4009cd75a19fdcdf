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
    """An option of the command line: ``by_disk = Option("-D", "--disks", help="one histogram per disk")``.

    Since the script is compiled at launch, an option is a constant of the code: a branch that it switches off is not
    compiled. Without *type* it is a flag, True or False; with an integer or display type a number, with ``Text`` or
    *choices* a string, and None when it is not given and has no *default*.
    """


def Column(title: str = "", *, shown: bool = True, contains: str | None = None, quote: bool = False) -> Any:
    """How a field is shown: ``uid: Uid = Column(shown=with_uid)``.

    *title* stands in the head of the column (else the field's name in capitals); *contains* keeps only the rows in
    whose text that string occurs; *quote* puts every argument in quotes.
    """


def exists(member: str = "", *, event: str = "", function: str = "") -> bool:
    """Whether this kernel has a member, an event or a function, known at launch.

    ``if exists("request.rq_disk"):`` compiles only the branch that fits. Also ``exists(event="block_io_start")`` and
    ``exists(function="vfs_read")``.
    """
    raise SyntaxError(member)


class Struct:
    """A structure: fields with types. ``class Key(Struct): pid: Pid``; built by ``Key(pid=pid())``, the rest is 0."""

    def __init__(self, **fields: Any) -> None: ...


class Row(Struct):
    """The fields of a stream, in the order of its columns."""


class Hash:
    """A hash map: ``started = Hash(Pointer, Nanoseconds, 10240)``.

    A look-up may find nothing: ``m[k]``, ``m.get(k)`` and ``m.pop(k)`` give an optional, which must be tested before it
    is used. A write that finds the map full is counted as a loss.
    """

    def __init__(self, key: Any, value: Any, entries: int = 10240) -> None: ...

    def __getitem__(self, key: Any) -> Any: ...

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
    """A hash map that throws out what has not been used for longest when it is full."""


class Stream:
    """Rows in the order they happen: ``execs = Stream(Exec)``. A row that finds the buffer full is counted as lost."""

    def __init__(self, row: Any) -> None: ...

    def emit(self, **fields: Any) -> None:
        """Send a row; fields that are left out are 0."""


class Table:
    """Rows by key: ``connections = Table(Connection, Traffic)``. Each frame shows what came since the one before.

    *sort* names the field of the value that orders the rows, largest first (``"rx+tx"`` for a sum), *limit* the
    number of rows shown, *entries* the room; *clear* whether a terminal is cleared between two frames.
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
    """Counts by powers of two: ``latency = Histogram(Microseconds, key=Disk)``. Without a key it is one histogram."""

    def __init__(self, unit: Any, *, key: Any = None, entries: int = 1024) -> None: ...

    def __getitem__(self, key: Any) -> Histogram:
        """The histogram of *key*; ``latency[None]`` where there are no keys."""
        return self

    def add(self, value: Any) -> None:
        """Count *value*, which is in the histogram's unit."""

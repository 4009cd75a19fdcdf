"""What the compiler hands on: programs, maps and outputs. Pure data: bytes and values, no system calls."""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from tuibpf.diagnostics import Source, Span

__all__ = [
    "Bundle", "Field", "HistogramOutput", "Hook", "HookKind", "Line", "Map", "MapType", "Program", "ProgramType",
    "Record", "Relocation", "StreamOutput", "TableOutput",
]  # fmt: skip


class MapType(IntEnum):
    """``enum bpf_map_type``, include/uapi/linux/bpf.h."""

    HASH = 1
    ARRAY = 2
    PERF_EVENT_ARRAY = 4
    PERCPU_HASH = 5
    PERCPU_ARRAY = 6
    STACK_TRACE = 7
    LRU_HASH = 9
    LRU_PERCPU_HASH = 10
    ARRAY_OF_MAPS = 12
    RINGBUF = 27


class ProgramType(IntEnum):
    """``enum bpf_prog_type``, include/uapi/linux/bpf.h."""

    SOCKET_FILTER = 1
    TRACEPOINT = 5
    RAW_TRACEPOINT = 17
    TRACING = 26


class HookKind(StrEnum):
    """How a program meets the kernel; the value is the word of the language."""

    TP_BTF = "tp_btf"
    RAW_TP = "raw_tp"
    TRACEPOINT = "tracepoint"


class Hook(NamedTuple):
    """Where a program is attached.

    *target* is the event: ``sched_switch`` for ``tp_btf`` and ``raw_tp``, ``category/name`` for ``tracepoint``.
    *btf_id* is the id of ``btf_trace_<target>`` in the kernel's BTF, for ``tp_btf`` alone.
    """

    kind: HookKind
    target: str
    btf_id: int = 0

    @property
    def program_type(self) -> ProgramType:
        return _PROGRAM_TYPES[self.kind]


_PROGRAM_TYPES = {
    HookKind.TP_BTF: ProgramType.TRACING,
    HookKind.RAW_TP: ProgramType.RAW_TRACEPOINT,
    HookKind.TRACEPOINT: ProgramType.TRACEPOINT,
}


class Relocation(NamedTuple):
    """An ``ld_imm64`` that waits for a map: its file descriptor, or the address of its value at an offset.

    *instruction* is the index of the first of its two slots; *value_offset* is None for the map itself
    (``BPF_PSEUDO_MAP_FD``) and a number of bytes into element 0 for ``BPF_PSEUDO_MAP_VALUE``.
    """

    instruction: int
    map: str
    value_offset: int | None = None


class Line(NamedTuple):
    """From this instruction on, the code stems from this span of the script."""

    instruction: int
    span: Span


class Program(NamedTuple):
    """One BPF program, ready to be loaded once its relocations are filled in.

    *func_info* and *line_info* are what the kernel gets to know of its lines; they point into ``Bundle.btf``.
    """

    name: str
    hook: Hook
    instructions: bytes
    relocations: tuple[Relocation, ...] = ()
    lines: tuple[Line, ...] = ()
    stack_bytes: int = 0
    func_info: bytes = b""
    line_info: bytes = b""

    @property
    def slots(self) -> int:
        """The number of instruction slots; a wide instruction takes two."""
        return len(self.instructions) // 8


class Map(NamedTuple):
    """A map to create. *max_entries* of a ring buffer is its size in bytes; of a perf buffer 0 means one slot a CPU."""

    name: str
    type: MapType
    key_size: int
    value_size: int
    max_entries: int
    flags: int = 0


class Field(NamedTuple):
    """A column of a row: where it lies in the record, and how it is shown.

    *format* is its code in a ``struct`` format (``I``, ``q``, ``16s``), *display* the name of its display type in
    ``tuibpf.lang`` in lower case (``pid``, ``comm``, ``bytes``), which alone decides how every view shows it.
    A *tail* field's record part is two u32, the bytes captured and the bytes there were; what was captured follows
    the fixed part of the record. At most one field of a record is a tail.
    *names* maps values to names for an enumeration (from BTF), *contains* keeps only the rows whose text has that
    string, *quote* asks for every argument in quotes, *limit* is the number of arguments shown.
    """

    name: str
    display: str
    offset: int
    size: int
    format: str
    title: str
    shown: bool = True
    tail: bool = False
    names: tuple[tuple[int, str], ...] = ()
    contains: str | None = None
    quote: bool = False
    limit: int | None = None


class Record(NamedTuple):
    """A fixed layout of fields; *size* in bytes, padding included. Little and big endian alike: native order."""

    fields: tuple[Field, ...]
    size: int

    @property
    def format(self) -> str:
        """The layout as a ``struct`` format in native order without alignment, padding spelt out."""
        parts, at = ["="], 0
        for item in self.fields:
            if item.offset > at:
                parts.append(f"{item.offset - at}x")
            parts.append(item.format)
            at = item.offset + item.size
        if self.size > at:
            parts.append(f"{self.size - at}x")
        return "".join(parts)

    @property
    def tail(self) -> Field | None:
        return next((item for item in self.fields if item.tail), None)


class StreamOutput(NamedTuple):
    """Rows in the order they happen, through the ring (or perf) buffer *map*."""

    name: str
    map: str
    record: Record
    loss: int


class TableOutput(NamedTuple):
    """Rows by key in the hash *map*.

    The map's key is a u64 epoch followed by *key*; the value is *value*. Programs write under the epoch that element
    0 of the globals map holds at ``Bundle.epoch_offset``; a reader moves the epoch on, waits until no program that
    read the old one still runs, then takes the old entries out, so nothing is lost between two frames.
    *sort* names the value fields whose sum orders the rows, largest first; *limit* the rows that a frame keeps; *clear*
    tells whether a terminal is cleared between two frames.
    """

    name: str
    map: str
    key: Record
    value: Record
    loss: int
    sort: tuple[str, ...] = ()
    limit: int | None = None
    clear: bool = True


class HistogramOutput(NamedTuple):
    """A log2 histogram, one or one by key.

    A value is ``slots + 1`` u64: the sum of all that was added, then the count of each slot. Slot 0 counts 0 and 1,
    slot i counts 2**i to 2**(i+1)-1. Without a key the map is a per-CPU array of one element, which only grows;
    with one it is a hash by u64 epoch and *key* as in ``TableOutput``. *unit* is a display type (``microseconds``).
    """

    name: str
    map: str
    unit: str
    slots: int
    key: Record | None
    loss: int


Output = StreamOutput | TableOutput | HistogramOutput


class Bundle(NamedTuple):
    """All that one probe script compiles to.

    The array map *globals* has one element: a u64 epoch at *epoch_offset*, and from *losses_offset* one u64 counter
    for each of *losses*, the reasons for which something could not be counted (``execs: ring buffer full``). *btf*
    describes the programs to the kernel (``tuibpf.btf.debug_info``), if it is not empty.
    """

    name: str
    source: Source
    programs: tuple[Program, ...]
    maps: tuple[Map, ...]
    outputs: tuple[Output, ...]
    globals: str = "globals"
    epoch_offset: int = 0
    losses_offset: int = 8
    losses: tuple[str, ...] = ()
    btf: bytes = b""

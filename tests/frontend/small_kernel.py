"""A kernel small enough to be read, so that errors which list names are the same everywhere."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from tuibpf.btf import Btf, Kind

Named = tuple[tuple[str, int], ...]


class BtfBuilder:
    """Types one after the other, in the form of include/uapi/linux/btf.h; each method returns the id of its type."""

    def __init__(self) -> None:
        self._types = bytearray()
        self._strings = bytearray(b"\0")
        self._count = 0

    def _name(self, text: str) -> int:
        if not text:
            return 0
        at = len(self._strings)
        self._strings += text.encode() + b"\0"
        return at

    def _add(self, kind: Kind, name: str, length: int, size_or_type: int, rest: bytes = b"", flag: bool = False) -> int:
        self._types += struct.pack("=III", self._name(name), length | kind << 24 | flag << 31, size_or_type) + rest
        self._count += 1
        return self._count

    def integer(self, name: str, size: int, signed: bool = False, encoding: int = 0) -> int:
        return self._add(Kind.INT, name, 0, size, struct.pack("=I", (signed | encoding) << 24 | 8 * size))

    def pointer(self, target: int) -> int:
        return self._add(Kind.PTR, "", 0, target)

    def array(self, element: int, count: int, index: int) -> int:
        return self._add(Kind.ARRAY, "", 0, 0, struct.pack("=III", element, index, count))

    def structure(
        self, name: str, size: int, members: tuple[tuple[str, int, int], ...], kind: Kind = Kind.STRUCT
    ) -> int:
        """*members*: name, type, bit offset; a bitfield has its width in the top 8 bits of it."""
        rest = b"".join(struct.pack("=III", self._name(member), type, place) for member, type, place in members)
        return self._add(kind, name, len(members), size, rest, flag=any(place >> 24 for *_, place in members))

    def enumeration(self, name: str, values: Named) -> int:
        rest = b"".join(struct.pack("=Ii", self._name(item), value) for item, value in values)
        return self._add(Kind.ENUM, name, len(values), 4, rest)

    def function(self, name: str, parameters: Named) -> int:
        rest = b"".join(struct.pack("=II", self._name(parameter), type) for parameter, type in parameters)
        prototype = self._add(Kind.FUNC_PROTO, "", len(parameters), 0, rest)
        return self._add(Kind.FUNC, name, 0, prototype)

    def tracepoint(self, name: str, parameters: Named) -> None:
        data = self.pointer(0)
        rest = b"".join(struct.pack("=II", 0, type) for type in (data, *(type for _, type in parameters)))
        prototype = self._add(Kind.FUNC_PROTO, "", len(parameters) + 1, 0, rest)
        self._add(Kind.TYPEDEF, f"btf_trace_{name}", 0, self.pointer(prototype))
        self.function(f"__probestub_{name}", (("__data", data), *parameters))

    def build(self) -> bytes:
        types, strings = bytes(self._types), bytes(self._strings)
        return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings


def _types() -> bytes:
    btf = BtfBuilder()
    int_, unsigned, long_ = btf.integer("int", 4, True), btf.integer("unsigned int", 4), btf.integer("unsigned long", 8)
    char, short, bool_ = btf.integer("char", 1), btf.integer("unsigned short", 2), btf.integer("_Bool", 1, encoding=4)
    name = btf.array(char, 16, unsigned)
    mm = btf.structure("mm_struct", 16, (("arg_start", long_, 0), ("arg_end", long_, 64)))
    mm_pointer = btf.pointer(mm)
    # A structure that points to itself: the pointer is the type right behind it.
    task_pointer = btf._count + 3
    inner = btf.structure("", 8, (("start_time", long_, 0),))
    task = btf.structure("task_struct", 64, (
        ("pid", int_, 0), ("tgid", int_, 32), ("real_parent", task_pointer, 64), ("comm", name, 128),
        ("mm", mm_pointer, 256), ("", inner, 320), ("in_execve", unsigned, 384 | 1 << 24),
        ("state", unsigned, 385 | 3 << 24),
    ))  # fmt: skip
    assert btf.pointer(task) == task_pointer
    disk = btf.structure("gendisk", 40, (("major", int_, 0), ("disk_name", btf.array(char, 32, unsigned), 64)))
    request = btf.structure("request", 32, (
        ("disk", btf.pointer(disk), 0), ("__data_len", unsigned, 64), ("cmd_flags", unsigned, 96),
        ("start_time_ns", long_, 128),
        ("port", short, 192),
    ))  # fmt: skip
    request_pointer = btf.pointer(request)
    btf.enumeration("", (("IPPROTO_TCP", 6), ("IPPROTO_UDP", 17)))
    btf.tracepoint("sched_switch", (
        ("preempt", bool_), ("prev", task_pointer), ("next", task_pointer), ("prev_state", unsigned),
    ))  # fmt: skip
    btf.tracepoint("sched_process_exit", (("p", task_pointer),))
    btf.tracepoint("block_rq_issue", (("rq", request_pointer),))
    btf.tracepoint("block_rq_complete", (("rq", request_pointer), ("error", int_), ("nr_bytes", unsigned)))
    return btf.build()


_OPENAT = """name: sys_enter_openat
ID: 700
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;
\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;
\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;

print fmt: "dfd: 0x%08lx"
"""


ALL_FEATURES = frozenset({"ringbuf", "batch", "raw_tp", "tp_btf", "atomic_fetch", "isa_v4", "stats"})


class SmallKernel:
    """A ``Target``; with all features unless *features* says otherwise."""

    cpus = 4

    def __init__(self, features: frozenset[str] = ALL_FEATURES) -> None:
        self.btf = Btf(_types())
        self.formats: Mapping[str, str] = {"syscalls/sys_enter_openat": _OPENAT, "syscalls/sys_enter_open": _OPENAT}
        self.features = features

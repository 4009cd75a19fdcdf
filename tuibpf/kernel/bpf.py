"""The commands of bpf(2), a function each. Layouts: ``union bpf_attr`` in include/uapi/linux/bpf.h.

Every function raises ``OSError`` with the kernel's errno. Descriptors are plain numbers here; who makes one owns it.
An attribute block is packed as short as its command needs: the kernel reads the missing tail as zeros.
"""

from __future__ import annotations

import errno
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from tuibpf.kernel import syscall as _sys
from tuibpf.kernel.syscall import Buffer, address

__all__ = [
    "AttachType", "Batch", "MapFlag", "MapInfo", "ProgramInfo", "TestRun", "btf_load", "enable_stats", "link_create",
    "map_create", "map_delete", "map_delete_batch", "map_fd_by_id", "map_ids", "map_info", "map_lookup",
    "map_lookup_batch", "map_next_key", "map_update", "object_name", "program_fd_by_id", "program_ids", "program_info",
    "program_instructions", "program_load", "program_test_run", "raw_tracepoint_open",
]  # fmt: skip


class Command(IntEnum):
    """``enum bpf_cmd``."""

    MAP_CREATE = 0
    MAP_LOOKUP_ELEM = 1
    MAP_UPDATE_ELEM = 2
    MAP_DELETE_ELEM = 3
    MAP_GET_NEXT_KEY = 4
    PROG_LOAD = 5
    PROG_TEST_RUN = 10
    PROG_GET_NEXT_ID = 11
    MAP_GET_NEXT_ID = 12
    PROG_GET_FD_BY_ID = 13
    MAP_GET_FD_BY_ID = 14
    OBJ_GET_INFO_BY_FD = 15
    RAW_TRACEPOINT_OPEN = 17
    BTF_LOAD = 18
    MAP_LOOKUP_BATCH = 24
    MAP_DELETE_BATCH = 27
    LINK_CREATE = 28
    ENABLE_STATS = 32


class AttachType(IntEnum):
    """``enum bpf_attach_type``, those in use."""

    NONE = 0
    TRACE_RAW_TP = 23
    PERF_EVENT = 41


class MapFlag(IntEnum):
    """Flags of ``BPF_MAP_CREATE``."""

    NO_PREALLOC = 1 << 0
    MMAPABLE = 1 << 10


class ProgramInfo(NamedTuple):
    """``struct bpf_prog_info``: sizes in bytes, *run_ns* and *runs* counted while statistics are enabled."""

    type: int
    id: int
    tag: str
    jited_bytes: int
    xlated_bytes: int
    name: str
    map_count: int
    run_ns: int
    runs: int
    missed: int
    verified_instructions: int


class MapInfo(NamedTuple):
    """``struct bpf_map_info``, its first part."""

    type: int
    id: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    name: str


class TestRun(NamedTuple):
    """What a test run gave; the kernel leaves *duration_ns* at 0 for raw tracepoint programs."""

    retval: int
    duration_ns: int


class Batch(NamedTuple):
    """One batch of a walk through a map: *count* keys and values, and *next* to go on from (None at the end)."""

    keys: memoryview
    values: memoryview
    count: int
    next: bytes | None


_MAP_CREATE = Struct("=7I16s")
_ELEMENT = Struct("=I4xQQQ")
_BATCH = Struct("=QQQQIIQQ")
_PROG_LOAD = Struct("=IIQQIIQII16sIIIIQIIQIII")
_TEST_RUN = Struct("=IIIIQQIIIIQQIII")
_ID = Struct("=II4x")
_INFO = Struct("=IIQ")
_RAW_TRACEPOINT = Struct("=QI4x")
_BTF_LOAD = Struct("=QQIII")
_LINK_CREATE = Struct("=IIII")
_STATS = Struct("=I")

_PROG_INFO = Struct("=II8sIIQQQIIQ16s112xQQQI4x")
_XLATED = Struct("=20xIQQ24x")
_MAP_INFO = Struct("=IIIIII16s")

_NAME_BYTES = 16
_LOAD_ATTEMPTS = 5
_number = 0


def _bpf(command: Command, attr: bytes | bytearray) -> int:
    global _number
    if not _number:
        _number = _sys.number("bpf")
    return _sys.syscall(_number, command, address(attr), len(attr))


def object_name(name: str) -> bytes:
    """*name* as the kernel takes it: at most 15 of ``[A-Za-z0-9_.]`` (``bpf_obj_name_cpy()``, kernel/bpf/syscall.c)."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_.") else "_" for c in name)
    return kept[: _NAME_BYTES - 1].encode()


def _text(name: bytes) -> str:
    return name.split(b"\0", 1)[0].decode("ascii", "replace")


# Maps


def map_create(
    map_type: int, key_size: int, value_size: int, max_entries: int, flags: int = 0, name: str = "", inner_fd: int = 0
) -> int:
    """A new map's descriptor. *inner_fd* is the pattern of the inner maps of a map of maps."""
    sizes = (map_type, key_size, value_size, max_entries, flags, inner_fd, 0)
    return _bpf(Command.MAP_CREATE, _MAP_CREATE.pack(*sizes, object_name(name)))


def map_lookup(fd: int, key: Buffer, value: bytearray) -> bool:
    """Fill *value*, which has the size that the map's values take here; False if *key* is not in the map."""
    try:
        _bpf(Command.MAP_LOOKUP_ELEM, _ELEMENT.pack(fd, address(key), address(value), 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def map_update(fd: int, key: Buffer, value: Buffer, flags: int = 0) -> None:
    """Set the value of *key*; *flags* 0 sets in any case, 1 only a new key, 2 only one that exists."""
    _bpf(Command.MAP_UPDATE_ELEM, _ELEMENT.pack(fd, address(key), address(value), flags))


def map_delete(fd: int, key: Buffer) -> bool:
    """Take *key* out of the map; False if it was not there."""
    try:
        _bpf(Command.MAP_DELETE_ELEM, _ELEMENT.pack(fd, address(key), 0, 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def map_next_key(fd: int, key: Buffer | None, key_size: int) -> bytes | None:
    """The key after *key*, the first one for None; None at the end. A hash starts over if *key* is gone."""
    following = bytearray(key_size)
    try:
        _bpf(Command.MAP_GET_NEXT_KEY, _ELEMENT.pack(fd, address(key) if key else 0, address(following), 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    return bytes(following)


def map_lookup_batch(fd: int, position: bytes | None, count: int, key_size: int, value_size: int) -> Batch:
    """Up to *count* entries from *position* on (None: from the start). Linux 5.6.

    ``OSError`` ENOSPC: *count* is too small for the next bucket of the hash; ask for more.
    """
    keys, values = bytearray(count * key_size), bytearray(count * value_size)
    following = bytearray(max(4, key_size))
    where = position if position is not None else b""
    attr = bytearray(
        _BATCH.pack(
            address(where) if where else 0, address(following), address(keys), address(values), count, fd, 0, 0
        )
    )
    last = False
    try:
        _bpf(Command.MAP_LOOKUP_BATCH, attr)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        last = True
    got = _BATCH.unpack(attr)[4]
    taken = memoryview(keys)[: got * key_size], memoryview(values)[: got * value_size]
    return Batch(*taken, got, None if last else bytes(following))


def map_delete_batch(fd: int, keys: Buffer, count: int, key_size: int) -> int:
    """Take *count* keys out of the map; the number that were there. Linux 5.6."""
    done = deleted = 0
    view = memoryview(keys)
    while done < count:
        left = view[done * key_size :]
        attr = bytearray(_BATCH.pack(0, 0, address(left), 0, count - done, fd, 0, 0))
        try:
            _bpf(Command.MAP_DELETE_BATCH, attr)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            # The kernel stops at the first key that is gone (an LRU map may have dropped it); go on behind it.
            processed = _BATCH.unpack(attr)[4]
            done, deleted = done + processed + 1, deleted + processed
        else:
            return deleted + count - done
    return deleted


# Programs


def program_load(
    program_type: int,
    instructions: Buffer,
    name: str = "",
    *,
    license: str = "Dual BSD/GPL",
    expected_attach_type: int = 0,
    attach_btf_id: int = 0,
    btf_fd: int = 0,
    func_info: bytes = b"",
    line_info: bytes = b"",
    log: bytearray | None = None,
) -> int:
    """A loaded program's descriptor. With *log* the verifier writes what it thought into it, NUL-terminated.

    *func_info* and *line_info* are arrays of ``struct bpf_func_info`` (8 bytes) and ``struct bpf_line_info`` (16).
    """
    license_text = license.encode() + b"\0"
    attr = _PROG_LOAD.pack(
        program_type, len(instructions) // 8, address(instructions), address(license_text),
        1 if log else 0, len(log) if log else 0, address(log) if log else 0,
        0, 0, object_name(name), 0, expected_attach_type,
        btf_fd, 8 if func_info else 0, address(func_info) if func_info else 0, len(func_info) // 8,
        16 if line_info else 0, address(line_info) if line_info else 0, len(line_info) // 16,
        attach_btf_id, 0,
    )  # fmt: skip
    for _ in range(_LOAD_ATTEMPTS - 1):
        try:
            return _bpf(Command.PROG_LOAD, attr)
        except OSError as error:
            if error.errno != errno.EAGAIN:  # a signal came while the verifier was at work
                raise
    return _bpf(Command.PROG_LOAD, attr)


def btf_load(data: Buffer) -> int:
    """The descriptor of a program's own BTF."""
    return _bpf(Command.BTF_LOAD, _BTF_LOAD.pack(address(data), 0, len(data), 0, 0))


def program_test_run(fd: int, *, context: bytes = b"", data: bytes = b"", repeat: int = 0) -> TestRun:
    """Run a program once: *context* for raw tracepoints (u64 arguments), *data* (a packet) for socket filters."""
    attr = bytearray(
        _TEST_RUN.pack(
            fd, 0, len(data), 0, address(data) if data else 0, 0, repeat, 0,
            len(context), 0, address(context) if context else 0, 0, 0, 0, 0,
        )  # fmt: skip
    )
    _bpf(Command.PROG_TEST_RUN, attr)
    fields = _TEST_RUN.unpack(attr)
    return TestRun(fields[1], fields[7])


def raw_tracepoint_open(program_fd: int, name: str | None = None) -> int:
    """Attach to the raw tracepoint *name*, or, for a BTF-typed program, to the one it was loaded for. Closing detaches."""
    text = name.encode() + b"\0" if name is not None else b""
    return _bpf(Command.RAW_TRACEPOINT_OPEN, _RAW_TRACEPOINT.pack(address(text) if text else 0, program_fd))


def link_create(program_fd: int, target_fd: int, attach_type: int, flags: int = 0) -> int:
    """A link of a program to a target; closing it detaches."""
    return _bpf(Command.LINK_CREATE, _LINK_CREATE.pack(program_fd, target_fd, attach_type, flags))


def enable_stats() -> int:
    """Have the kernel count run time and runs of all programs while the descriptor is open. Linux 5.8."""
    return _bpf(Command.ENABLE_STATS, _STATS.pack(0))


# What there is


def _info(fd: int, block: bytearray) -> None:
    _bpf(Command.OBJ_GET_INFO_BY_FD, _INFO.pack(fd, len(block), address(block)))


def program_info(fd: int) -> ProgramInfo:
    block = bytearray(_PROG_INFO.size)
    _info(fd, block)
    kind, ident, tag, jited, xlated, _, _, _, _, maps, _, name, run_ns, runs, missed, verified = _PROG_INFO.unpack(block)
    return ProgramInfo(kind, ident, tag.hex(), jited, xlated, _text(name), maps, run_ns, runs, missed, verified)


def program_instructions(fd: int) -> bytes:
    """The instructions as the verifier left them (``bpftool prog dump xlated``); needs CAP_SYS_ADMIN or CAP_PERFMON."""
    code = bytearray(program_info(fd).xlated_bytes)
    block = bytearray(_XLATED.pack(len(code), 0, address(code)))
    _info(fd, block)
    return bytes(code)


def map_info(fd: int) -> MapInfo:
    block = bytearray(_MAP_INFO.size)
    _info(fd, block)
    *numbers, name = _MAP_INFO.unpack(block)
    return MapInfo(*numbers, _text(name))


def _ids(command: Command) -> list[int]:
    found: list[int] = []
    attr = bytearray(_ID.pack(0, 0))
    while True:
        try:
            _bpf(command, attr)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return found
            raise
        found.append(_ID.unpack(attr)[1])
        _ID.pack_into(attr, 0, found[-1], 0)


def program_ids() -> list[int]:
    """The ids of all programs in the kernel, ascending; needs CAP_SYS_ADMIN."""
    return _ids(Command.PROG_GET_NEXT_ID)


def map_ids() -> list[int]:
    """The ids of all maps in the kernel, ascending; needs CAP_SYS_ADMIN."""
    return _ids(Command.MAP_GET_NEXT_ID)


def program_fd_by_id(ident: int) -> int:
    return _bpf(Command.PROG_GET_FD_BY_ID, _ID.pack(ident, 0))


def map_fd_by_id(ident: int) -> int:
    return _bpf(Command.MAP_GET_FD_BY_ID, _ID.pack(ident, 0))

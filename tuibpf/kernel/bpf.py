"""The commands of bpf(2), a function each. Layouts: ``union bpf_attr`` in include/uapi/linux/bpf.h.

Every function raises ``OSError`` with the kernel's errno. Descriptors are plain numbers here; who makes one owns it.
An attribute block is packed as short as its command needs: the kernel reads the missing tail as zeros.
"""

import errno
from struct import Struct
from typing import NamedTuple

from tuibpf.kernel import syscall as _sys
from tuibpf.kernel.syscall import Buffer, address

__all__ = [
    "MMAPABLE", "NO_PREALLOC", "PERF_EVENT", "TRACE_RAW_TP", "Batch", "TestRun", "btf_load", "call", "enable_stats",
    "link_create", "map_create", "map_delete", "map_delete_batch", "map_lookup", "map_lookup_batch", "map_next_key",
    "map_update", "object_name", "program_load", "program_test_run", "raw_tracepoint_open",
]  # fmt: skip


# enum bpf_cmd. Plain numbers, here and below: each IntEnum would cost 0.1 ms of the launch.
_MAP_CREATE = 0
_MAP_LOOKUP = 1
_MAP_UPDATE = 2
_MAP_DELETE = 3
_MAP_NEXT_KEY = 4
_PROGRAM_LOAD = 5
_PROGRAM_TEST_RUN = 10
_RAW_TRACEPOINT_OPEN = 17
_BTF_LOAD = 18
_MAP_LOOKUP_BATCH = 24
_MAP_DELETE_BATCH = 27
_LINK_CREATE = 28
_ENABLE_STATS = 32

# enum bpf_attach_type
TRACE_RAW_TP = 23
PERF_EVENT = 41

# flags of BPF_MAP_CREATE
NO_PREALLOC = 1 << 0
MMAPABLE = 1 << 10


class TestRun(NamedTuple):
    """What a test run gave; the kernel leaves *duration_ns* at 0 for raw tracepoint programs."""

    retval: int
    duration_ns: int


class Batch(NamedTuple):
    """One batch of a walk through a map: *count* keys and values, and *next* to go on from (None at the end)."""

    keys: memoryview
    values: memoryview
    count: int  # type: ignore[assignment]  # a tuple can count its items; nobody asks these to
    next: bytes | None


_MAP_CREATE_ATTR = Struct("=7I16s")
_ELEMENT_ATTR = Struct("=I4xQQQ")
_BATCH_ATTR = Struct("=QQQQIIQQ")
_PROG_LOAD_ATTR = Struct("=IIQQIIQII16sIIIIQIIQIII")
_TEST_RUN_ATTR = Struct("=IIIIQQIIIIQQIII")
_RAW_TRACEPOINT_ATTR = Struct("=QI4x")
_BTF_LOAD_ATTR = Struct("=QQIII")
_LINK_CREATE_ATTR = Struct("=IIII")
_STATS_ATTR = Struct("=I")

_NAME_BYTES = 16
_LOAD_ATTEMPTS = 5
_LICENSE = b"Dual BSD/GPL\0"  # of every program, which opens the kernel's GPL-only helpers to it
_number = 0


def call(command: int, attr: bytes | bytearray) -> int:
    """bpf(2) itself; the kernel may write its answers into *attr*."""
    global _number
    if not _number:
        _number = _sys.number("bpf")
    return _sys.syscall(_number, command, address(attr), len(attr))


def object_name(name: str) -> bytes:
    """*name* as the kernel takes it: at most 15 of ``[A-Za-z0-9_.]`` (``bpf_obj_name_cpy()``, kernel/bpf/syscall.c)."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_.") else "_" for c in name)
    return kept[: _NAME_BYTES - 1].encode()


def _charged(command: int, attr: bytes) -> int:
    """A command whose memory counts, before Linux 5.11, against RLIMIT_MEMLOCK: its usual 64 KiB are soon used up."""
    try:
        return call(command, attr)
    except OSError as error:
        if error.errno != errno.EPERM or not _lift_memory_limit():
            raise
    return call(command, attr)


def _lift_memory_limit() -> bool:
    import resource

    limit, infinity = resource.RLIMIT_MEMLOCK, resource.RLIM_INFINITY
    try:
        if resource.getrlimit(limit) == (infinity, infinity):
            return False
        resource.setrlimit(limit, (infinity, infinity))
    except (OSError, ValueError):
        return False
    return True


# Maps


def map_create(
    map_type: int, key_size: int, value_size: int, max_entries: int, flags: int = 0, name: str = "", inner_fd: int = 0
) -> int:
    """A new map's descriptor. *inner_fd* is the pattern of the inner maps of a map of maps."""
    sizes = (map_type, key_size, value_size, max_entries, flags, inner_fd, 0)
    return _charged(_MAP_CREATE, _MAP_CREATE_ATTR.pack(*sizes, object_name(name)))


def map_lookup(fd: int, key: Buffer, value: bytearray) -> bool:
    """Fill *value*, which has the size that the map's values take here; False if *key* is not in the map."""
    try:
        call(_MAP_LOOKUP, _ELEMENT_ATTR.pack(fd, address(key), address(value), 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def map_update(fd: int, key: Buffer, value: Buffer, flags: int = 0) -> None:
    """Set the value of *key*; *flags* 0 sets in any case, 1 only a new key, 2 only one that exists."""
    call(_MAP_UPDATE, _ELEMENT_ATTR.pack(fd, address(key), address(value), flags))


def map_delete(fd: int, key: Buffer) -> bool:
    """Take *key* out of the map; False if it was not there."""
    try:
        call(_MAP_DELETE, _ELEMENT_ATTR.pack(fd, address(key), 0, 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def map_next_key(fd: int, key: Buffer | None, key_size: int) -> bytes | None:
    """The key after *key*, the first one for None; None at the end. A hash starts over if *key* is gone."""
    following = bytearray(key_size)
    try:
        call(_MAP_NEXT_KEY, _ELEMENT_ATTR.pack(fd, address(key) if key else 0, address(following), 0))
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
        _BATCH_ATTR.pack(
            address(where) if where else 0, address(following), address(keys), address(values), count, fd, 0, 0
        )
    )
    last = False
    try:
        call(_MAP_LOOKUP_BATCH, attr)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        last = True
    got = _BATCH_ATTR.unpack(attr)[4]
    taken = memoryview(keys)[: got * key_size], memoryview(values)[: got * value_size]
    return Batch(*taken, got, None if last else bytes(following))


def map_delete_batch(fd: int, keys: Buffer, count: int, key_size: int) -> int:
    """Take *count* keys out of the map; the number that were there. Linux 5.6."""
    done = deleted = 0
    view = memoryview(keys)
    while done < count:
        left = view[done * key_size :]
        attr = bytearray(_BATCH_ATTR.pack(0, 0, address(left), 0, count - done, fd, 0, 0))
        try:
            call(_MAP_DELETE_BATCH, attr)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            # The kernel stops at the first key that is gone (an LRU map may have dropped it); go on behind it.
            processed = _BATCH_ATTR.unpack(attr)[4]
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
    attr = _PROG_LOAD_ATTR.pack(
        program_type, len(instructions) // 8, address(instructions), address(_LICENSE),
        1 if log else 0, len(log) if log else 0, address(log) if log else 0,
        0, 0, object_name(name), 0, expected_attach_type,
        btf_fd, 8 if func_info else 0, address(func_info) if func_info else 0, len(func_info) // 8,
        16 if line_info else 0, address(line_info) if line_info else 0, len(line_info) // 16,
        attach_btf_id, 0,
    )  # fmt: skip
    for _ in range(_LOAD_ATTEMPTS - 1):
        try:
            return _charged(_PROGRAM_LOAD, attr)
        except OSError as error:
            if error.errno != errno.EAGAIN:  # a signal came while the verifier was at work
                raise
    return _charged(_PROGRAM_LOAD, attr)


def btf_load(data: Buffer) -> int:
    """The descriptor of a program's own BTF."""
    return _charged(_BTF_LOAD, _BTF_LOAD_ATTR.pack(address(data), 0, len(data), 0, 0))


def program_test_run(fd: int, *, context: bytes = b"", data: bytes = b"", repeat: int = 0) -> TestRun:
    """Run a program once: *context* for raw tracepoints (u64 arguments), *data* (a packet) for socket filters."""
    data_at, context_at = address(data) if data else 0, address(context) if context else 0
    sizes = fd, 0, len(data), 0, data_at, 0, repeat, 0, len(context), 0, context_at, 0, 0, 0, 0
    attr = bytearray(_TEST_RUN_ATTR.pack(*sizes))
    call(_PROGRAM_TEST_RUN, attr)
    fields = _TEST_RUN_ATTR.unpack(attr)
    return TestRun(fields[1], fields[7])


def raw_tracepoint_open(program_fd: int, name: str | None = None) -> int:
    """Attach to the raw tracepoint *name*, or to the one that a BTF-typed program was loaded for; closing detaches."""
    text = name.encode() + b"\0" if name is not None else b""
    return call(_RAW_TRACEPOINT_OPEN, _RAW_TRACEPOINT_ATTR.pack(address(text) if text else 0, program_fd))


def link_create(program_fd: int, target_fd: int, attach_type: int, flags: int = 0) -> int:
    """A link of a program to a target; closing it detaches."""
    return call(_LINK_CREATE, _LINK_CREATE_ATTR.pack(program_fd, target_fd, attach_type, flags))


def enable_stats() -> int:
    """Have the kernel count run time and runs of all programs while the descriptor is open. Linux 5.8."""
    return call(_ENABLE_STATS, _STATS_ATTR.pack(0))

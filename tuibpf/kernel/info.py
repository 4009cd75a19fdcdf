"""What the kernel tells of its programs and maps: ``struct bpf_prog_info``, ``struct bpf_map_info``, and their ids.

Layouts: include/uapi/linux/bpf.h. A kernel that knows less leaves the rest zero; what one knows
beyond them is not asked for.
"""

import errno
from struct import Struct
from typing import NamedTuple

from tuibpf.kernel.bpf import call
from tuibpf.kernel.syscall import address

__all__ = [
    "LinkInfo", "MapInfo", "ProgramInfo", "link_fd_by_id", "link_ids", "link_info", "map_fd_by_id", "map_ids",
    "map_info", "program_fd_by_id", "program_ids", "program_info", "program_instructions",
]  # fmt: skip

# enum bpf_cmd
_PROGRAM_NEXT_ID = 11
_MAP_NEXT_ID = 12
_PROGRAM_FD_BY_ID = 13
_MAP_FD_BY_ID = 14
_INFO_BY_FD = 15
_LINK_FD_BY_ID = 30
_LINK_NEXT_ID = 31

_ID_ATTR = Struct("=II4x")
_INFO_ATTR = Struct("=IIQ")
_PROG_INFO = Struct("=II8sII28xI8x16s112xQQQI4x")
_XLATED = Struct("=20xI8xQ24x")
_MAP_INFO = Struct("=IIIIII16s")
_LINK_INFO = Struct("=III")


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


class LinkInfo(NamedTuple):
    """``struct bpf_link_info``, its first part."""

    type: int
    id: int
    program_id: int


def _text(name: bytes) -> str:
    return name.split(b"\0", 1)[0].decode("ascii", "replace")


def _info(fd: int, block: bytearray) -> None:
    call(_INFO_BY_FD, _INFO_ATTR.pack(fd, len(block), address(block)))


def program_info(fd: int) -> ProgramInfo:
    block = bytearray(_PROG_INFO.size)
    _info(fd, block)
    kind, ident, tag, jited, xlated, maps, name, *counted = _PROG_INFO.unpack(block)
    return ProgramInfo(kind, ident, tag.hex(), jited, xlated, _text(name), maps, *counted)


def program_instructions(fd: int) -> bytes:
    """The instructions as the verifier left them (``bpftool prog dump xlated``); needs CAP_SYS_ADMIN or CAP_PERFMON."""
    code = bytearray(program_info(fd).xlated_bytes)
    block = bytearray(_XLATED.pack(len(code), address(code)))
    _info(fd, block)
    return bytes(code)


def map_info(fd: int) -> MapInfo:
    block = bytearray(_MAP_INFO.size)
    _info(fd, block)
    kind, ident, key_size, value_size, entries, flags, name = _MAP_INFO.unpack(block)
    return MapInfo(kind, ident, key_size, value_size, entries, flags, _text(name))


def link_info(fd: int) -> LinkInfo:
    block = bytearray(_LINK_INFO.size)
    _info(fd, block)
    return LinkInfo(*_LINK_INFO.unpack(block))


def _ids(command: int) -> list[int]:
    found: list[int] = []
    attr = bytearray(_ID_ATTR.pack(0, 0))
    while True:
        try:
            call(command, attr)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return found
            raise
        found.append(_ID_ATTR.unpack(attr)[1])
        _ID_ATTR.pack_into(attr, 0, found[-1], 0)


def program_ids() -> list[int]:
    """The ids of all programs in the kernel, ascending; needs CAP_SYS_ADMIN."""
    return _ids(_PROGRAM_NEXT_ID)


def map_ids() -> list[int]:
    """The ids of all maps in the kernel, ascending; needs CAP_SYS_ADMIN."""
    return _ids(_MAP_NEXT_ID)


def program_fd_by_id(ident: int) -> int:
    return call(_PROGRAM_FD_BY_ID, _ID_ATTR.pack(ident, 0))


def map_fd_by_id(ident: int) -> int:
    return call(_MAP_FD_BY_ID, _ID_ATTR.pack(ident, 0))


def link_ids() -> list[int]:
    """The ids of all links in the kernel, ascending; needs CAP_SYS_ADMIN. Linux 5.8."""
    return _ids(_LINK_NEXT_ID)


def link_fd_by_id(ident: int) -> int:
    return call(_LINK_FD_BY_ID, _ID_ATTR.pack(ident, 0))

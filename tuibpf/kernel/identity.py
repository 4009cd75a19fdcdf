"""Which kernel it is that runs: what was made for another one must never be taken for it."""

from __future__ import annotations

import os
from struct import Struct

__all__ = ["BTF_FILE", "identity"]

#: Where the kernel tells its types. It has no size of its own on disk: what stat tells is the size of the types.
BTF_FILE = "/sys/kernel/btf/vmlinux"

_NOTES = "/sys/kernel/notes"
_NOTE = Struct("=III")
_NOTE_BUILD_ID = 3  # NT_GNU_BUILD_ID, include/uapi/linux/elf.h


def identity(btf_bytes: int) -> bytes:
    """What tells this kernel from every other one: release, version, machine, the size of its BTF and its build id."""
    system = os.uname()
    words = system.release, system.version, system.machine, str(btf_bytes), _build_id().hex()
    return "\n".join(words).encode("utf-8", "surrogateescape")


def _build_id() -> bytes:
    """The build id among the notes of the kernel's image. Other notes there may hold addresses, new with each boot."""
    try:
        with open(_NOTES, "rb") as file:
            notes = file.read()
    except OSError:
        return b""
    at = 0
    while at + _NOTE.size <= len(notes):
        name_bytes, content_bytes, kind = _NOTE.unpack_from(notes, at)
        name = at + _NOTE.size
        content = name + (name_bytes + 3) // 4 * 4
        if kind == _NOTE_BUILD_ID and notes[name : name + name_bytes] == b"GNU\0":
            return notes[content : content + content_bytes]
        at = content + (content_bytes + 3) // 4 * 4
    return b""

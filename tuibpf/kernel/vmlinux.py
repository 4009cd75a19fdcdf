"""The types of the running kernel, and the index over them, from a private copy that is mapped and not read.

Reading /sys/kernel/btf/vmlinux costs 5 to 27 ms, it can not be mapped before Linux 6.16, and its index takes 0.15 s
to build. So the first launch on a kernel writes both into one file of a cache folder, and later ones map that file::

    ┌────────┬──────────────────┬───────────────┬──────────────┬──────────┬───────────┐
    │ magic  │ bytes of identity│ bytes of BTF  │ bytes of     │ identity │ BTF       │ index
    │ 8s     │ u32, 4 unused    │ u64           │ index u64    │          │ (aligned) │ (aligned)
    └────────┴──────────────────┴───────────────┴──────────────┴──────────┴───────────┘

The identity is the kernel's, and is compared in full; ``tuibpf.kernel.trusted_files`` tells which files are believed.
Where anything is wrong the kernel's own file is read and the copy is written anew.
"""

from __future__ import annotations

import mmap
import os
from struct import Struct
from struct import error as StructError  # noqa: N812 (a class)

from tuibpf.btf import Btf, BtfError, Index
from tuibpf.diagnostics import NotSupported
from tuibpf.kernel.identity import BTF_FILE, identity
from tuibpf.kernel.trusted_files import cache_folders, keep_newest, open_file, open_folder, write_file

__all__ = ["load_btf"]

_WHAT = "the kernel's types (BTF)"

_HEADER = Struct("=8sI4xQQ")
_MAGIC = b"tuibtf\x01\n"
_ALIGNMENT = 64
_PREFIX = "btf-"
_KEPT = 4  # kernels, of a folder that several machines share or of one that boots now this, now that


def load_btf(path: str = BTF_FILE, folders: tuple[str, ...] | None = None) -> Btf:
    """The types of the running kernel. Needs no privileges, and a cache that it can not use or write it does without.

    *path* is the kernel's file and *folders* the cache's, best first. ``NotSupported`` if the kernel tells no types.
    """
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise _without_types(error) from error
    known = identity(size)
    places = cache_folders() if folders is None else folders
    name = _PREFIX + "".join(c if c.isalnum() or c in "-_.+" else "_" for c in os.uname().release)
    for folder in places:
        found = _from_cache(folder, name, known)
        if found is not None:
            return found
    try:
        with open(path, "rb") as file:
            data = file.read()
        index = Index.build(data)
        btf = Btf(data, index)
    except OSError as error:
        raise _without_types(error) from error
    except BtfError as error:
        raise NotSupported(_WHAT, f"{path} can not be understood: {error}") from error
    _write_somewhere(places, name, known, data, index.to_bytes())
    return btf


def _without_types(error: OSError) -> NotSupported:
    if isinstance(error, FileNotFoundError):
        reason = f"{BTF_FILE} is not there: the kernel was built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted"
        return NotSupported(_WHAT, reason, "run a kernel that has it: most distributions' since 5.10")
    return NotSupported(_WHAT, f"{BTF_FILE} can not be read: {error.strerror}")


def _aligned(offset: int) -> int:
    return (offset + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT


def _from_cache(folder: str, name: str, known: bytes) -> Btf | None:
    """The types in the copy *name*, if there is one in *folder* that is trusted, whole and of this kernel."""
    place = open_folder(folder)
    if place is None:
        return None
    file = open_file(name, place)
    if file is None:
        return None
    try:
        memory = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
        magic, identity_bytes, data_bytes, index_bytes = _HEADER.unpack_from(memory)
        data_at = _aligned(_HEADER.size + identity_bytes)
        index_at = _aligned(data_at + data_bytes)
        told = memory[_HEADER.size : _HEADER.size + identity_bytes]
        if magic != _MAGIC or told != known or len(memory) != index_at + index_bytes:
            return None
        view = memoryview(memory)
        index = Index.from_bytes(view[index_at : index_at + index_bytes])
        return Btf(view[data_at : data_at + data_bytes], index)  # which keeps the mapping alive
    except (OSError, ValueError, StructError, BtfError):
        return None


def _write_somewhere(folders: tuple[str, ...], name: str, known: bytes, data: bytes, index: bytes) -> None:
    """Write the copy to the first of *folders* that takes it. None does on a read-only system, which is no error."""
    data_at = _aligned(_HEADER.size + len(known))
    index_at = _aligned(data_at + len(data))
    header = (_HEADER.pack(_MAGIC, len(known), len(data), len(index)) + known).ljust(data_at, b"\0")
    parts = header, data, bytes(index_at - data_at - len(data)), index
    for folder in folders:
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            place = open_folder(folder)
            if place is not None:
                # What is in it, everybody may read in /sys.
                write_file(name, place, parts, mode=0o644, durable=True)
                keep_newest(_KEPT, place, _PREFIX)
                return
        except OSError:
            continue

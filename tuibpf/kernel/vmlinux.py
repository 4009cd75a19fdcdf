"""The types of the running kernel, and the index over them, from a private copy that is mapped and not read.

Reading /sys/kernel/btf/vmlinux costs 5 to 27 ms, it can not be mapped before Linux 6.16, and its index takes 0.15 s
to build. So the first launch on a kernel writes both into one file of a cache folder, and later ones map that file::

    ┌────────┬──────────────────┬───────────────┬──────────────┬──────────┬───────────┐
    │ magic  │ bytes of identity│ bytes of BTF  │ bytes of     │ identity │ BTF       │ index
    │ 8s     │ u32, 4 unused    │ u64           │ index u64    │          │ (aligned) │ (aligned)
    └────────┴──────────────────┴───────────────┴──────────────┴──────────┴───────────┘

The identity is the kernel's, and is compared in full. A file is used only if it and its folder belong to root or to
this user and nobody else can write there. Its time of modification is set to a fixed one as a seal: whatever writes to
the file later breaks the seal. Where anything is wrong the kernel's own file is read and the copy is written anew.
"""

from __future__ import annotations

import mmap
import os
import stat
from struct import Struct
from struct import error as StructError  # noqa: N812 (a class)

from tuibpf.btf import Btf, BtfError, Index
from tuibpf.diagnostics import NotSupported
from tuibpf.kernel.descriptor import Descriptor

__all__ = ["CACHE_VARIABLE", "cache_folders", "identity", "load_btf"]

#: Names another cache folder; empty, there is none.
CACHE_VARIABLE = "TUIBPF_CACHE"

_BTF = "/sys/kernel/btf/vmlinux"
_NOTES = "/sys/kernel/notes"
_WHAT = "the kernel's types (BTF)"
_SYSTEM_CACHE, _SYSTEM_FALLBACK = "/var/cache/tuibpf", "/run/tuibpf"

_HEADER = Struct("=8sI4xQQ")
_MAGIC = b"tuibtf\x01\n"
_ALIGNMENT = 64
_PREFIX = "btf-"
_SEAL_NS = 1_000_000_000 * 60 * 60 * 24 * 365  # a year after the epoch, when nobody wrote files
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_KEPT = 4  # kernels, of a folder that several machines share or of one that boots now this, now that
_NOTE = Struct("=III")
_NOTE_BUILD_ID = 3  # NT_GNU_BUILD_ID, include/uapi/linux/elf.h


def load_btf(path: str = _BTF, folders: tuple[str, ...] | None = None) -> Btf:
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


def identity(btf_bytes: int) -> bytes:
    """What tells this kernel from every other one: release, version, machine, the size of its BTF and its build id."""
    system = os.uname()
    words = system.release, system.version, system.machine, str(btf_bytes), _build_id().hex()
    return "\n".join(words).encode("utf-8", "surrogateescape")


def cache_folders() -> tuple[str, ...]:
    """Where copies may lie, best first. A user without privileges also profits from the copy that root made."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen is not None:
        return (chosen,) if chosen else ()
    if os.geteuid() == 0:
        return _SYSTEM_CACHE, _SYSTEM_FALLBACK
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):  # as the XDG base directory specification asks
        base = os.path.join(os.path.expanduser("~"), ".cache")
    own = (os.path.join(base, "tuibpf"),) if base.startswith("/") else ()
    return _SYSTEM_CACHE, _SYSTEM_FALLBACK, *own


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


def _without_types(error: OSError) -> NotSupported:
    if isinstance(error, FileNotFoundError):
        reason = f"{_BTF} does not exist: the kernel was built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted"
        return NotSupported(_WHAT, reason, "run a kernel that has it: most distributions' since 5.10")
    return NotSupported(_WHAT, f"{_BTF} can not be read: {error.strerror}")


def _trusted(status: os.stat_result) -> bool:
    """Whether only root and this user could have put it there."""
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _aligned(offset: int) -> int:
    return (offset + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT


def _open_folder(folder: str) -> Descriptor | None:
    """The folder, if it is there and trusted. Not through a symbolic link, which may lead anywhere."""
    try:
        opened = Descriptor(os.open(folder, _READ | os.O_DIRECTORY))
    except OSError:
        return None
    return opened if _trusted(os.fstat(opened.fileno())) else None


def _from_cache(folder: str, name: str, known: bytes) -> Btf | None:
    """The types in the copy *name*, if there is one in *folder* that is trusted, whole and of this kernel."""
    place = _open_folder(folder)
    if place is None:
        return None
    try:
        file = Descriptor(os.open(name, _READ | os.O_NONBLOCK, dir_fd=place.fileno()))
        status = os.fstat(file.fileno())
        if not (stat.S_ISREG(status.st_mode) and _trusted(status) and status.st_mtime_ns == _SEAL_NS):
            return None
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
    finally:
        place.close()


def _write_somewhere(folders: tuple[str, ...], name: str, known: bytes, data: bytes, index: bytes) -> None:
    """Write the copy to the first of *folders* that takes it. None does on a read-only system, which is no error."""
    data_at = _aligned(_HEADER.size + len(known))
    index_at = _aligned(data_at + len(data))
    header = (_HEADER.pack(_MAGIC, len(known), len(data), len(index)) + known).ljust(data_at, b"\0")
    parts = header, data, bytes(index_at - data_at - len(data)), index
    for folder in folders:
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            place = _open_folder(folder)
            if place is not None:
                _write(place.fileno(), name, parts)
                _tidy(place.fileno())
                return
        except OSError:
            continue


def _write(folder_fd: int, name: str, parts: tuple[bytes, ...]) -> None:
    """Write beside the final name, and take that name only when all is on the disk: no reader sees half a file."""
    temporary = f".{name}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, 0o644, dir_fd=folder_fd), "wb", buffering=0) as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask says; what is in it, everybody may read in /sys
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[file.write(view) or 0 :]
            os.utime(file.fileno(), ns=(_SEAL_NS, _SEAL_NS))
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    except OSError:
        _remove(folder_fd, temporary)
        raise


def _tidy(folder_fd: int) -> None:
    """Keep the copies of the last few kernels, and no unfinished ones of processes that were killed."""
    with os.scandir(folder_fd) as entries:
        ours = [entry for entry in entries if entry.name.startswith((_PREFIX, "." + _PREFIX))]
        dated = sorted((entry.stat(follow_symlinks=False).st_ctime_ns, entry.name) for entry in ours)
    for _, name in dated[:-_KEPT]:
        _remove(folder_fd, name)


def _remove(folder_fd: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder_fd)
    except OSError:
        return  # another process was faster, or may and this one may not

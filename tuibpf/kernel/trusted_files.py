"""Files that a launch keeps for later ones, and which of them may be believed.

A file is believed only if it and its folder belong to root or to this user, and nobody else can write there. Its time
of modification is set to a fixed one as a seal: whatever writes to the file later breaks the seal. It is written beside
its name and takes that name when it is whole. A file that is wrong is as good as none, and no error.
"""

from __future__ import annotations

import os
import stat

from tuibpf.kernel.descriptor import Descriptor

__all__ = ["CACHE_VARIABLE", "cache_folders", "keep_newest", "open_file", "open_folder", "write_file"]

#: Names another cache folder; empty, there is none.
CACHE_VARIABLE = "TUIBPF_CACHE"

_SYSTEM_CACHE, _SYSTEM_FALLBACK = "/var/cache/tuibpf", "/run/tuibpf"
_SEAL_NS = 1_000_000_000 * 60 * 60 * 24 * 365  # a year after the epoch, when nobody wrote files
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


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


def open_folder(path: str, inside: Descriptor | None = None) -> Descriptor | None:
    """The folder, if it is there and trusted. Not through a symbolic link, which may lead anywhere."""
    try:
        opened = Descriptor(os.open(path, _READ | os.O_DIRECTORY, dir_fd=inside.fileno() if inside else None))
    except OSError:
        return None
    return opened if _trusted(os.fstat(opened.fileno())) else None


def open_file(name: str, folder: Descriptor) -> Descriptor | None:
    """The file *name* of a trusted *folder*, if it is there, trusted too, and its seal unbroken."""
    try:
        opened = Descriptor(os.open(name, _READ | os.O_NONBLOCK, dir_fd=folder.fileno()))
    except OSError:
        return None
    status = os.fstat(opened.fileno())
    believed = stat.S_ISREG(status.st_mode) and _trusted(status) and status.st_mtime_ns == _SEAL_NS
    return opened if believed else None


def write_file(name: str, folder: Descriptor, parts: tuple[bytes, ...], *, mode: int, durable: bool) -> None:
    """Write *parts* under *name* and seal them. Raises OSError, and then nothing is left of it.

    *durable* waits for the disk, for whom could not tell a file that a power failure has spoilt.
    """
    temporary = f".{name}.{os.getpid()}"
    try:
        with open(os.open(temporary, _WRITE, mode, dir_fd=folder.fileno()), "wb", buffering=0) as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[file.write(view) or 0 :]
            os.utime(file.fileno(), ns=(_SEAL_NS, _SEAL_NS))
            if durable:
                os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=folder.fileno(), dst_dir_fd=folder.fileno())
    except OSError:
        _remove(temporary, folder)
        raise


def keep_newest(count: int, folder: Descriptor, prefix: str = "") -> None:
    """Remove all but the *count* files written last of those called *prefix*…, unfinished ones among them."""
    names = [name for name in os.listdir(folder.fileno()) if name.startswith((prefix, "." + prefix))]
    if len(names) <= count:
        return
    names.sort(key=lambda name: _written_ns(name, folder))
    for name in names[:-count]:
        _remove(name, folder)


def _trusted(status: os.stat_result) -> bool:
    """Whether only root and this user could have put it there."""
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _written_ns(name: str, folder: Descriptor) -> int:
    try:
        return os.stat(name, dir_fd=folder.fileno(), follow_symlinks=False).st_ctime_ns
    except OSError:
        return 0  # another process has just removed it


def _remove(name: str, folder: Descriptor) -> None:
    try:
        os.unlink(name, dir_fd=folder.fileno())
    except OSError:
        return  # another process was faster, or may and this one may not

"""What earlier launches found out, on disk: bytes under a key, in files that only this user can read or write::

    ┌────────┬──────────────┬──────────────────┬──────────┬─────┬─────────┐
    │ magic  │ bytes of key │ bytes of content │ checksum │ key │ content │
    │ 8s     │ u32          │ u32              │ 16s      │     │         │
    └────────┴──────────────┴──────────────────┴──────────┴─────┴─────────┘

A file is called by a digest of its key, and the key in it is compared in full, so that two keys of one digest cost a
compilation and nothing else. ``tuibpf.kernel.trusted_files`` tells which files are believed; the checksum is there for
what a power failure or a bad disk did to them, and saves waiting for the disk.
"""

from __future__ import annotations

import os
from struct import Struct

from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.trusted_files import cache_folders, keep_newest, open_file, open_folder, write_file

__all__ = ["fetch", "keep"]

_FOLDER = "launches"
_HEADER = Struct("=8sII16s")
_MAGIC = b"tuilch\x01\n"
# Together 32 MiB. A tool takes two files of some 12 KiB, and one more for each set of option values.
_MOST_FILES = 256
_MOST_BYTES = 1 << 17
# The largest prime of 128 bits. As a digest a remainder needs no import; hashlib's is 4 ms. An enemy could make two
# keys of one digest, but he gains nothing from it, and whoever can write these files needs no such trick.
_PRIME = (1 << 128) - 159


def fetch(key: bytes) -> bytes | None:
    """What was kept under *key*; None if there is nothing that can be believed."""
    name = _digest(key).hex()
    for path in cache_folders():
        folder = _open(path)
        file = open_file(name, folder) if folder else None
        content = _content(file, key) if file else None
        if content is not None:
            return content
    return None


def keep(key: bytes, content: bytes) -> None:
    """Keep *content* under *key* in the first folder that takes it. That none does is no error, nor is any other."""
    if _HEADER.size + len(key) + len(content) > _MOST_BYTES:
        return
    header = _HEADER.pack(_MAGIC, len(key), len(content), _digest(content))
    for path in cache_folders():
        try:
            folder = _open(path) or _make(path)
            if folder is not None:
                # Scripts and the values of options are nobody else's business.
                write_file(_digest(key).hex(), folder, (header + key + content,), mode=0o600, durable=False)
                keep_newest(_MOST_FILES, folder)
                return
        except OSError:
            continue


def _digest(data: bytes) -> bytes:
    return (int.from_bytes(data, "little") % _PRIME).to_bytes(16, "little")


def _open(path: str) -> Descriptor | None:
    place = open_folder(path)
    return open_folder(_FOLDER, place) if place else None


def _make(path: str) -> Descriptor | None:
    os.makedirs(path, mode=0o755, exist_ok=True)
    place = open_folder(path)
    if place is None:
        return None
    os.mkdir(_FOLDER, mode=0o700, dir_fd=place.fileno())
    return open_folder(_FOLDER, place)


def _content(file: Descriptor, key: bytes) -> bytes | None:
    """What is in *file*, if it is whole and was kept under *key*."""
    try:
        data = os.read(file.fileno(), _MOST_BYTES + 1)
    except OSError:  # a bad disk
        return None
    if len(data) < _HEADER.size:
        return None
    magic, key_bytes, content_bytes, checksum = _HEADER.unpack_from(data)
    start = _HEADER.size + key_bytes
    if magic != _MAGIC or len(data) != start + content_bytes or data[_HEADER.size : start] != key:
        return None
    content = data[start:]
    return content if _digest(content) == checksum else None

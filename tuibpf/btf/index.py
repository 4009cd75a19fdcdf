"""Where each type begins, and which ids a name has: what a walk over all of BTF finds out, kept for the next launch.

An index is one block of u32 in the machine's byte order, laid out to be used from a mapped file without reading it::

    header | offsets | type starts | type ids | enumerator starts | enumerator ids

*offsets* has, by id, the word of the type section where the record begins. The rest are two hash tables: a name's
hash picks a bucket, and ``ids[starts[bucket] : starts[bucket + 1]]`` are the ids in it, in ascending order. An
enumerator stands for the enumeration it belongs to. The names themselves stay in the BTF and are compared there.
"""

import struct
from array import array
from itertools import accumulate

from tuibpf.btf.kinds import BtfError, Kind
from tuibpf.btf.sections import ELEMENT_WORDS, FIXED_WORDS, LONGEST_NAME, Sections

__all__ = ["Index"]

_MAGIC = 0x49464254
_VERSION = 1
_HEADER = struct.Struct("=8I")  # magic, version, bytes of BTF, then the length of each of the five parts


class Index:
    """The index of one BTF file: ``build`` walks the file, ``from_bytes`` takes what ``to_bytes`` gave.

    A damaged index is refused when it is loaded, if its sizes do not add up. Beyond that it is believed no further
    than the BTF bears it out: names are compared there, and a record that is not there is a ``BtfError``. There is no
    checksum, since to verify one would be to read it all.
    """

    __slots__ = ("_block", "_enumerators", "_types", "data_bytes", "offsets")

    data_bytes: int
    """The length of the BTF that this belongs to."""
    offsets: memoryview
    """By id, the word where the record begins. Id 0 is void, which has no record."""

    def __init__(self, block: memoryview) -> None:
        if len(block) < _HEADER.size:
            raise BtfError("the index is shorter than its header")
        magic, version, self.data_bytes, *counts = _HEADER.unpack_from(block)
        if magic != _MAGIC or version != _VERSION:
            raise BtfError("not an index of this version and byte order")
        if len(block) != _HEADER.size + 4 * sum(counts) or not counts[0] or min(counts[1], counts[3]) < 2:
            raise BtfError("the sizes in the index do not add up")
        self._block = block
        words = block[_HEADER.size :].cast("I")
        parts = [words[end - count : end] for count, end in zip(counts, accumulate(counts), strict=True)]
        self.offsets, self._types, self._enumerators = parts[0], (parts[1], parts[2]), (parts[3], parts[4])

    @classmethod
    def from_bytes(cls, block: bytes | memoryview) -> "Index":
        """The index in *block*, which is used in place. Raises ``BtfError``."""
        return cls(memoryview(block))

    def to_bytes(self) -> bytes:
        """What ``from_bytes`` takes: 1.6 MB for the 126,610 types of a 6.18 kernel."""
        return bytes(self._block)

    @classmethod
    def build(cls, data: bytes | memoryview) -> "Index":
        """Walk the BTF *data* once: some 0.15 s for a kernel's. Raises ``BtfError`` if any record is damaged."""
        view = memoryview(data)
        sections = Sections(view)
        try:
            offsets, type_names, type_ids, enumerator_names, enumerator_ids = _walk(sections.words)
        except IndexError:
            raise BtfError("the last type is cut short") from None
        strings = bytes(sections.strings)
        parts = [
            offsets,
            *_hash_table(strings, type_names, type_ids),
            *_hash_table(strings, enumerator_names, enumerator_ids),
        ]
        header = _HEADER.pack(_MAGIC, _VERSION, len(view), *map(len, parts))
        return cls.from_bytes(header + b"".join(part.tobytes() for part in parts))

    def types(self, name: bytes) -> list[int]:
        """The ids of types whose name has the hash of *name*, ascending: *name*'s own, and a few others."""
        return _bucket(*self._types, name)

    def enumerations(self, enumerator: bytes) -> list[int]:
        """The ids of enumerations that have an enumerator with the hash of *enumerator*, ascending."""
        return _bucket(*self._enumerators, enumerator)


def _walk(words: memoryview) -> tuple["array[int]", list[int], list[int], list[int], list[int]]:
    """Every record's offset; the names and ids of types; the names of enumerators and the ids of their enumerations."""
    offsets = array("I", [0])
    type_names, type_ids = [], []
    enumerator_names: list[int] = []
    enumerator_ids: list[int] = []
    unlisted = (Kind.DECL_TAG, Kind.TYPE_TAG)
    enumerations = (Kind.ENUM, Kind.ENUM64)
    records = words.tolist()
    at, end = 0, len(records)
    while at < end:
        name, info = records[at], records[at + 1]
        kind, elements = info >> 24 & 0x1F, info & 0xFFFF
        if not 0 < kind < len(FIXED_WORDS):
            raise BtfError(f"type {len(offsets)} is of the unknown kind {kind}")
        following = at + FIXED_WORDS[kind] + ELEMENT_WORDS[kind] * elements
        if name and kind not in unlisted:
            type_names.append(name)
            type_ids.append(len(offsets))
        if kind in enumerations:
            names = records[at + 3 : following : ELEMENT_WORDS[kind]]
            enumerator_names += names
            enumerator_ids += [len(offsets)] * len(names)
        offsets.append(at)
        at = following
    if at != end:
        raise BtfError(f"type {len(offsets) - 1} is cut short")
    return offsets, type_names, type_ids, enumerator_names, enumerator_ids


def _hash_table(strings: bytes, names: list[int], ids: list[int]) -> tuple["array[int]", "array[int]"]:
    """The starts of the buckets and the ids in them; *names* are offsets into *strings*."""
    buckets = len(names) + len(names) // 2 | 1
    hashes = []
    for name in names:
        end = strings.find(b"\0", name, name + LONGEST_NAME + 1)
        if end < 0:
            raise BtfError(f"no name at offset {name} of the strings")
        hashes.append(_hash(strings[name:end]) % buckets)
    counts = [0] * buckets
    for bucket in hashes:
        counts[bucket] += 1
    order = sorted(range(len(ids)), key=hashes.__getitem__)
    return array("I", accumulate(counts, initial=0)), array("I", [ids[i] for i in order])


def _bucket(starts: memoryview, ids: memoryview, name: bytes) -> list[int]:
    bucket = _hash(name) % (len(starts) - 1)
    return ids[starts[bucket] : starts[bucket + 1]].tolist()


def _hash(name: bytes) -> int:
    """The name as a number modulo a prime: the same in every process, unlike ``hash``, and at C speed."""
    return int.from_bytes(name, "little") % 0xFFFFFFFB

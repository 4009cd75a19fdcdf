"""A BTF file: types found by name, walked by id, decoded when they are asked for."""

from collections.abc import Iterator
from typing import TypeAlias

from tuibpf.btf.declaration import declare
from tuibpf.btf.decode import decode, enumerator_values
from tuibpf.btf.index import Index
from tuibpf.btf.kinds import (
    Array,
    BtfError,
    Enum,
    Float,
    Int,
    Kind,
    Member,
    Pointer,
    Section,
    Struct,
    Type,
    Union,
    Void,
)  # fmt: skip
from tuibpf.btf.sections import ELEMENT_WORDS, Sections
from tuibpf.btf.tracepoint import Tracepoint, find_tracepoint, tracepoint_names

__all__ = ["Btf"]

_LONGEST_CHAIN = 64  # of typedefs, qualifiers and arrays; the kernel allows 32 (MAX_RESOLVE_DEPTH, kernel/bpf/btf.c)
_TRANSPARENT = frozenset({Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG})
_ADDRESS_BYTES = 8


_Part: TypeAlias = tuple[int, int, list[int], list[int], list[int]]
"""A struct or an anonymous one in it: the bit where it begins, its kind flag, and its members' names, types, places."""


class Btf:
    """The types in *data*, which is not copied: a view of a mapped file will do, as long as it stays mapped.

    Without *index* one is built on the first look-up by name or id, which takes some 0.15 s for a kernel. Every
    method raises ``BtfError`` where the data turns out to be damaged, and takes bounded time and memory.
    """

    __slots__ = ("_data", "_index", "_parts", "_resolved", "_sections", "_types")

    def __init__(self, data: bytes | memoryview, index: Index | None = None) -> None:
        self._data = memoryview(data)
        self._sections = Sections(self._data)
        self._index = index
        self._types: dict[int, Type] = {0: Void()}
        self._parts: dict[int, list[_Part]] = {}
        self._resolved: dict[int, int] = {}
        if index is not None and index.data_bytes != len(self._data):
            raise BtfError("the index belongs to other data")

    @property
    def index(self) -> Index:
        """The index in use, to be kept for the next launch."""
        if self._index is None:
            self._index = Index.build(self._data)
        return self._index

    def __len__(self) -> int:
        """The number of types, void included: every id is below it."""
        return len(self.index.offsets)

    # ------------------------------------------------------------------ by name

    def find_all(self, name: str, *kinds: Kind) -> list[int]:
        """The ids of all types called *name*, of one of *kinds* if any are given, in ascending order."""
        key = _key(name)
        if key is None:
            return []
        words, strings, offsets, size = self._sections.words, self._sections.strings, self.index.offsets, len(key)
        found = []
        for type_id in self.index.types(key[:-1]):
            at = offsets[type_id] if type_id < len(offsets) else len(words)
            if at + 1 >= len(words) or strings[words[at] : words[at] + size] != key:
                continue
            if not kinds or words[at + 1] >> 24 & 0x1F in kinds:
                found.append(type_id)
        return found

    def find(self, name: str, *kinds: Kind) -> int | None:
        """The id of the first type called *name*, of one of *kinds* if any are given, or None."""
        return next(iter(self.find_all(name, *kinds)), None)

    def names(self, *kinds: Kind) -> Iterator[str]:
        """The names of all types of *kinds*, in the order of the file: for the near names in an error. Takes 20 ms."""
        words = self._sections.words
        for at in self.index.offsets[1:]:
            if at + 1 < len(words) and words[at + 1] >> 24 & 0x1F in kinds and words[at]:
                yield self._sections.name(words[at])

    def enumerator(self, name: str) -> int | None:
        """The value of the kernel constant *name*: of the first enumeration that has it, or None."""
        key = _key(name)
        if key is None:
            return None
        words, strings, size = self._sections.words, self._sections.strings, len(key)
        for type_id in dict.fromkeys(self.index.enumerations(key[:-1])):
            kind = self._kind(type_id)
            if kind not in (Kind.ENUM, Kind.ENUM64):
                continue
            at, each = self._offset(type_id), ELEMENT_WORDS[kind]
            info = words[at + 1]
            rest = words[at + 3 : at + 3 + each * (info & 0xFFFF)].tolist()
            for i, name_at in enumerate(rest[::each]):
                if strings[name_at : name_at + size] == key:
                    values = enumerator_values(rest, each, info >> 31)
                    return values[i]
        return None

    def enumerator_names(self) -> Iterator[str]:
        """The names of all kernel constants: for the near names in an error."""
        for type_id in range(1, len(self)):
            if self._kind(type_id) in (Kind.ENUM, Kind.ENUM64):
                enumeration = self.type(type_id)
                if isinstance(enumeration, Enum):
                    yield from (enumerator.name for enumerator in enumeration.values)

    def tracepoint(self, name: str) -> Tracepoint | None:
        """The tracepoint *name* for programs that take typed arguments, or None."""
        return find_tracepoint(self, name)

    def tracepoint_names(self) -> Iterator[str]:
        """The names of all tracepoints: for the near names in an error."""
        return tracepoint_names(self)

    # ------------------------------------------------------------------ by id

    def type(self, type_id: int) -> Type:
        """The type of that id; a type is decoded once."""
        known = self._types.get(type_id)
        if known is None:
            known = self._types[type_id] = decode(self._sections, self._offset(type_id))
        return known

    def resolve(self, type_id: int) -> tuple[int, Type]:
        """The type behind typedefs and qualifiers, and its id."""
        resolved = self._resolve(type_id)
        return resolved, self.type(resolved)

    def size_of(self, type_id: int) -> int:
        """The size in bytes, as of C's ``sizeof``. Raises ``BtfError`` for void, functions and forward declarations."""
        elements = 1
        for _ in range(_LONGEST_CHAIN):
            type_id, found = self.resolve(type_id)
            match found:
                case Int() | Struct() | Union() | Enum() | Float() | Section():
                    return elements * found.size
                case Pointer():
                    return elements * _ADDRESS_BYTES
                case Array():
                    elements *= found.count
                    type_id = found.element
                case _:
                    raise BtfError(f"{self.format_type(type_id)} has no size")
        raise BtfError(f"type {type_id} is an array that never ends")

    def format_type(self, type_id: int) -> str:
        """The type as C writes it without a name: ``struct task_struct *``, ``char [16]``, ``int (*)(void *)``."""
        return declare(self, type_id)

    # ------------------------------------------------------------------ members

    def member(self, struct_id: int, name: str) -> Member | None:
        """The member *name* of a struct or union, or None.

        Members of anonymous structs and unions inside count as its own; ``bit_offset`` is from the outermost start.
        """
        key = _key(name)
        if key is None or len(key) == 1:
            return None
        strings, first, size = self._sections.strings, key[0], len(key)
        for base, flag, names, types, places in self._structs(struct_id):
            for i, at in enumerate(names):
                if strings[at] == first and strings[at : at + size] == key:
                    return self._member(name, types[i], places[i], flag, base)
        return None

    def member_names(self, struct_id: int) -> list[str]:
        """The names that ``member`` finds, in the order of the struct, those of anonymous ones after it."""
        found = []
        for _, _, names, _, _ in self._structs(struct_id):
            found += [name for name in map(self._sections.name, names) if name]
        return found

    def _structs(self, struct_id: int) -> list[_Part]:
        """The struct and then the anonymous ones inside it, each once. Found out once, since scripts ask often."""
        resolved = self._resolve(struct_id)
        parts = self._parts.get(resolved)
        if parts is None:
            parts = self._parts[resolved] = list(self._walk_structs(resolved))
        return parts

    def _walk_structs(self, struct_id: int) -> Iterator[_Part]:
        words, strings = self._sections.words, self._sections.strings
        pending, seen = [(struct_id, 0)], set()
        for outer, base in pending:  # which grows meanwhile
            type_id = self._resolve(outer)
            if type_id in seen or self._kind(type_id) not in (Kind.STRUCT, Kind.UNION):
                continue
            seen.add(type_id)
            at = self._offset(type_id)
            info = words[at + 1]
            rest = words[at + 3 : at + 3 + 3 * (info & 0xFFFF)].tolist()
            names, types, places = rest[0::3], rest[1::3], rest[2::3]
            if not len(names) == len(types) == len(places) or max(names, default=0) >= len(strings):
                raise BtfError(f"type {type_id} has members that are damaged")
            yield base, info >> 31, names, types, places
            for name, type_, place in zip(names, types, places, strict=True):
                if strings[name] == 0:
                    pending.append((type_, base + (place & 0xFFFFFF if info >> 31 else place)))

    def _member(self, name: str, type_id: int, place: int, flag: int, base: int) -> Member:
        """A bitfield is told by the kind flag since Linux 4.20; before, by an integer that does not fill its bytes."""
        if flag:
            return Member(name, type_id, base + (place & 0xFFFFFF), place >> 24)
        _, found = self.resolve(type_id)
        if isinstance(found, Int) and (found.bit_offset or found.bits != 8 * found.size):
            return Member(name, type_id, base + place + found.bit_offset, found.bits)
        return Member(name, type_id, base + place, 0)

    # ------------------------------------------------------------------ records

    def _offset(self, type_id: int) -> int:
        offsets = self.index.offsets
        if not 0 < type_id < len(offsets):
            raise BtfError(f"there is no type {type_id}")
        return offsets[type_id]

    def _record(self, type_id: int) -> tuple[int, int]:
        """The kind of a type, and its third word: its size or the type it refers to."""
        if type_id == 0:
            return Kind.VOID, 0
        head = self._sections.words[self._offset(type_id) :][:3].tolist()
        if len(head) < 3:
            raise BtfError(f"type {type_id} has no record")
        return head[1] >> 24 & 0x1F, head[2]

    def _kind(self, type_id: int) -> int:
        return self._record(type_id)[0]

    def _resolve(self, type_id: int) -> int:
        known = self._resolved.get(type_id)
        if known is None:
            known = self._resolved[type_id] = self._follow(type_id)
        return known

    def _follow(self, type_id: int) -> int:
        for _ in range(_LONGEST_CHAIN):
            kind, target = self._record(type_id)
            if kind not in _TRANSPARENT:
                return type_id
            type_id = target
        raise BtfError(f"type {type_id} is a typedef that never ends")


def _key(name: str) -> bytes | None:
    """The name as it stands among the strings, NUL included, or None if it can not stand there."""
    return None if "\0" in name else name.encode("utf-8", "surrogateescape") + b"\0"

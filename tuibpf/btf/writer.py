"""From types to the bytes of BTF: type records and strings behind a header, as ``tuibpf.btf.sections`` draws them."""

from array import array
from collections.abc import Iterable

from tuibpf.btf.kinds import BtfError, Kind
from tuibpf.btf.sections import ELEMENT_WORDS, FIXED_WORDS, HEADER, MAGIC

__all__ = ["Writer"]

_MOST_ELEMENTS = 0xFFFF


class Writer:
    """BTF in the making, in the machine's byte order. Types get their ids, from 1, in the order they are added in.

    It writes what it is told, and does not check that ids exist or that a name suits a kind: the kernel does.
    """

    __slots__ = ("_offsets", "_strings", "_strings_bytes", "_types", "_words")

    def __init__(self) -> None:
        self._words = array("I")
        self._types = 0
        self._offsets = {"": 0}
        self._strings = [b""]
        self._strings_bytes = 1

    def string(self, text: str) -> int:
        """The offset of *text* among the strings; one that was there before is used again. No NUL may be in it."""
        offset = self._offsets.get(text)
        if offset is None:
            if "\0" in text:
                raise BtfError(f"a name can not hold NUL: {text!r}")
            offset = self._offsets[text] = self._strings_bytes
            encoded = text.encode("utf-8", "surrogateescape")
            self._strings.append(encoded)
            self._strings_bytes += len(encoded) + 1
        return offset

    def add(
        self, kind: Kind, name: str = "", size_or_type: int = 0, rest: Iterable[int] = (), *, flag: bool = False,
        elements: int | None = None,
    ) -> int:  # fmt: skip
        """Add a record and return its id. *rest* are the words after the first three, as the kind has them.

        *elements* (vlen) is counted from *rest* if it is None; a FUNC has its linkage there.
        """
        words = list(rest)
        if elements is None:
            each = ELEMENT_WORDS[kind]
            elements = (len(words) - FIXED_WORDS[kind] + 3) // each if each else 0
        if not 0 <= elements <= _MOST_ELEMENTS:
            raise BtfError(f"{name or 'a type'} has more elements than BTF can count")
        self._words.extend((self.string(name), flag << 31 | kind << 24 | elements, size_or_type, *words))
        self._types += 1
        return self._types

    def to_bytes(self) -> bytes:
        """All that was added, as ``BPF_BTF_LOAD`` takes it."""
        types = self._words.tobytes()
        strings = b"\0".join(self._strings) + b"\0"
        return HEADER.pack(MAGIC, 1, 0, HEADER.size, 0, len(types), len(types), len(strings)) + types + strings

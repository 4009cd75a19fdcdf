"""The two sections of BTF, checked and cut out of the file: type records as words, and strings.

``struct btf_header`` of include/uapi/linux/btf.h, in the machine's byte order, stands before them::

    ┌───────────┬───────────┬─────────┬─────────────┬────────────┬────────────┬───────────┬───────────┐
    │ magic u16 │ version u8│ flags u8│ hdr_len u32 │ type_off   │ type_len   │ str_off   │ str_len   │
    └───────────┴───────────┴─────────┴─────────────┴────────────┴────────────┴───────────┴───────────┘

A type record is three words, ``name``, ``info`` and ``size or type``, then words that depend on its kind::

     31    30 29  28     24 23    16 15               0
    ┌────────┬─────┬────────┬────────┬─────────────────┐
    │ k_flag │  0  │ kind   │   0    │ vlen            │   info
    └────────┴─────┴────────┴────────┴─────────────────┘
"""

import struct

from tuibpf.btf.kinds import BtfError, Kind

__all__ = ["ELEMENT_WORDS", "FIXED_WORDS", "HEADER", "LONGEST_NAME", "MAGIC", "Sections"]

MAGIC = 0xEB9F
HEADER = struct.Struct("=HBBIIIII")

LONGEST_NAME = 1024
"""In bytes. A limit keeps hostile strings from costing memory; the kernel's own is KSYM_NAME_LEN, 512."""
_TYPICAL_NAME = 48

_FIXED = {Kind.INT: 1, Kind.ARRAY: 3, Kind.VAR: 1, Kind.DECL_TAG: 1}
_ELEMENTS = {Kind.STRUCT: 3, Kind.UNION: 3, Kind.ENUM: 2, Kind.FUNC_PROTO: 2, Kind.DATASEC: 3, Kind.ENUM64: 3}
FIXED_WORDS = tuple(3 + _FIXED.get(kind, 0) for kind in Kind)
"""By kind: the words of a record without its elements."""
ELEMENT_WORDS = tuple(_ELEMENTS.get(kind, 0) for kind in Kind)
"""By kind: the words of each of a record's vlen elements."""


class Sections:
    """The sections of one BTF file. Nothing is copied: both are views of *data*, which must outlive them.

    *words* are the type records as u32, *strings* the bytes of NUL-terminated names. Raises ``BtfError`` if the
    header does not describe *data*.
    """

    __slots__ = ("strings", "words")

    words: memoryview
    strings: memoryview

    def __init__(self, data: memoryview) -> None:
        if len(data) < HEADER.size:
            raise BtfError("shorter than a BTF header")
        magic, version, _, header, type_at, type_bytes, string_at, string_bytes = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise BtfError(f"not BTF of this machine's byte order: it begins with {magic:#06x}")
        if version != 1 or header < HEADER.size:
            raise BtfError(f"BTF version {version} with a header of {header} bytes is not known")
        type_end = header + type_at + type_bytes
        string_end = header + string_at + string_bytes
        if max(type_end, string_end) > len(data) or type_bytes % 4 or not string_bytes:
            raise BtfError("the sections do not fit the data")
        self.words = data[header + type_at : type_end].cast("I")
        self.strings = data[header + string_at : string_end]
        if self.strings[0] or self.strings[-1]:
            raise BtfError("the strings do not begin and end with NUL")

    def name(self, offset: int) -> str:
        """The string at *offset*. Raises ``BtfError`` if there is none."""
        text = bytes(self.strings[offset : offset + _TYPICAL_NAME])
        end = text.find(b"\0")
        if end < 0:
            text = bytes(self.strings[offset : offset + LONGEST_NAME + 1])
            end = text.find(b"\0")
            if end < 0:
                raise BtfError(f"no name at offset {offset} of the strings")
        return text[:end].decode("utf-8", "backslashreplace")

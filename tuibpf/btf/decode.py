"""From the words of a type record to its value."""

from tuibpf.btf.kinds import (
    Array,
    BtfError,
    DeclTag,
    Enum,
    Enumerator,
    Float,
    Forward,
    Function,
    FunctionPrototype,
    Int,
    Kind,
    Member,
    Parameter,
    Pointer,
    Qualifier,
    Section,
    SectionVariable,
    Struct,
    Type,
    Typedef,
    Union,
    Variable,
)  # fmt: skip
from tuibpf.btf.sections import ELEMENT_WORDS, FIXED_WORDS, Sections

__all__ = ["decode", "enumerator_values"]

_QUALIFIERS = {Kind.VOLATILE: "volatile", Kind.CONST: "const", Kind.RESTRICT: "restrict"}


def decode(sections: Sections, at: int) -> Type:
    """The type whose record begins at word *at*. Raises ``BtfError`` if there is none, or part of it is missing.

    Members and enumerators have their names read when they are asked for: a task_struct has 250.
    """
    words = sections.words
    if at + 3 > len(words):
        raise BtfError(f"no type record at word {at}")
    name_at, info, size_or_type = words[at : at + 3].tolist()
    number, flag, count = info >> 24 & 0x1F, info >> 31, info & 0xFFFF
    if not 0 < number < len(FIXED_WORDS):
        raise BtfError(f"the kind {number} is not known")
    fixed, each = FIXED_WORDS[number], ELEMENT_WORDS[number]
    rest = words[at + 3 : at + fixed + each * count].tolist()
    if len(rest) != fixed - 3 + each * count:
        raise BtfError(f"the type record at word {at} is cut short")
    name = sections.name(name_at)
    match Kind(number):
        case Kind.INT:
            return _int(name, size_or_type, rest[0])
        case Kind.PTR:
            return Pointer(size_or_type)
        case Kind.ARRAY:
            return Array(rest[0], rest[2])
        case Kind.STRUCT:
            return Struct.late(name, size_or_type, last=lambda: _members(sections, rest, flag))
        case Kind.UNION:
            return Union.late(name, size_or_type, last=lambda: _members(sections, rest, flag))
        case Kind.ENUM | Kind.ENUM64:
            return Enum.late(name, size_or_type, bool(flag), last=lambda: _enumerators(sections, rest, each, flag))
        case Kind.FWD:
            return Forward(name, bool(flag))
        case Kind.TYPEDEF:
            return Typedef(name, size_or_type)
        case Kind.VOLATILE | Kind.CONST | Kind.RESTRICT as kind:
            return Qualifier(_QUALIFIERS[kind], False, size_or_type)
        case Kind.TYPE_TAG:
            return Qualifier(name, True, size_or_type)
        case Kind.FUNC:
            return Function(name, size_or_type, count)
        case Kind.FUNC_PROTO:
            return _prototype(sections, size_or_type, rest)
        case Kind.VAR:
            return Variable(name, size_or_type, rest[0])
        case Kind.DATASEC:
            triples = zip(rest[0::3], rest[1::3], rest[2::3], strict=True)
            return Section(name, size_or_type, tuple(SectionVariable(*triple) for triple in triples))
        case Kind.FLOAT:
            return Float(name, size_or_type)
        case Kind.DECL_TAG:
            return DeclTag(name, size_or_type, _signed(rest[0], 32))
        case Kind.VOID:
            raise BtfError("void has no record")


def _int(name: str, size: int, encoding: int) -> Int:
    signed, is_char, is_bool = bool(encoding & 1 << 24), bool(encoding & 2 << 24), bool(encoding & 4 << 24)
    return Int(name, size, encoding & 0xFF, signed, is_bool, is_char, encoding >> 16 & 0xFF)


def _members(sections: Sections, rest: list[int], flag: int) -> tuple[Member, ...]:
    """With the kind flag a member's last word is its bitfield width (8 bits) and its offset (24), else its offset."""
    triples = zip(rest[0::3], rest[1::3], rest[2::3], strict=True)
    if flag:
        return tuple(Member(sections.name(at), type_, place & 0xFFFFFF, place >> 24) for at, type_, place in triples)
    return tuple(Member(sections.name(at), type_, place, 0) for at, type_, place in triples)


def _enumerators(sections: Sections, rest: list[int], each: int, flag: int) -> tuple[Enumerator, ...]:
    values = enumerator_values(rest, each, flag)
    return tuple(Enumerator(sections.name(at), value) for at, value in zip(rest[0::each], values, strict=True))


def enumerator_values(rest: list[int], each: int, flag: int) -> list[int]:
    """The values in the words *rest* of an enumeration, *each* words for one.

    The kind flag says that they are signed; ENUM64 has them in a low and a high word.
    """
    values = rest[1::2] if each == 2 else [low | high << 32 for low, high in zip(rest[1::3], rest[2::3], strict=True)]
    if flag:
        values = [_signed(value, 32 if each == 2 else 64) for value in values]
    return values


def _prototype(sections: Sections, returns: int, rest: list[int]) -> FunctionPrototype:
    """A last parameter without name and type stands for ``...``."""
    is_variadic = len(rest) >= 2 and rest[-1] == 0 and rest[-2] == 0
    pairs = list(zip(rest[0::2], rest[1::2], strict=True))[: -1 if is_variadic else None]
    return FunctionPrototype(returns, tuple(Parameter(sections.name(at), type_) for at, type_ in pairs), is_variadic)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value

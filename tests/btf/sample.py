"""A small file of BTF with every kind of type in it, and how C would have written it."""

from __future__ import annotations

import array

from tuibpf.btf import Btf, Kind
from tuibpf.btf.writer import Writer

SIGNED, CHAR, BOOL = 1 << 24, 2 << 24, 4 << 24


def member(writer: Writer, name: str, type_id: int, bit_offset: int, bitfield_bits: int = 0) -> tuple[int, int, int]:
    return writer.string(name), type_id, bitfield_bits << 24 | bit_offset


def flat(*groups: tuple[int, ...]) -> list[int]:
    return [word for group in groups for word in group]


def build() -> tuple[bytes, dict[str, int]]:
    """The file's bytes, and the ids of the types that tests ask for."""
    w = Writer()
    ids: dict[str, int] = {}
    integer = ids["int"] = w.add(Kind.INT, "int", 4, [SIGNED | 32])
    u64 = ids["u64"] = w.add(Kind.INT, "unsigned long", 8, [64])
    char = ids["char"] = w.add(Kind.INT, "char", 1, [SIGNED | CHAR | 8])
    boolean = ids["bool"] = w.add(Kind.INT, "_Bool", 1, [BOOL | 8])
    old_bits = ids["old_bits"] = w.add(Kind.INT, "unsigned int", 4, [3 << 16 | 5])
    void_pointer = ids["void *"] = w.add(Kind.PTR)
    name = ids["char [16]"] = w.add(Kind.ARRAY, rest=[char, integer, 16])
    grid = ids["int [2][3]"] = w.add(Kind.ARRAY, rest=[w.add(Kind.ARRAY, rest=[integer, integer, 3]), integer, 2])
    alias = ids["u64_alias"] = w.add(Kind.TYPEDEF, "u64_alias", u64)
    const = ids["const"] = w.add(Kind.CONST, size_or_type=w.add(Kind.VOLATILE, size_or_type=alias))
    inner = w.add(Kind.UNION, "", 8, flat(member(w, "as_int", integer, 0), member(w, "as_long", const, 0)))
    deep = w.add(Kind.STRUCT, "", 16, flat(member(w, "", inner, 0), member(w, "deep_int", integer, 64)), flag=True)
    forward = ids["struct later"] = w.add(Kind.FWD, "later")
    ids["union later_too"] = w.add(Kind.FWD, "later_too", flag=True)
    later = w.add(Kind.PTR, size_or_type=forward)
    thing = ids["struct thing"] = w.add(
        Kind.STRUCT, "thing", 72,
        flat(
            member(w, "first", integer, 0), member(w, "flag", integer, 32, 1), member(w, "level", integer, 33, 7),
            member(w, "", deep, 64), member(w, "name", name, 192), member(w, "next", later, 320),
            member(w, "set", boolean, 384), member(w, "grid", grid, 388 + 4, 0),
        ),
        flag=True,
    )  # fmt: skip
    ids["struct old"] = w.add(
        Kind.STRUCT, "old", 8, flat(member(w, "whole", integer, 0), member(w, "part", old_bits, 32))
    )
    ids["enum color"] = w.add(
        Kind.ENUM, "color", 4, flat((w.string("RED"), 0), (w.string("BLUE"), 0xFFFFFFFF)), flag=True
    )
    ids["enum wide"] = w.add(Kind.ENUM64, "wide", 8, flat((w.string("HUGE"), 1, 1 << 31), (w.string("SMALL"), 7, 0)))
    ids["enum deep"] = w.add(Kind.ENUM64, "deep", 8, flat((w.string("BELOW"), 0xFFFFFFFE, 0xFFFFFFFF)), flag=True)
    tagged = w.add(Kind.TYPE_TAG, "user", char)
    user = ids["char __user *"] = w.add(Kind.PTR, size_or_type=tagged)
    constant_pointer = w.add(
        Kind.CONST, size_or_type=w.add(Kind.PTR, size_or_type=w.add(Kind.CONST, size_or_type=char))
    )
    ids["const char *const *"] = w.add(Kind.PTR, size_or_type=constant_pointer)
    restricted = w.add(Kind.RESTRICT, size_or_type=user)
    thing_pointer = ids["struct thing *"] = w.add(Kind.PTR, size_or_type=thing)
    prototype = w.add(Kind.FUNC_PROTO, "", integer, flat((w.string("a"), thing_pointer), (w.string("b"), restricted)))
    ids["function"] = w.add(Kind.FUNC, "function", prototype, elements=1)
    printf = w.add(Kind.FUNC_PROTO, "", 0, flat((w.string("format"), user), (0, 0)))
    ids["int (*)(...)"] = w.add(Kind.PTR, size_or_type=prototype)
    ids["void (*)(char __user *, ...)"] = w.add(Kind.PTR, size_or_type=printf)
    ids["int (*[4])(...)"] = w.add(Kind.ARRAY, rest=[ids["int (*)(...)"], integer, 4])
    ids["char (*)[16]"] = w.add(Kind.PTR, size_or_type=name)
    ids["variable"] = w.add(Kind.VAR, "variable", thing, [1])
    ids["section"] = w.add(Kind.DATASEC, ".data", 72, [ids["variable"], 0, 72])
    ids["double"] = w.add(Kind.FLOAT, "double", 8)
    ids["note"] = w.add(Kind.DECL_TAG, "note", thing, [array.array("I", [0xFFFFFFFF])[0]])
    ids["note on b"] = w.add(Kind.DECL_TAG, "note", ids["function"], [1])
    _tracepoints(w, void_pointer, integer, thing_pointer)
    return w.to_bytes(), ids


def _tracepoints(w: Writer, void_pointer: int, integer: int, thing_pointer: int) -> None:
    """One with a function that names its parameters, one with a function of other types, one without any."""

    def prototype(returns: int, *parameters: tuple[str, int]) -> int:
        named = flat(*((w.string(name), type_id) for name, type_id in parameters))
        return w.add(Kind.FUNC_PROTO, "", returns, named)

    for name in ("named", "renamed", "unnamed", "empty", "classed"):
        parameters = () if name == "empty" else (("", thing_pointer), ("", integer))
        typed = prototype(0, ("", void_pointer), *parameters)
        w.add(Kind.TYPEDEF, f"btf_trace_{name}", w.add(Kind.PTR, size_or_type=typed))
    for function, types in (
        ("__traceiter_named", (("thing", thing_pointer), ("", integer))),
        ("__traceiter_renamed", (("number", integer), ("thing", thing_pointer))),
        ("__bpf_trace_classed", (("rq", thing_pointer), ("bytes", integer))),
    ):
        w.add(Kind.FUNC, function, prototype(integer, ("__data", void_pointer), *types), elements=0)
    w.add(Kind.TYPEDEF, "btf_trace_broken", integer)


DATA, IDS = build()


def sample() -> Btf:
    return Btf(DATA)

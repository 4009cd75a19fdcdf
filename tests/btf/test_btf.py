"""Types by name and by id: a file with every kind of type, written here and read back."""

from __future__ import annotations

import pytest

from tuibpf.btf import (
    Array,
    Btf,
    BtfError,
    DeclTag,
    Enum,
    Enumerator,
    Float,
    Forward,
    Function,
    FunctionPrototype,
    Index,
    Int,
    Kind,
    Member,
    Parameter,
    Pointer,
    Qualifier,
    Section,
    SectionVariable,
    Struct,
    Tracepoint,
    TracepointParameter,
    Typedef,
    Union,
    Variable,
    Void,
)
from tuibpf.btf.writer import Writer

from .sample import DATA, IDS, sample


def test_every_kind() -> None:
    btf, ids = sample(), IDS
    assert btf.type(0) == Void()
    assert btf.type(ids["int"]) == Int("int", 4, 32, True, False, False, 0)
    assert btf.type(ids["char"]) == Int("char", 1, 8, True, False, True, 0)
    assert btf.type(ids["bool"]) == Int("_Bool", 1, 8, False, True, False, 0)
    assert btf.type(ids["old_bits"]) == Int("unsigned int", 4, 5, False, False, False, 3)
    assert btf.type(ids["void *"]) == Pointer(0)
    assert btf.type(ids["char [16]"]) == Array(ids["char"], 16)
    assert btf.type(ids["u64_alias"]) == Typedef("u64_alias", ids["u64"])
    assert btf.type(ids["const"]) == Qualifier("const", False, ids["const"] - 1)
    assert btf.type(ids["struct later"]) == Forward("later", False)
    assert btf.type(ids["union later_too"]) == Forward("later_too", True)
    assert btf.type(ids["struct old"]) == Struct(
        "old", 8, (Member("whole", ids["int"], 0, 0), Member("part", ids["old_bits"], 32, 0))
    )
    assert btf.type(ids["enum color"]) == Enum("color", 4, True, (Enumerator("RED", 0), Enumerator("BLUE", -1)))
    assert btf.type(ids["enum wide"]) == Enum(
        "wide", 8, False, (Enumerator("HUGE", 1 << 63 | 1), Enumerator("SMALL", 7))
    )
    assert btf.type(ids["enum deep"]) == Enum("deep", 8, True, (Enumerator("BELOW", -2),))
    assert btf.type(ids["char __user *"]) == Pointer(ids["char __user *"] - 1)
    assert btf.type(ids["char __user *"] - 1) == Qualifier("user", True, ids["char"])
    function = btf.type(ids["function"])
    assert function == Function("function", ids["function"] - 1, 1)
    assert btf.type(ids["function"] - 1) == FunctionPrototype(
        ids["int"], (Parameter("a", ids["struct thing *"]), Parameter("b", ids["struct thing *"] - 1)), False
    )
    assert btf.type(ids["variable"]) == Variable("variable", ids["struct thing"], 1)
    assert btf.type(ids["section"]) == Section(".data", 72, (SectionVariable(ids["variable"], 0, 72),))
    assert btf.type(ids["double"]) == Float("double", 8)
    assert btf.type(ids["note"]) == DeclTag("note", ids["struct thing"], -1)
    assert btf.type(ids["note on b"]) == DeclTag("note", ids["function"], 1)


def test_values_behave_as_values() -> None:
    one, other = Pointer(1), Pointer(1)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Pointer(2)
    assert one != Typedef("x", 1)
    assert repr(Typedef("x", 1)) == "Typedef(name='x', target=1)"
    with pytest.raises(AttributeError, match="a Pointer does not change"):
        one.target = 2  # type: ignore[misc]
    match Typedef("x", 5):
        case Typedef("x", target):
            assert target == 5
        case _:
            pytest.fail("positional patterns work")
    assert isinstance(sample().type(IDS["struct thing"]), Struct | Union)


def test_by_name() -> None:
    btf = sample()
    assert btf.find("thing") == IDS["struct thing"]
    assert btf.find("thing", Kind.STRUCT, Kind.UNION) == IDS["struct thing"]
    assert btf.find("thing", Kind.ENUM) is None
    assert btf.find("deep", Kind.ENUM64) == IDS["enum deep"]
    assert btf.find("note") is None  # a tag is no type
    assert [btf.find(name) for name in ("", "thin", "things", "no such", "thing\0", "\udcff", "ünï")] == [None] * 7
    assert list(btf.names(Kind.STRUCT)) == ["thing", "old"]
    assert list(btf.names(Kind.ENUM, Kind.ENUM64)) == ["color", "wide", "deep"]


def test_all_types_of_a_name_come_in_the_order_of_the_file() -> None:
    writer = Writer()
    for i in range(50):
        writer.add(Kind.STRUCT, "same" if i % 2 else f"s{i}", i)
        writer.add(Kind.TYPEDEF, "same", 1)
    btf = Btf(writer.to_bytes())
    assert btf.find_all("same", Kind.STRUCT) == [2 * i + 1 for i in range(50) if i % 2]
    assert btf.find_all("same") == sorted(btf.find_all("same"))
    assert len(btf.find_all("same")) == 75


def test_kernel_constants() -> None:
    btf = sample()
    assert [btf.enumerator(name) for name in ("RED", "BLUE", "HUGE", "BELOW")] == [0, -1, 1 << 63 | 1, -2]
    assert btf.enumerator("GREEN") is None
    assert btf.enumerator("RED\0") is None
    assert list(btf.enumerator_names()) == ["RED", "BLUE", "HUGE", "SMALL", "BELOW"]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("int", 4), ("void *", 8), ("char [16]", 16), ("int [2][3]", 24), ("const", 8), ("struct thing", 72),
        ("enum wide", 8), ("double", 8), ("section", 72), ("int (*[4])(...)", 32),
    ],
)  # fmt: skip
def test_size_of(name: str, size: int) -> None:
    assert sample().size_of(IDS[name]) == size


def test_what_has_no_size() -> None:
    btf = sample()
    for type_id in (0, IDS["struct later"], IDS["function"], IDS["variable"]):
        with pytest.raises(BtfError, match="has no size"):
            btf.size_of(type_id)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, name) for name in (
            "int", "void *", "char [16]", "int [2][3]", "struct thing", "struct thing *", "struct later",
            "union later_too", "enum color", "enum wide", "char __user *", "const char *const *", "char (*)[16]",
            "void (*)(char __user *, ...)", "double",
        )),
        ("const", "const volatile u64_alias"),
        ("int (*)(...)", "int (*)(struct thing *, char __user *restrict)"),
        ("int (*[4])(...)", "int (*[4])(struct thing *, char __user *restrict)"),
        ("variable", "variable"),
    ],
)  # fmt: skip
def test_types_as_c_writes_them(name: str, text: str) -> None:
    assert sample().format_type(IDS[name]) == text


def test_types_without_names_and_functions_of_functions() -> None:
    writer = Writer()
    anonymous = writer.add(Kind.STRUCT, "", 0)
    union = writer.add(Kind.UNION, "", 0)
    nothing = writer.add(Kind.FUNC_PROTO)
    handler = writer.add(Kind.PTR, size_or_type=nothing)
    takes = writer.add(Kind.FUNC_PROTO, "", handler, [0, handler, 0, anonymous])
    many = writer.add(Kind.FUNC_PROTO, "", 0, [0, anonymous] * 20)
    btf = Btf(writer.to_bytes())
    assert btf.format_type(anonymous) == "struct (anonymous)"
    assert btf.format_type(union) == "union (anonymous)"
    assert btf.format_type(handler) == "void (*)(void)"
    assert btf.format_type(takes) == "void (*(void (*)(...), struct (anonymous)))(void)"
    assert btf.format_type(many) == "void (" + "struct (anonymous), " * 16 + "...)"


def test_members() -> None:
    btf, thing = sample(), IDS["struct thing"]
    assert btf.member(thing, "first") == Member("first", IDS["int"], 0, 0)
    assert btf.member(thing, "flag") == Member("flag", IDS["int"], 32, 1)
    assert btf.member(thing, "level") == Member("level", IDS["int"], 33, 7)
    assert btf.member(thing, "as_long") == Member("as_long", IDS["const"], 64, 0)
    assert btf.member(thing, "deep_int") == Member("deep_int", IDS["int"], 128, 0)
    named = btf.member(thing, "name")
    assert named is not None
    assert named.offset == 24
    assert [btf.member(thing, name) for name in ("", "nam", "names", "nothing", "name\0")] == [None] * 5
    assert btf.member(IDS["int"], "first") is None
    assert btf.member_names(thing) == [
        "first", "flag", "level", "name", "next", "set", "grid", "deep_int", "as_int", "as_long",
    ]  # fmt: skip


def test_bitfields_of_btf_before_the_kind_flag() -> None:
    part = sample().member(IDS["struct old"], "part")
    assert part == Member("part", IDS["old_bits"], 35, 5)


def test_members_through_a_typedef() -> None:
    writer = Writer()
    integer = writer.add(Kind.INT, "int", 4, [32])
    struct = writer.add(Kind.STRUCT, "s", 4, [writer.string("a"), integer, 0])
    typedef = writer.add(Kind.TYPEDEF, "s_t", struct)
    assert Btf(writer.to_bytes()).member(typedef, "a") == Member("a", integer, 0, 0)


def test_tracepoints() -> None:
    btf = sample()
    pointer, integer = IDS["struct thing *"], IDS["int"]

    def found(name: str) -> tuple[TracepointParameter, ...] | None:
        tracepoint = btf.tracepoint(name)
        if tracepoint is None:
            return None
        assert tracepoint == Tracepoint(name, btf.find(f"btf_trace_{name}") or 0, tracepoint.parameters)
        return tracepoint.parameters

    assert found("named") == (TracepointParameter("thing", pointer), TracepointParameter(None, integer))
    assert found("classed") == (TracepointParameter("rq", pointer), TracepointParameter("bytes", integer))
    for name in ("renamed", "unnamed"):  # a function of other types does not say what these are called
        assert found(name) == (TracepointParameter(None, pointer), TracepointParameter(None, integer))
    assert found("empty") == ()
    assert found("broken") is None
    assert found("nothing") is None
    assert list(btf.tracepoint_names()) == ["named", "renamed", "unnamed", "empty", "classed", "broken"]


def test_an_id_that_there_is_not() -> None:
    btf = sample()
    assert btf.type(len(btf) - 1)
    for type_id in (len(btf), 1 << 32, -1):
        with pytest.raises(BtfError, match="there is no type"):
            btf.type(type_id)


def test_an_index_of_other_data_is_refused() -> None:
    with pytest.raises(BtfError, match="the index belongs to other data"):
        Btf(DATA + bytes(4), Index.build(DATA))


def test_fields_that_are_read_late() -> None:
    """Only a struct's own record is read for its size; a damaged name of a member is found when members are wanted."""
    writer = Writer()
    struct_id = writer.add(Kind.STRUCT, "s", 4, [1 << 20, 0, 0])
    found = Btf(writer.to_bytes()).type(struct_id)
    assert isinstance(found, Struct)
    assert (found.name, found.size) == ("s", 4)
    for _ in range(2):
        with pytest.raises(BtfError, match="no name at offset"):
            _ = found.members
    with pytest.raises(AttributeError, match="a Struct has no nothing"):
        _ = found.nothing  # type: ignore[attr-defined]
    late = Typedef.late("a", last=lambda: 7)
    assert (late, hash(late), repr(late)) == (Typedef("a", 7), hash(Typedef("a", 7)), "Typedef(name='a', target=7)")

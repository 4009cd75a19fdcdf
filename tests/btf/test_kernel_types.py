"""The running kernel's own BTF: all that bpftool reads in it, and what probes rely on."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tuibpf.btf import Array as ArrayType
from tuibpf.btf import (
    Btf,
    DeclTag,
    Enum,
    Float,
    Forward,
    Function,
    FunctionPrototype,
    Int,
    Kind,
    Member,
    Pointer,
    Qualifier,
    Section,
    Struct,
    Type,
    Typedef,
    Union,
    Variable,
)
from tuibpf.kernel.machine import running_target

from .sample import DATA

VMLINUX = Path("/sys/kernel/btf/vmlinux")
LINKAGES = {"static": 0, "global": 1, "extern": 2, "global-alloc": 1}


@pytest.fixture
def btf(kernel_types: None) -> Btf:
    return running_target().btf


def _as_bpftool_reads(path: Path) -> list[dict[str, Any]]:
    bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
    if bpftool is None:
        pytest.skip(reason="bpftool is not installed")
    done = subprocess.run([bpftool, "-j", "btf", "dump", "file", path], capture_output=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(reason=f"bpftool btf dump file {path}: {done.stderr.decode().strip()}")
    types: list[dict[str, Any]] = json.loads(done.stdout.decode("utf-8", "replace"))["types"]
    if any("encoding" not in told for told in types if told["kind"].startswith("ENUM")):
        pytest.skip(reason="this bpftool is from before Linux 6.0: it does not tell signed enumerations apart")
    return types


def _as_read_here(found: Type) -> dict[str, Any]:
    """The same words for a type as bpftool has, as far as both tell them."""
    match found:
        case Int():
            flags = {"SIGNED": found.signed, "CHAR": found.is_char, "BOOL": found.is_bool}
            encoding = [name for name, is_set in flags.items() if is_set] or ["(none)"]
            encoding = encoding if len(encoding) == 1 else ["UNKN"]  # bpftool has no word for a signed char
            sizes = {"size": found.size, "nr_bits": found.bits, "bits_offset": found.bit_offset}
            return {**sizes, "encoding": encoding[0]}
        case Pointer() | Typedef() | Qualifier() | DeclTag():
            return {"type_id": found.target}
        case ArrayType():
            return {"type_id": found.element, "nr_elems": found.count}
        case Struct() | Union():
            return {"size": found.size, "members": list(map(_member, found.members))}
        case Enum():
            values = [(value.name, value.value) for value in found.values]
            return {"size": found.size, "values": values, "encoding": "SIGNED" if found.signed else "UNSIGNED"}
        case Forward():
            return {"fwd_kind": "union" if found.is_union else "struct"}
        case Function():
            return {"type_id": found.prototype, "linkage": found.linkage}
        case FunctionPrototype():
            parameters = [(parameter.name, parameter.type) for parameter in found.parameters]
            return {"ret_type_id": found.returns, "params": parameters + [("", 0)] * found.is_variadic}
        case Variable():
            return {"type_id": found.type, "linkage": found.linkage}
        case Section():
            return {"size": found.size, "vars": [(v.variable, v.offset, v.size) for v in found.variables]}
        case Float():
            return {"size": found.size}
    raise AssertionError(found)


def _member(member: Member) -> tuple[Any, ...]:
    return member.name, member.type, member.bit_offset, member.bitfield_bits or None


def _told(told: dict[str, Any]) -> dict[str, Any]:
    """What bpftool tells, in the same form."""
    match told:
        case {"members": members}:
            taken = [(_name(m), m["type_id"], m["bits_offset"], m.get("bitfield_size")) for m in members]
            return {"size": told["size"], "members": taken}
        case {"values": values}:
            # bpftool extends the sign of unsigned values of 32 bits.
            bits, encoding = 64 if told["kind"] == "ENUM64" else 32, told["encoding"]
            taken = [(_name(value), _integer(value["val"], bits, encoding == "SIGNED")) for value in values]
            return {"size": told["size"], "values": taken, "encoding": encoding}
        case {"params": parameters}:
            return {"ret_type_id": told["ret_type_id"], "params": [(_name(p), p["type_id"]) for p in parameters]}
        case {"vars": variables}:
            return {"size": told["size"], "vars": [(v["type_id"], v["offset"], v["size"]) for v in variables]}
        case {"linkage": linkage}:
            return {"type_id": told["type_id"], "linkage": LINKAGES[linkage]}
    names = "size", "nr_bits", "bits_offset", "encoding", "type_id", "nr_elems", "fwd_kind"
    return {name: told[name] for name in names if name in told}


def _integer(value: int, bits: int, signed: bool) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> bits - 1 else value


def _name(told: dict[str, Any]) -> str:
    name: str = told["name"]
    return "" if name == "(anon)" else name


def _compare(btf: Btf, types: list[dict[str, Any]]) -> None:
    assert len(btf) == len(types) + 1
    for told in types:
        found = btf.type(told["id"])
        assert (told["id"], _as_read_here(found)) == (told["id"], _told(told))
        if not isinstance(found, Qualifier):
            assert getattr(found, "name", "") == _name(told)


@pytest.mark.usefixtures("kernel_types")
def test_every_type_is_as_bpftool_reads_it() -> None:
    """In a reader of its own, since it decodes all that there is."""
    types = _as_bpftool_reads(VMLINUX)
    _compare(Btf(VMLINUX.read_bytes(), running_target().btf.index), types)


def test_every_type_written_here_is_as_bpftool_reads_it(tmp_path: Path) -> None:
    place = tmp_path / "sample.btf"
    place.write_bytes(DATA)
    types = _as_bpftool_reads(place)
    _compare(Btf(DATA), types)


def test_the_structures_that_probes_walk(btf: Btf) -> None:
    task = btf.find("task_struct", Kind.STRUCT)
    assert task is not None
    parent, comm, tgid = (btf.member(task, name) for name in ("real_parent", "comm", "tgid"))
    assert parent is not None
    assert btf.format_type(parent.type) == "struct task_struct *"
    assert comm is not None
    assert btf.format_type(comm.type) == "char [16]"
    assert tgid is not None
    assert btf.size_of(tgid.type) == 4
    sock = btf.find("sock_common", Kind.STRUCT)
    assert sock is not None
    assert btf.member(sock, "skc_daddr"), "two anonymous levels down"


def test_the_parameters_of_tracepoints_have_names(btf: Btf) -> None:
    """Of all, where the functions that have them are in the BTF: on kernels since 5.10."""
    if btf.find("__traceiter_sched_switch", Kind.FUNC) is None:
        pytest.skip(reason="this kernel's BTF has no __traceiter_* function, so the parameters have no names")
    names = list(btf.tracepoint_names())
    assert len(names) > 300
    switch = btf.tracepoint("sched_switch")
    assert switch is not None
    assert [(p.name, btf.format_type(p.type)) for p in switch.parameters][:3] == [
        ("preempt", "bool"),
        ("prev", "struct task_struct *"),
        ("next", "struct task_struct *"),
    ]
    unnamed = [name for name in names if any(p.name is None for p in _parameters(btf, name))]
    assert len(unnamed) < len(names) / 10, unnamed


def _parameters(btf: Btf, name: str) -> tuple[Any, ...]:
    found = btf.tracepoint(name)
    return found.parameters if found else ()

"""The index: kept and loaded again, used in place, refused when it is damaged, and never believed beyond the BTF."""

from __future__ import annotations

import mmap
import random
import struct
import tracemalloc
from pathlib import Path

import pytest

from tuibpf.btf import Btf, BtfError, Index, Kind
from tuibpf.btf.writer import Writer

from .sample import DATA, IDS

HEADER = struct.Struct("=8I")


def test_kept_and_loaded() -> None:
    block = Index.build(DATA).to_bytes()
    again = Index.from_bytes(block)
    assert again.to_bytes() == block
    assert again.data_bytes == len(DATA)
    btf = Btf(DATA, again)
    assert btf.find("thing") == IDS["struct thing"]
    assert btf.enumerator("BLUE") == -1
    assert len(btf) == len(Btf(DATA))


def test_every_name_is_found_and_no_other() -> None:
    chance = random.Random(1)
    names = {f"{chance.choice('abcdef')}{chance.randrange(10**6)}" for _ in range(3000)}
    writer = Writer()
    ids = {name: writer.add(Kind.TYPEDEF, name) for name in sorted(names)}
    btf = Btf(writer.to_bytes())
    assert {name: btf.find(name) for name in names} == ids
    assert not any(btf.find(name + "x") or btf.find("x" + name) for name in names)


def test_no_types_at_all() -> None:
    index = Index.build(Writer().to_bytes())
    btf = Btf(Writer().to_bytes(), Index.from_bytes(index.to_bytes()))
    assert len(btf) == 1
    assert btf.find("anything") is None
    assert btf.enumerator("ANYTHING") is None
    assert list(btf.names(*Kind)) == []


def test_a_mapped_file_is_used_where_it_lies(tmp_path: Path) -> None:
    """Neither the index nor the BTF is copied: what a look-up allocates does not grow with them."""
    writer = Writer()
    for i in range(20_000):
        writer.add(Kind.STRUCT, f"struct_number_{i}", 8)
    data = writer.to_bytes()
    block = Index.build(data).to_bytes()
    place = tmp_path / "both"
    place.write_bytes(data + block)
    with place.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = memoryview(mapped)
        tracemalloc.start()
        try:
            btf = Btf(view[: len(data)], Index.from_bytes(view[len(data) :]))
            assert btf.find("struct_number_12345") == 12346
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert btf.index.offsets.obj is mapped
        assert peak < 20_000 < len(block)
        del btf
        view.release()


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"", "shorter than its header"),
        (bytes(32), "not an index of this version"),
        (Index.build(DATA).to_bytes()[:-4], "do not add up"),
        (Index.build(DATA).to_bytes() + bytes(4), "do not add up"),
        (
            HEADER.pack(*HEADER.unpack_from(Index.build(DATA).to_bytes())[:3], 0, 2, 0, 2, 0) + bytes(16),
            "do not add up",
        ),
        (
            HEADER.pack(*HEADER.unpack_from(Index.build(DATA).to_bytes())[:3], 1, 1, 0, 1, 0) + bytes(12),
            "do not add up",
        ),
    ],
)
def test_a_damaged_index_is_refused(block: bytes, reason: str) -> None:
    with pytest.raises(BtfError, match=reason):
        Index.from_bytes(block)


def test_an_index_with_wrong_ids_finds_nothing_wrong() -> None:
    """With every word of the tables replaced, names are still compared with those in the BTF."""
    block = bytearray(Index.build(DATA).to_bytes())
    for word in (0, 1, 0xFFFFFFFF, len(DATA)):
        block[HEADER.size :] = struct.pack("=I", word) * ((len(block) - HEADER.size) // 4)
        btf = Btf(DATA, Index.from_bytes(bytes(block)))
        for name in ("thing", "int", "u64_alias"):
            assert all(_named(btf, found, name) for found in btf.find_all(name))
        assert btf.enumerator("BLUE") in (None, -1)


def _named(btf: Btf, type_id: int, name: str) -> bool:
    return getattr(btf.type(type_id), "name", None) == name

"""Both kinds of buffers, filled by programs in the kernel: each row comes once, in order, whole; losses are counted."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from struct import Struct, pack, unpack_from
from typing import Any

import pytest

from tuibpf.diagnostics import NotSupported
from tuibpf.isa import (
    Alu,
    Helper,
    Jump,
    alu64_imm,
    call,
    exit_program,
    jump64_imm,
    load,
    mov64_imm,
    mov64_reg,
    store_reg,
)  # fmt: skip
from tuibpf.kernel import bpf
from tuibpf.kernel.buffers import open_buffer, wait
from tuibpf.kernel.buffers.perf import PerfReader
from tuibpf.kernel.loaded import Loaded
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.kernel.privileges import Capability
from tuibpf.program import Map, MapType

from .assembly import (
    R0,
    R1,
    R2,
    R3,
    R6,
    R7,
    R8,
    Branch,
    Label,
    MapOf,
    bundle,
    emit,
    globals_map,
    perf_array,
    program,
    ring,
)

pytestmark = pytest.mark.usefixtures("privileged")

ROW = Struct("=4Q")


def sender(buffer: Map, words: int = 4) -> Loaded:
    return load_bundle(
        bundle("sender", [program("emit", emit(buffer, words))], [buffer, globals_map()], losses=("lost",))
    )


@pytest.fixture(params=["ring", "perf"])
def buffer(request: pytest.FixtureRequest) -> Map:
    return ring("rows") if request.param == "ring" else perf_array("rows")


@pytest.fixture
def loaded(buffer: Map) -> Iterator[Loaded]:
    with sender(buffer) as made:
        yield made


def send(loaded: Loaded, count: int, first: int = 0, filling: int = 7) -> None:
    loaded.test_run("emit", pack("=3Q", count, first, filling))


def test_rows_come_once_in_order_and_whole(loaded: Loaded) -> None:
    reader = loaded.buffer("rows")
    assert not reader.pending()
    assert reader.rows(ROW) == []
    send(loaded, 500, first=1000)
    assert reader.pending()
    assert reader.rows(ROW) == [(1000 + number, number, 7, 7) for number in range(500)]
    assert not reader.pending()
    assert reader.rows(ROW) == []
    assert reader.lost == 0
    assert loaded.losses() == {"lost": 0}


def test_rows_that_wrap_around_the_end(loaded: Loaded) -> None:
    """Many more bytes than the buffer has, so that records meet its end in every way that their size allows."""
    reader = loaded.buffer("rows")
    got = []
    for turn in range(60):
        send(loaded, 333, first=turn * 333)
        got += [row[0] for row in reader.rows(ROW)]
    assert got == list(range(60 * 333))


def test_records_of_any_length(buffer: Map) -> None:
    with sender(buffer, words=5) as loaded:
        reader = loaded.buffer("rows")
        got = []
        for turn in range(40):
            send(loaded, 300, first=turn)
            got += reader.records()
        want = [pack("=5Q", turn + number, number, 7, 7, 7) for turn in range(40) for number in range(300)]
        assert [record[:40] for record in got] == want
        assert {len(record) for record in got} <= {40, 44}  # a perf buffer rounds its record up


def test_a_row_format_shorter_than_the_record_cuts_it(loaded: Loaded) -> None:
    reader = loaded.buffer("rows")
    send(loaded, 3, first=5)
    assert reader.rows(Struct("=2Q")) == [(5, 0), (6, 1), (7, 2)]
    assert reader.lost == 0


def test_a_row_format_longer_than_the_record_is_a_loss(loaded: Loaded) -> None:
    reader = loaded.buffer("rows")
    send(loaded, 3)
    assert reader.rows(Struct("=9Q")) == []
    assert reader.lost == 3


def test_native_alignment_is_understood(loaded: Loaded) -> None:
    reader = loaded.buffer("rows")
    send(loaded, 2, first=1, filling=9)
    assert reader.rows(Struct("@QQQQ")) == [(1, 0, 9, 9), (2, 1, 9, 9)]
    send(loaded, 1, first=1, filling=9)
    assert reader.rows(Struct("4Q")) == [(1, 0, 9, 9)]


def test_a_full_buffer_is_counted_by_the_program(buffer: Map) -> None:
    with sender(buffer, words=16) as loaded:
        reader = loaded.buffer("rows")
        received = sent = 0
        for _ in range(8):
            before = loaded.losses()["lost"]
            while loaded.losses()["lost"] == before:
                send(loaded, 2000)
                sent += 2000
            send(loaded, 2000)
            sent += 2000
            received += len(reader.records())
        lost = loaded.losses()["lost"]
        received += len(reader.records())
        assert lost > 0
        assert received + lost == sent


def test_the_perf_buffer_hears_of_losses_from_the_kernel() -> None:
    with sender(perf_array("rows"), words=16) as loaded:
        reader = loaded.buffer("rows")
        while not loaded.losses()["lost"]:
            send(loaded, 2000)
        reader.rows(Struct("=16Q"))
        send(loaded, 1, first=42)  # the kernel tells with the next record that fits
        rows = reader.rows(Struct("=16Q"))
        assert [row[0] for row in rows] == [42]
        assert reader.lost == loaded.losses()["lost"]


def test_rows_of_several_processors_come_by_their_time(loaded: Loaded) -> None:
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        pytest.skip(reason="this process may run on one processor only")
    reader = loaded.buffer("rows")
    try:
        for asked_as in (reader.records, lambda: reader.rows(ROW)):
            for turn in range(20):
                os.sched_setaffinity(0, {cpus[turn % len(cpus)]})
                send(loaded, 3, first=turn)
            got = [unpack_from("=2Q", row) if isinstance(row, bytes) else row[:2] for row in asked_as()]
            assert got == [(turn + number, number) for turn in range(20) for number in range(3)]
    finally:
        os.sched_setaffinity(0, cpus)


def test_a_perf_buffer_takes_what_memory_it_may_lock(with_capabilities: Callable[..., Any]) -> None:
    def received() -> list[tuple[Any, ...]] | str:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        try:
            perf_map = bpf.map_create(MapType.PERF_EVENT_ARRAY, 4, 4, 1)
        except PermissionError:
            return "this kernel has maps, too, count as locked memory: nothing is left to give"
        os.close(perf_map)
        with sender(perf_array("rows")) as loaded:
            try:
                reader = PerfReader(loaded.map("rows").fileno(), 1 << 26)
            except NotSupported as error:
                if "perf_event_paranoid" not in error.reason:
                    raise
                return error.reason
            send(loaded, 2, first=5)
            rows = reader.rows(Struct("=Q"))
            reader.close()
            return rows

    rows = with_capabilities(received, Capability.BPF, Capability.PERFMON)
    if isinstance(rows, str):
        pytest.skip(reason=rows)
    assert rows == [(5,), (6,)]


def test_what_a_user_is_told_who_may_open_no_perf_buffer(with_capabilities: Callable[..., Any]) -> None:
    def refusal() -> tuple[str, str]:
        try:
            PerfReader(-1)
        except NotSupported as error:
            return error.what, error.reason
        return "opened", ""

    assert with_capabilities(refusal, Capability.BPF) == ("perf buffer", "this user lacks CAP_PERFMON")


def test_closing_twice_and_reading_from_one_that_is_open(loaded: Loaded, buffer: Map) -> None:
    first = open_buffer(loaded.map("rows"))
    assert first.fileno() >= 0
    first.close()
    first.close()
    assert not first.pending()
    send(loaded, 1)
    loaded.buffer("rows").rows(ROW)


def test_waiting(loaded: Loaded) -> None:
    reader = loaded.buffer("rows")
    assert not wait([reader], 0.0)
    assert not wait([reader], 0.01, period_s=0.002)
    assert not wait([], 0.001)
    send(loaded, 1)
    assert wait([reader], 60.0)


def test_only_buffers_are_opened() -> None:
    with load_bundle(bundle("none", [], [globals_map()])) as loaded, pytest.raises(ValueError, match="neither a ring"):
        loaded.buffer("globals")


def discarding(buffer: Map) -> Loaded:
    """Rows of 2 u64, made in the ring's own memory: of args[0] rows those with an odd number are given up."""
    items = (
        load(8, R6, R1, 0),
        mov64_imm(R7, 0),
        Label("again"),
        Branch(jump64_imm(Jump.JGE, R7, 64, 0), "out"),
        MapOf(R1, buffer.name),
        mov64_imm(R2, 16),
        mov64_imm(R3, 0),
        call(Helper.RINGBUF_RESERVE),
        Branch(jump64_imm(Jump.JEQ, R0, 0, 0), "out"),
        mov64_reg(R8, R0),
        store_reg(8, R8, 0, R7),
        store_reg(8, R8, 8, R6),
        mov64_reg(R1, R8),
        mov64_imm(R2, 1),
        mov64_reg(R3, R7),
        alu64_imm(Alu.AND, R3, 1),
        Branch(jump64_imm(Jump.JEQ, R3, 0, 0), "keep"),
        call(Helper.RINGBUF_DISCARD),
        Branch(jump64_imm(Jump.JA, 0, 0, 0), "next"),
        Label("keep"),
        call(Helper.RINGBUF_SUBMIT),
        Label("next"),
        alu64_imm(Alu.ADD, R7, 1),
        Branch(jump64_imm(Jump.JA, 0, 0, 0), "again"),
        Label("out"),
        mov64_imm(R0, 0),
        exit_program(),
    )
    return load_bundle(bundle("discarding", [program("emit", items)], [buffer]))


def test_discarded_records_are_no_rows() -> None:
    with discarding(ring("rows", 1 << 12)) as loaded:
        reader = loaded.buffer("rows")
        for turn in range(50):
            loaded.test_run("emit", pack("=Q", turn))
            assert reader.rows(Struct("=2Q")) == [(number, turn) for number in range(0, 64, 2)]
            loaded.test_run("emit", pack("=Q", turn))
            assert reader.records() == [pack("=2Q", number, turn) for number in range(0, 64, 2)]
        assert reader.lost == 0

"""Rows: the three ways they leave, as text and on the real kernel, and every row that finds no room counted."""

from __future__ import annotations

from struct import Struct, pack

import pytest

from tests.codegen.on_kernel import ARGUMENTS, AnyKernel, bundle_of, compiled, module_of, new_function
from tests.passes.before_after import run, text_of
from tuibpf.ir import Block, Builder, Module, check_function, ops
from tuibpf.ir.types import U64
from tuibpf.kernel.cpus import possible_cpus
from tuibpf.kernel.loader import load
from tuibpf.passes.rows import stream_capacity
from tuibpf.program import Field, Map, MapType, Record, StreamOutput

_GLOBALS = Map("globals", MapType.ARRAY, 4, 64, 1)
_RING_BYTES = 4096
_NUMBER = Field("number", "integer", 0, 8, "Q", "NUMBER")
_TAIL = Field("args", "arguments", 8, 8, "II", "ARGS", tail=True, limit=2)
_RECORDS = {False: Record((_NUMBER,), 16), True: Record((_NUMBER, _TAIL), 16)}
_KERNELS = {"ring": frozenset({"ringbuf"}), "perf": frozenset[str]()}


def emitting(tail: bool) -> Module:
    """``rows.emit(number=first argument)``; with a tail, as many bytes of it as the second argument says."""
    stream = StreamOutput("rows", "rows", _RECORDS[tail], 0)
    function = new_function()
    build = Builder(function)
    build.span = None
    context = build.append(ops.Context())
    number, length = build.load(context, 0, U64), build.load(context, 8, U64)
    row = build.append(ops.ReserveRow(stream, None))
    full, room, after = Block(), Block(), Block()
    build.branch("eq", row, build.const(0), full, room)
    build.begin(full)
    build.atomic("add", build.map_value("globals", 8), 0, 8, build.const(1))
    build.jump(after)
    build.begin(room)
    build.store(row, 0, 8, number)
    build.store(row, 8, 8, build.const(0))
    size = None
    if tail:
        size = build.binary("and", length, build.const(255), U64)
        build.store(row, 8, 4, size)
        build.store(row, 12, 4, length)
        build.store(row, 16, 8, build.const(0x4847_4645_4443_4241))
    build.append(ops.SubmitRow(stream, row, size, None))
    build.jump(after)
    build.begin(after)
    build.done()
    check_function(function)
    module = module_of(function, maps=(_GLOBALS, Map("rows", MapType.RINGBUF, 0, 0, _RING_BYTES)))
    module.outputs.append(stream)
    return module


def lowered(tail: bool, kernel: str) -> tuple[Module, str]:
    module = emitting(tail)
    run("rows", module, AnyKernel(_KERNELS[kernel], cpus=4))
    return module, text_of(module.functions[0])


def test_a_row_of_a_fixed_size_is_built_in_the_ring_buffer() -> None:
    module, text = lowered(False, "ring")
    assert "call ringbuf_reserve(%3, 16, 0)" in text
    assert ", 1)" in next(line for line in text.splitlines() if "ringbuf_submit" in line)
    assert set(module.maps) == {"globals", "rows"}


def test_a_row_with_a_tail_is_copied_at_its_length() -> None:
    module, text = lowered(True, "ring")
    assert module.maps["rows.rows0"] == Map("rows.rows0", MapType.ARRAY, 4, 16 + 2 * 256 + 8, 4)
    assert text.splitlines()[4:10] == [
        "   %3: u64 = call get_smp_processor_id()",
        "   %4: address = frame the processor of rows[4]",
        "   store.4 %4 + 0, %3",
        "   %5: address = map rows.rows0",
        "   %6: address = call map_lookup_elem(%5, %4)",
        "   branch eq %6, 0: b1 else b2",
    ]
    assert "call ringbuf_output(%16, %6, %15, 1)" in text


def test_without_ring_buffers_rows_go_through_a_perf_buffer() -> None:
    module, text = lowered(False, "perf")
    assert module.maps["rows"] == Map("rows", MapType.PERF_EVENT_ARRAY, 4, 4, 0)
    assert "call perf_event_output(%0, " in text
    assert ", 4294967295, %6, 16)" in text


def test_the_context_is_there_even_if_the_script_does_not_look_at_it() -> None:
    module = emitting(False)
    entry = module.functions[0].blocks[0]
    entry.ops = [op for op in entry.ops if not isinstance(op, (ops.Context, ops.Load))]
    module.functions[0].blocks[2].ops[0].args[1] = entry.ops[1]
    run("rows", module, AnyKernel(frozenset()))
    assert isinstance(entry.ops[0], ops.Context)


def test_functions_do_not_share_their_scratch() -> None:
    module = emitting(True)
    module.functions += emitting(True).functions
    run("rows", module)
    assert {"rows.rows0", "rows.rows1"} < set(module.maps)


def test_phis_behind_a_row_that_is_copied() -> None:
    """The block in which the row is handed over ends behind the count of its loss."""
    module = emitting(True)
    function = module.functions[0]
    after = function.blocks[3]
    phi = ops.Phi(U64, None)
    one, two = ops.Const(1, U64), ops.Const(2, U64)
    function.blocks[0].ops[:0] = [one, two]
    phi.add(function.blocks[1], one)
    phi.add(function.blocks[2], two)
    after.phis.append(phi)
    after.ops = [ops.Return(phi)]
    check_function(function)
    run("rows", module)
    assert [block for block in phi.blocks if block in function.blocks] == phi.blocks


@pytest.mark.parametrize(
    ("field", "capacity"),
    [(_NUMBER, 0), (_TAIL, 256), (Field("text", "text", 8, 8, "II", "TEXT", tail=True), 4096)],
)
def test_capacity(field: Field, capacity: int) -> None:
    assert stream_capacity(StreamOutput("s", "s", Record((field,), 16), 0)) == capacity


@pytest.mark.usefixtures("privileged")
@pytest.mark.parametrize("kernel", ["ring", "perf"])
@pytest.mark.parametrize("tail", [False, True])
def test_rows_arrive_or_are_counted(kernel: str, tail: bool) -> None:
    module = emitting(tail)
    programs = compiled(module, target=AnyKernel(_KERNELS[kernel], cpus=possible_cpus()))
    sent = 0
    with load(bundle_of(module, programs)) as loaded:
        buffer = loaded.buffer("rows")
        for number in range(3):
            loaded.test_run("probe", pack(f"={ARGUMENTS}Q", number, 5, *[0] * (ARGUMENTS - 2)))
        records = buffer.records()
        assert [int.from_bytes(record[:8], "little") for record in records] == [0, 1, 2]
        if tail:
            assert [record[8:21] for record in records] == [pack("=II", 5, 5) + b"ABCDE"] * 3
        assert loaded.losses() == {"lost": 0}
        while loaded.losses() == {"lost": 0}:
            loaded.test_run("probe", pack(f"={ARGUMENTS}Q", sent, 200, *[0] * (ARGUMENTS - 2)))
            sent += 1
            assert sent < 1_000_000
        taken = [row for (row,) in buffer.rows(Struct("=Q"))]
        assert taken == list(range(sent - 1))
        assert loaded.losses() == {"lost": 1}

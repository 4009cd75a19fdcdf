"""Rows: room for them, and how they leave; lowered to the helpers that this kernel has.

Three ways, the first one that fits::

    a row of a fixed size         ring buffer         built in the buffer's own memory
    a row with a tail             ring buffer         built in scratch memory, then copied at its real length
    any row                       perf buffer         built in scratch memory, then copied

Scratch memory is an array map with an element for each processor: programs run without migrating to another one, and
none interrupts itself, so each function has its elements to itself.
"""

from __future__ import annotations

from tuibpf.ir import Block, Function, Module, Target, ops
from tuibpf.ir.ops import Op, Slot
from tuibpf.ir.types import ADDRESS, S64, U64
from tuibpf.isa import Helper
from tuibpf.passes.replace import replace
from tuibpf.program import Map, MapType, StreamOutput

__all__ = ["lower_rows", "stream_capacity"]

_ROWS = frozenset({ops.ReserveRow, ops.SubmitRow})
_GLOBALS = "globals"
_FIRST_LOSS = 8  # Bundle.losses_offset
_NO_WAKEUP = 1  # BPF_RB_NO_WAKEUP, include/uapi/linux/bpf.h: readers look by themselves, at their own pace
_CURRENT_CPU = 0xFFFF_FFFF  # BPF_F_CURRENT_CPU
_ARGUMENT_BYTES = 128
_OTHER_BYTES = 4096


def stream_capacity(stream: StreamOutput) -> int:
    """The most bytes that the tail of a row of *stream* can have; 0 where rows have none."""
    tail = stream.record.tail
    if tail is None:
        return 0
    return _ARGUMENT_BYTES * tail.limit if tail.limit is not None else _OTHER_BYTES


def lower_rows(module: Module, target: Target) -> None:
    """Replace the reserving and submitting of rows by calls of helpers.

    Before::

        %1: address = reserve execs
        …
        submit execs %1

    After::

        %1: address = call ringbuf_reserve(%0, 64, 0)
        …
        %9: u64 = call ringbuf_submit(%1, 1)

    A row that is copied and finds no room counts as lost right there. Where the kernel has no ring buffers, the maps of
    streams become perf buffers; scratch maps are added to those of the module.
    """
    ring = "ringbuf" in target.features
    if not ring:
        for name, one in module.maps.items():
            if one.type == MapType.RINGBUF:
                module.maps[name] = Map(name, MapType.PERF_EVENT_ARRAY, 4, 4, 0)
    for number, function in enumerate(module.functions):
        if any(_has_rows(block) for block in function.blocks):
            _Lowering(module, function, number, ring, target.cpus).run()


def _has_rows(block: Block) -> bool:
    return not _ROWS.isdisjoint(map(type, block.ops))


class _Lowering:
    """One function's rows."""

    def __init__(self, module: Module, function: Function, number: int, ring: bool, cpus: int) -> None:
        self.module = module
        self.function = function
        self.number = number
        self.ring = ring
        self.cpus = cpus
        self.lowered: dict[Op, Op] = {}

    def run(self) -> None:
        blocks, self.function.blocks = self.function.blocks, []
        for block in blocks:
            self.function.blocks.append(block)
            if not _has_rows(block):
                continue
            todo, block.ops = block.ops, []
            self.out = block
            for op in todo:
                if isinstance(op, ops.ReserveRow):
                    self.reserve(op)
                elif isinstance(op, ops.SubmitRow):
                    self.submit(op)
                else:
                    self.out.ops.append(op)
            if self.out is not block:
                _come_from(self.out, block)
        replace(self.function, self.lowered)

    def in_place(self, stream: StreamOutput) -> bool:
        """Whether rows are built in the buffer itself."""
        return self.ring and stream.record.tail is None

    def append(self, op: Op) -> Op:
        self.out.ops.append(op)
        return op

    def const(self, value: int) -> Op:
        return self.append(ops.Const(value, U64))

    def reserve(self, op: ops.ReserveRow) -> None:
        stream, span = op.stream, op.span
        if self.in_place(stream):
            args = [self.append(ops.MapAddress(stream.map, span)), self.const(stream.record.size), self.const(0)]
            self.lowered[op] = self.append(ops.Call(Helper.RINGBUF_RESERVE, args, ADDRESS, span))
            return
        cpu = self.append(ops.Call(Helper.GET_SMP_PROCESSOR_ID, [], U64, span))
        key = self.append(ops.FrameAddress(Slot(f"the processor of {stream.name}", 4), span))
        self.append(ops.Store(key, 0, 4, cpu, span))
        args = [self.append(ops.MapAddress(self.scratch(stream), span)), key]
        self.lowered[op] = self.append(ops.Call(Helper.MAP_LOOKUP_ELEM, args, ADDRESS, span))

    def scratch(self, stream: StreamOutput) -> str:
        """The map of scratch memory for rows of *stream* in this function.

        It has room for as much again as a tail can have: what is read into it may start anywhere within the capacity
        and take a byte more than that, to tell what does not fit; and the verifier looks at the sum of the two.
        """
        name = f"{stream.name}.rows{self.number}"  # no map of a script has a dot in its name
        size = stream.record.size + 2 * stream_capacity(stream) + 1
        self.module.maps[name] = Map(name, MapType.ARRAY, 4, -(-size // 8) * 8, self.cpus)
        return name

    def submit(self, op: ops.SubmitRow) -> None:
        stream, span = op.stream, op.span
        if self.in_place(stream):
            self.append(ops.Call(Helper.RINGBUF_SUBMIT, [op.args[0], self.const(_NO_WAKEUP)], S64, span))
            return
        size = self.const(stream.record.size)
        if len(op.args) > 1:
            size = self.append(ops.Binary("add", op.args[1], size, U64, span))
        buffer = self.append(ops.MapAddress(stream.map, span))
        if self.ring:
            args, helper = [buffer, op.args[0], size, self.const(_NO_WAKEUP)], Helper.RINGBUF_OUTPUT
        else:
            args = [self.context(), buffer, self.const(_CURRENT_CPU), op.args[0], size]
            helper = Helper.PERF_EVENT_OUTPUT
        result = self.append(ops.Call(helper, args, S64, span))
        lost, after = Block(), Block()
        self.append(ops.Branch("slt", result, self.const(0), lost, after, span))
        self.out = lost
        counter = self.append(ops.MapValueAddress(_GLOBALS, _FIRST_LOSS + 8 * stream.loss, span))
        self.append(ops.Atomic("add", counter, 0, 8, self.const(1), span))
        self.append(ops.Jump(after, span))
        self.function.blocks += [lost, after]
        self.out = after

    def context(self) -> Op:
        """The program's context, which stands at its very beginning."""
        entry = self.function.blocks[0]
        for op in entry.ops:
            if isinstance(op, ops.Context):
                return op
        context = ops.Context(self.function.span)
        entry.ops.insert(0, context)
        return context


def _come_from(block: Block, old: Block) -> None:
    """Tell the phis behind *block* that control comes from there now, no longer from *old*."""
    for target in block.successors:
        for phi in target.phis:
            phi.blocks = [block if one is old else one for one in phi.blocks]

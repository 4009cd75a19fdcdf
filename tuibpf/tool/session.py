"""A running tool: compiled, loaded and attached; what it gathers comes out as frames."""

from __future__ import annotations

import time
from collections.abc import Mapping
from struct import Struct, unpack_from
from typing import Protocol, Self

from tuibpf.kernel.buffers import BufferReader, wait
from tuibpf.kernel.maps import KernelMap
from tuibpf.program import Bundle, HistogramOutput, Record, StreamOutput, TableOutput
from tuibpf.tool import launch_cache
from tuibpf.tool.clock import Clock, process_start_ns
from tuibpf.tool.column import Column, columns_of
from tuibpf.tool.decode import Decoder, Row
from tuibpf.tool.frame import Cost, Distribution, Frame
from tuibpf.tool.option import Value
from tuibpf.tool.tally import add_slots, distribution, ranked
from tuibpf.tool.tool import Tool

__all__ = ["Probes", "Session"]

_EPOCH_BYTES = 8
_FIRST = bytes(4)
_SHAPES = {StreamOutput: "stream", TableOutput: "table", HistogramOutput: "histogram"}


class Probes(Protocol):
    """What a session needs of the loaded programs; see ``tuibpf.kernel.loader.Loaded``."""

    def attach(self) -> None: ...
    def detach(self) -> None: ...
    def close(self) -> None: ...
    def map(self, name: str) -> KernelMap: ...
    def buffer(self, name: str) -> BufferReader: ...
    def losses(self) -> dict[str, int]: ...
    def cost(self) -> tuple[int, int, int]: ...
    def advance_epoch(self) -> int: ...


class Session:
    """A tool between its attachment and ``close()``. For one thread at a time.

    *measure* asks for the cost of the probes in every frame; the kernel's own measuring costs two clock reads a run.
    *compile_ms* is what the compiler or the cache took, *attached_ms* the time from the start of this process until
    the last probe was on its hook.
    """

    def __init__(self, tool: Tool, bundle: Bundle, probes: Probes, *, measure: bool = True) -> None:
        """Attach *probes*, which the session owns from here on, also if this fails."""
        self.tool = tool
        self.outputs = bundle.outputs
        self.programs = len(bundle.programs)
        self.compile_ms = 0.0
        self.attached_ms = 0.0
        self.columns: dict[str, tuple[Column, ...]] = {output.name: _columns(output) for output in bundle.outputs}
        self._bundle = bundle
        self._probes = probes
        self._measure = measure
        self._readers: dict[str, BufferReader] = {}
        self._totals: dict[str, tuple[int, ...]] = {}
        self._losses: dict[str, int] = {}
        self._closed = False
        try:
            # The readers first: a row of the first moment must find its buffer mapped.
            for output in bundle.outputs:
                if isinstance(output, StreamOutput):
                    self._readers[output.name] = probes.buffer(output.map)
            if measure:
                probes.cost()  # the kernel counts from the first question on
            self._clock = Clock()
            self._decoders = {id(record): Decoder(record, self._clock) for record in _records(bundle)}
            probes.attach()
            attached_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            self.attached_ms = (attached_ns - process_start_ns()) / 1e6
        except BaseException:
            self._closed = True
            probes.close()
            raise

    @classmethod
    def open(cls, tool: Tool, values: Mapping[str, Value] | None = None, *, measure: bool = True) -> Session:
        """Compile *tool* with these option *values* for the running kernel, load it and attach it.

        Raises CompileError if the compiler or the kernel's verifier refuses it, NotSupported if the kernel or the
        privileges do not allow it.
        """
        from tuibpf.kernel.loader import load
        from tuibpf.kernel.machine import running_target

        tool.checked()
        target = running_target()
        compiling = time.perf_counter()
        bundle = launch_cache.bundle(tool.source, {**tool.defaults(), **(values or {})}, target)
        compiled = time.perf_counter()
        session = cls(tool, bundle, load(bundle), measure=measure)
        session.compile_ms = (compiled - compiling) * 1000
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, timeout_s: float) -> bool:
        """Sleep until a stream has rows; False if *timeout_s* is over before, at once after it without streams."""
        return wait(self._readers.values(), timeout_s)

    def rows(self) -> list[Frame]:
        """A frame for every stream, with the rows since the last call."""
        frames = []
        for output in self.outputs:
            if isinstance(output, StreamOutput):
                reader, decoder = self._readers[output.name], self._decoders[id(output.record)]
                if decoder.has_tail:
                    rows = decoder.rows_with_tail(reader.records())
                else:
                    rows = decoder.rows(reader.rows(decoder.struct))
                frames.append(self._frame(output.name, "stream", rows))
        return frames

    def snapshot(self) -> list[Frame]:
        """A frame for every table and histogram, with what came since the last call; nothing is missed in between."""
        epoch = None
        if any(isinstance(output, TableOutput) or _is_keyed(output) for output in self.outputs):
            epoch = self._probes.advance_epoch()
        frames = []
        for output in self.outputs:
            if isinstance(output, TableOutput) and epoch is not None:
                pairs = self._take(output.map, output.key, self._decoders[id(output.value)], epoch)
                rows = ranked(pairs, self.columns[output.name], output.sort, output.limit)
                frames.append(self._frame(output.name, "table", rows))
            elif isinstance(output, HistogramOutput):
                found = self._single(output) if output.key is None or epoch is None else self._keyed(output, epoch)
                frames.append(self._frame(output.name, "histogram", [], found, output.unit))
        return frames

    def losses(self) -> dict[str, int]:
        """What was lost since the session began, by reason; only what is not 0. Stays known after ``close()``."""
        if not self._closed:
            self._losses = {reason: count for reason, count in self._probes.losses().items() if count}
        return self._losses

    def cost(self) -> Cost:
        """What the probes cost since they were attached; nothing is known of it without *measure*."""
        return Cost(*self._probes.cost()) if self._measure and not self._closed else Cost()

    def heads(self) -> list[Frame]:
        """An empty frame of every output: what is to come, for a view that has a heading to write."""
        return [self._frame(output.name, _SHAPES[type(output)], []) for output in self.outputs]

    def finish(self) -> list[Frame]:
        """Take the probes off and give the last frames: all that happened before, and nothing missed."""
        self._probes.detach()
        if self._readers:
            # A program that runs on another processor at this moment has a row to finish, and those behind it wait.
            self._probes.advance_epoch()
        return [*self.rows(), *self.snapshot()]

    def close(self) -> None:
        """Detach the probes and give everything back. May be called again."""
        if not self._closed:
            try:
                self.losses()
            finally:
                self._closed = True
                self._probes.close()

    def _frame(
        self,
        output: str,
        shape: str,
        rows: list[Row],
        distributions: tuple[Distribution, ...] = (),
        unit: str = "",
    ) -> Frame:
        return Frame(
            self.tool.name, output, shape, time.time_ns(), self.columns[output], rows, distributions, unit,
            self.losses(), self.cost(),
        )  # fmt: skip

    def _take(self, name: str, key: Record, values: Decoder | Struct, epoch: int) -> list[tuple[Row, Row]]:
        """The (key, value) pairs of *epoch*, which are taken out of the map; those that are not wanted are dropped."""
        kernel_map = self._probes.map(name)
        entries = kernel_map.take(epoch)
        if not entries.count:
            return []
        keys = self._decoders[id(key)]
        padding = kernel_map.spec.key_size - _EPOCH_BYTES - keys.struct.size
        key_rows = list(Struct(f"={_EPOCH_BYTES}x{keys.struct.format[1:]}{padding}x").iter_unpack(entries.keys))
        blob = kernel_map.summed(entries.values, entries.count)
        if isinstance(values, Struct):
            value_rows = list(values.iter_unpack(blob))
        else:
            padding = kernel_map.spec.value_size - values.struct.size
            value_rows = values.all_rows(list(Struct(f"{values.struct.format}{padding}x").iter_unpack(blob)))
        pairs = zip(keys.all_rows(key_rows), value_rows, strict=True)
        return [
            (key, value) for key, value in pairs
            if keys.keeps(key) and (isinstance(values, Struct) or values.keeps(value))
        ]  # fmt: skip

    def _keyed(self, output: HistogramOutput, epoch: int) -> tuple[Distribution, ...]:
        assert output.key is not None
        merged: dict[Row, tuple[int, ...]] = {}
        for key, slots in self._take(output.map, output.key, Struct(f"={output.slots + 1}Q"), epoch):
            merged[key] = add_slots(merged.get(key), slots)
        return tuple(distribution(key, merged[key]) for key in sorted(merged))

    def _single(self, output: HistogramOutput) -> tuple[Distribution, ...]:
        """The only histogram of an output without a key. It only grows: the interval is what was added to it."""
        kernel_map = self._probes.map(output.map)
        value = kernel_map.lookup(_FIRST)
        if value is None:
            return ()
        total = unpack_from(f"={output.slots + 1}Q", kernel_map.summed(value, 1))
        before = self._totals.get(output.name, (0,) * len(total))
        self._totals[output.name] = total
        return (distribution((), [now - then for now, then in zip(total, before, strict=True)]),)


def _is_keyed(output: object) -> bool:
    return isinstance(output, HistogramOutput) and output.key is not None


def _columns(output: StreamOutput | TableOutput | HistogramOutput) -> tuple[Column, ...]:
    if isinstance(output, StreamOutput):
        return columns_of(None, output.record)
    if isinstance(output, TableOutput):
        return columns_of(output.key, output.value)
    return columns_of(output.key)


def _records(bundle: Bundle) -> list[Record]:
    """Every layout that has to be decoded."""
    records: list[Record | None] = []
    for output in bundle.outputs:
        if isinstance(output, StreamOutput):
            records.append(output.record)
        elif isinstance(output, TableOutput):
            records += [output.key, output.value]
        else:
            records.append(output.key)
    return [record for record in records if record is not None]

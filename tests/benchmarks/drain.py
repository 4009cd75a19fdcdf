"""How fast rows leave the kernel: records of 32 bytes a second, and what is lost when they come faster than that.

usage: sudo python tests/benchmarks/drain.py

First the buffer is filled and then read, so that nothing else runs: the rate of reading alone. Then a process calls
getppid() in a loop, as fast as it can, each call sends a row, and this process reads meanwhile: the rate that was
seen, what was lost, and how far the process was slowed down by being watched.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from struct import Struct, pack

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.kernel.assembly import (
    CURRENT_CPU,
    FP,
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R8,
    RB_NO_WAKEUP,
    Branch,
    Item,
    Label,
    MapOf,
    bundle,
    count_loss,
    emit,
    globals_map,
    perf_array,
    program,
    returning,
    ring,
)  # fmt: skip
from tuibpf.isa import (
    Alu,
    Helper,
    Jump,
    alu64_imm,
    call,
    jump64_imm,
    jump64_reg,
    load,
    load_constant,
    mov64_imm,
    mov64_reg,
    store_reg,
)  # fmt: skip
from tuibpf.kernel.buffers import wait
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.program import Hook, HookKind, Map, MapType

ROW = Struct("=4Q")
RING = ring("rows", 8 << 20)
PERF = perf_array("rows")
GETPPID = {"x86_64": 110, "aarch64": 173}
SECONDS = 2.0


def on_every_call(buffer: Map) -> tuple[Item, ...]:
    """At the entry of system calls: a row for each getppid(), or one more lost."""
    if buffer.type is MapType.RINGBUF:
        output = (MapOf(R1, buffer.name), mov64_reg(R2, FP), alu64_imm(Alu.ADD, R2, -ROW.size))
        output += (mov64_imm(R3, ROW.size), mov64_imm(R4, RB_NO_WAKEUP), call(Helper.RINGBUF_OUTPUT))
    else:
        output = (mov64_reg(R1, R8), MapOf(R2, buffer.name), load_constant(R3, CURRENT_CPU), mov64_reg(R4, FP))
        output += (alu64_imm(Alu.ADD, R4, -ROW.size), mov64_imm(R5, ROW.size), call(Helper.PERF_EVENT_OUTPUT))
    return (
        mov64_reg(R8, R1),
        load(8, R6, R1, 8),
        load_constant(R1, GETPPID[os.uname().machine]),
        Branch(jump64_reg(Jump.JNE, R6, R1, 0), "out"),
        *(store_reg(8, FP, -ROW.size + 8 * word, R6) for word in range(4)),
        *output,
        Branch(jump64_imm(Jump.JEQ, R0, 0, 0), "out"),
        *count_loss(),
        Label("out"),
        *returning(),
    )


def reading_alone(buffer: Map, runs: int) -> float:
    """Millions of rows a second out of a buffer that *runs* times 2,000 rows fit in."""
    made = bundle("fill", [program("emit", emit(buffer))], [buffer, globals_map()], losses=("lost",))
    best = 0.0
    with load_bundle(made) as loaded:
        reader = loaded.buffer("rows")
        for turn in range(5):
            for _ in range(runs):
                loaded.test_run("emit", pack("=3Q", 2000, turn, 0))
            start = time.perf_counter()
            rows = reader.rows(ROW)
            best = max(best, len(rows) / (time.perf_counter() - start) / 1e6)
            assert len(rows) == 2000 * runs
    return best


def call_in_a_loop() -> tuple[int, int]:
    """A child that calls getppid() until it is told to end; its id, and where it writes how often it did."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        calls, end, getppid = 0, time.monotonic() + SECONDS, os.getppid
        while time.monotonic() < end:
            for _ in range(10_000):
                getppid()
            calls += 10_000
        os.write(writable, str(calls).encode())
        os._exit(0)
    os.close(writable)
    return child, readable


def finished(child: int, readable: int) -> int:
    os.waitpid(child, 0)
    with open(readable, "rb") as pipe:
        return int(pipe.read())


def while_it_runs(buffer: Map) -> tuple[float, int, float]:
    """Millions of rows a second that were seen, how many were lost, and millions of calls a second."""
    hook = Hook(HookKind.RAW_TP, "sys_enter")
    made = bundle("live", [program("rows", on_every_call(buffer), hook)], [buffer, globals_map()], losses=("lost",))
    with load_bundle(made) as loaded:
        reader = loaded.buffer("rows")
        loaded.attach()
        child, readable = call_in_a_loop()
        seen, end = 0, time.monotonic() + SECONDS + 0.2
        while time.monotonic() < end:
            wait([reader], 0.1, period_s=0.005)
            seen += len(reader.rows(ROW))
        calls = finished(child, readable)
        return seen / SECONDS / 1e6, loaded.losses()["lost"], calls / SECONDS / 1e6


def main() -> None:
    sys.stdout.write(f"unwatched: {finished(*call_in_a_loop()) / SECONDS / 1e6:.2f} M calls/s from Python\n")
    for buffer, runs in ((RING, 50), (PERF, 8)):
        sys.stdout.write(f"{buffer.type.name}: read alone {reading_alone(buffer, runs):.2f} M rows/s\n")
        seen, lost, calls = while_it_runs(buffer)
        sys.stdout.write(
            f"{buffer.type.name}: watched live {seen:.2f} M rows/s of {calls:.2f} M calls/s, {lost} lost\n"
        )


if __name__ == "__main__":
    main()

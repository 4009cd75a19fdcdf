"""How fast rows of 32 bytes leave the kernel, and from which rate on some are lost.

usage: python -m tests.benchmarks.drain [--rounds N] [--alone]

A stream tool, compiled like any other, sends eight rows of four u64 for each system call of one process, which calls
getppid() as fast as it can or at a given rate; eight, since a process in Python can not call fast enough.

1. ``reader``: a full ring is emptied while nothing else runs: rows per second of the reader alone.
2. ``full speed``: the process calls for a while; what is received and what is lost, by the reader alone, by
   ``tuibpf run -o json`` with its lines thrown away, and by bpftrace with a printf of the same values into a file.
3. ``first loss``: ``tuibpf run -o json`` at rising rates; the highest without a loss.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from struct import Struct
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

from tests.benchmarks.contender import Contender, own_folder, tuibpf
from tests.benchmarks.figures import read_arguments, spread, table, tell
from tests.benchmarks.peers import bpftrace
from tests.benchmarks.tracefs import see_tracefs
from tests.conftest import why_not_privileged
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import Source
from tuibpf.kernel.loaded import Loaded
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target
from tuibpf.program import MapType

_ROUNDS = 3
_LIVE_S = 0.25
_RATES = (50_000, 100_000, 200_000, 400_000, 800_000, 1_600_000, 3_200_000)
_LARGE_RING = 8 << 20
_ROWS_PER_CALL = 8
_ROW = Struct("=4Q")

_SCRIPT = '''\
"""Eight rows of 32 bytes for every system call of one process."""

from tuibpf.lang import *

only = Option("-p", "--pid", type=Pid, default=0, help="the process")


class Call(Row):
    moment: u64
    number: u64
    stack: u64
    place: u64


calls = Stream(Call)


@tp_btf("sys_enter")
def entered(regs: "struct pt_regs *", id: s64):
    if pid() == only:
        for row in range(8):
            calls.emit(moment=now(), number=u64(id), stack=regs.sp, place=regs.ip)
'''
_PRINTF = 'printf("%lu %lu %lu %lu\\n", nsecs, args->id, args->args[0], args->args[1]);'
_BPFTRACE = f"tracepoint:raw_syscalls:sys_enter /pid == $1/ {{ {_PRINTF * _ROWS_PER_CALL} }}"

# Calls in groups of 50, each group when it is due; the number of calls in a second, 0 for as fast as it can.
_FLOOD = """
import os, sys, time
from itertools import repeat
sys.stdin.readline()
rate, seconds, call, now = float(sys.argv[1]), float(sys.argv[2]), os.getppid, time.perf_counter
done, start = 0, now()
while (passed := now() - start) < seconds:
    if not rate or done < passed * rate:
        for _ in repeat(None, 50):
            call()
        done += 50
print(done, now() - start, flush=True)
sys.stdin.readline()
"""


class Flood:
    """A process that calls getppid() for a while once it is told to, for *rate* rows in a second, 0 for its most."""

    def __init__(self, rate: float) -> None:
        words = [sys.executable, "-S", "-c", _FLOOD, str(rate / _ROWS_PER_CALL), str(_LIVE_S)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    @property
    def ended(self) -> bool:
        """Whether all its calls are done. It holds still then, so that it does not add the calls of its end."""
        return bool(select([self._process.stdout], [], [], 0)[0])

    def rate(self) -> float:
        """Rows in a second, as it was; waits for its end."""
        assert self._process.stdout
        calls, seconds = self._process.stdout.readline().split()
        return int(calls) * _ROWS_PER_CALL / float(seconds)


class Received(NamedTuple):
    """How many rows there were in a second, and which share of them was lost."""

    offered: float
    lost: float

    @property
    def received(self) -> float:
        return self.offered * (1 - self.lost)


def share(lost: int, received: int) -> float:
    return lost / max(1, lost + received)


def loaded(pid: int, ring_bytes: int | None = None) -> Loaded:
    bundle = compile_script(Source("calls.py", _SCRIPT), {"only": pid}, running_target())
    if ring_bytes is not None:
        maps = (one._replace(max_entries=ring_bytes) if one.type is MapType.RINGBUF else one for one in bundle.maps)
        bundle = bundle._replace(maps=tuple(maps))
    return load(bundle)


def reader_alone() -> float:
    """Records a second out of a ring that is full."""
    with Flood(0) as flood, loaded(flood.pid, _LARGE_RING) as probes:
        buffer = probes.buffer(probes.bundle.outputs[0].map)
        probes.attach()
        flood.begin()
        flood.rate()
        start = time.perf_counter()
        rows = buffer.rows(_ROW)
        took_s = time.perf_counter() - start
    return len(rows) / took_s


def reader_live(ring_bytes: int | None, pause_s: float) -> Received:
    """The reader with nothing behind it, which looks at the ring again after *pause_s*."""
    with Flood(0) as flood, loaded(flood.pid, ring_bytes) as probes:
        buffer = probes.buffer(probes.bundle.outputs[0].map)
        probes.attach()
        flood.begin()
        got = 0
        while not flood.ended:
            got += len(buffer.rows(_ROW))
            time.sleep(pause_s)
        got += len(buffer.rows(_ROW))
        return Received(flood.rate(), share(sum(probes.losses().values()), got))


def run_live(folder: Path, script: str, rate: float) -> Received:
    """The whole of ``tuibpf run -o json``, with its lines thrown away."""
    with Flood(rate) as flood:
        contender = tuibpf(folder, script, "-p", str(flood.pid), "-o", "json")
        with _started(contender, subprocess.DEVNULL, subprocess.PIPE) as process:
            assert process.stderr
            if b"attached" not in process.stderr.readline():
                raise SystemExit(f"tuibpf: {process.stderr.read().decode()}")
            flood.begin()
            offered = flood.rate()
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            summary = json.loads(process.communicate()[1].splitlines()[-1])
    return Received(offered, share(summary["lost"], summary["rows"]))


def bpftrace_live(path: Path) -> Received | str:
    """bpftrace's printf into a file; it says on its way how many it lost."""
    with Flood(0) as flood:
        contender = bpftrace("bpftrace printf", _BPFTRACE, str(flood.pid))
        if isinstance(contender, str):
            return contender
        with path.open("wb") as output, _started(contender, output, subprocess.STDOUT) as process:
            time.sleep(1)
            flood.begin()
            offered = flood.rate()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            process.wait()
    lines = path.read_text("utf-8", "replace").splitlines()
    rows = sum(line.count(" ") == 3 and line[:1].isdigit() for line in lines)
    lost = sum(int(found[1]) for line in lines if (found := re.match(r"Lost (\d+) events", line)))
    if not rows:
        return f"skipped: bpftrace printf: {lines[-1] if lines else 'it said nothing'}"
    return Received(offered, share(lost, rows))


@contextmanager
def _started(contender: Contender, output: Any, errors: int) -> Iterator[subprocess.Popen[bytes]]:
    words, environment = contender.command, dict(contender.environment)
    with subprocess.Popen(words, env=environment, stdout=output, stderr=errors) as process:
        try:
            yield process
        finally:
            process.kill()


def main() -> int:
    rounds, alone = read_arguments(__doc__, _ROUNDS)
    if reason := why_not_privileged():
        tell(f"not possible here: {reason}")
        return 0
    if reason := see_tracefs():
        tell(f"bpftrace may fail: {reason}")
    emptied = [reader_alone() / 1e6 for _ in range(rounds)]
    table(("M rows/s", "min", "median", "max"), [("reader, a full ring of 8 MiB", *spread(emptied, 2))])
    tell()
    with own_folder() as folder, TemporaryDirectory() as work:
        script = os.path.join(work, "calls.py")
        Path(script).write_text(_SCRIPT, "utf-8")
        run_live(folder, script, 1000)
        full_speed(folder, script, None if alone else Path(work, "lines"), rounds)
        tell()
        first_loss(folder, script, _RATES if rounds > 1 else _RATES[:1])
    return 0


def full_speed(folder: Path, script: str, lines: Path | None, rounds: int) -> None:
    found: dict[str, list[Received]] = {}
    peer: Received | str | None = None
    for _ in range(rounds):
        found.setdefault("reader, ring as shipped, every ms", []).append(reader_live(None, 0.001))
        found.setdefault("reader, ring of 8 MiB, every 20 ms", []).append(reader_live(_LARGE_RING, 0.02))
        found.setdefault("tuibpf run -o json", []).append(run_live(folder, script, 0))
        peer = bpftrace_live(lines) if lines else None
        if isinstance(peer, Received):
            found.setdefault("bpftrace printf", []).append(peer)
    if isinstance(peer, str):
        tell(peer)
    rows = []
    for name, all_of_it in found.items():
        offered = spread((one.offered / 1e6 for one in all_of_it), 2)[1]
        received, lost = (one.received / 1e6 for one in all_of_it), (one.lost * 100 for one in all_of_it)
        rows.append((name, offered, *spread(received, 2), *spread(lost)))
    table(("full speed, M rows/s", "offered", "received min", "median", "max", "lost % min", "median", "max"), rows)


def first_loss(folder: Path, script: str, rates: tuple[int, ...]) -> None:
    rows, lossless = [], 0.0
    for rate in rates:
        one = run_live(folder, script, rate)
        rows.append((f"wanted {rate / 1e6:g}", f"{one.offered / 1e6:.2f}", f"{one.received / 1e6:.2f}",
                     f"{one.lost:.1%}"))  # fmt: skip
        if one.lost:
            break
        lossless = one.offered
    table(("tuibpf run -o json, M rows/s", "offered", "received", "lost"), rows)
    tell(f"without a loss: up to {lossless / 1e6:.2f} M rows/s")


if __name__ == "__main__":
    sys.exit(main())

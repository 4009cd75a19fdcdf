"""What the probes cost the kernel: run_time_ns of our programs beside those of the C tools. Goal: at most 1.2 times.

usage: python -m tests.benchmarks.kernel_cost [--rounds N] [--alone]

The kernel's own statistics (BPF_ENABLE_STATS) of every program that a tracer holds, before and after the same workload,
one tracer attached at a time, in turns. ``ns`` is all that its programs spent for one operation: their run time over
the number of runs of the program that ran most. It includes the kernel's two readings of the clock for each run, which
an ``empty`` program, run alone, shows too. ``workload`` is the time of an operation as the traced process sees it; in
it counts also what the kernel does around a program, where a plain tracepoint costs more than a BTF-typed one.
"""

from __future__ import annotations

import mmap
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.contender import Contender, Counters, Running, own_folder, tuibpf
from tests.benchmarks.figures import read_arguments, spread, table, tell
from tests.benchmarks.peers import bpftrace, tool_of_libbpf
from tests.benchmarks.tracefs import see_tracefs
from tests.conftest import why_not_privileged
from tuibpf.isa import Register, encode, exit_program, mov64_imm
from tuibpf.kernel import bpf, info
from tuibpf.program import ProgramType

GOAL = 1.2
_ROUNDS = 3
_EXECS, _MESSAGES, _BLOCKS = 200, 10_000, 400
_BLOCK_BYTES = 4096
_LONGEST_START_S = 10.0
_SETTLED_S = 0.2

# The tcptop of libbpf-tools needs kprobes. This has the same key and sums as our tcptop, on the same two tracepoints.
_TCPTOP = """
tracepoint:sock:sock_send_length /args->protocol == 6 && args->ret > 0/ {
  $sk = (struct sock *)args->sk; $c = $sk->__sk_common;
  if (args->family == 2) {
    @tx[pid, comm, ntop($c.skc_rcv_saddr), $c.skc_num, ntop($c.skc_daddr), $c.skc_dport] = sum(args->ret);
  } else {
    @tx[pid, comm, ntop($c.skc_v6_rcv_saddr.in6_u.u6_addr8), $c.skc_num, ntop($c.skc_v6_daddr.in6_u.u6_addr8),
        $c.skc_dport] = sum(args->ret);
  }
}
tracepoint:sock:sock_recv_length /args->protocol == 6 && args->ret > 0 && !(args->flags & 2)/ {
  $sk = (struct sock *)args->sk; $c = $sk->__sk_common;
  if (args->family == 2) {
    @rx[pid, comm, ntop($c.skc_rcv_saddr), $c.skc_num, ntop($c.skc_daddr), $c.skc_dport] = sum(args->ret);
  } else {
    @rx[pid, comm, ntop($c.skc_v6_rcv_saddr.in6_u.u6_addr8), $c.skc_num, ntop($c.skc_v6_daddr.in6_u.u6_addr8),
        $c.skc_dport] = sum(args->ret);
  }
}
END { clear(@tx); clear(@rx); }
"""


class Cost(NamedTuple):
    """Of one operation: nanoseconds in programs, runs of programs, microseconds of the workload."""

    ns: float
    runs: float
    workload_us: float


class Case(NamedTuple):
    """*workload* does as many operations as it is told to."""

    tool: str
    operation: str
    count: int
    workload: Callable[[int], None]
    peers: tuple[Contender | str, ...]


def run_commands(count: int) -> None:
    command = shutil.which("true") or "/bin/true"
    words = ("true", *(f"argument-{number}" for number in range(8)))
    for _ in range(count):
        os.waitpid(os.posix_spawn(command, words, {}), 0)


def send_messages(count: int) -> None:
    """Over TCP and loopback: each is sent in one piece and received in one piece."""
    message = bytes(64)
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as server,
        closing(socket.create_connection(server.getsockname())) as sender,
        closing(server.accept()[0]) as receiver,
    ):
        for _ in range(count):
            sender.sendall(message)
            receiver.recv(len(message))


def read_blocks(count: int) -> None:
    """Past the page cache, so that each read is a request to the disk."""
    with TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        path = os.path.join(folder, "blocks")
        with open(path, "wb") as file:
            file.write(bytes(64 * _BLOCK_BYTES))
            os.fsync(file.fileno())
        block = mmap.mmap(-1, _BLOCK_BYTES)  # aligned, as direct reads want it
        fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
        try:
            for number in range(count):
                os.preadv(fd, [block], number % 64 * _BLOCK_BYTES)
        finally:
            os.close(fd)


def cases() -> list[Case]:
    equal = bpftrace("bpftrace, the same as tcptop", _TCPTOP)
    return [
        Case("execsnoop", "exec", _EXECS, run_commands, (tool_of_libbpf("execsnoop"),)),
        Case("tcptop", "send and receive", _MESSAGES, send_messages, (tool_of_libbpf("tcptop", "-C"), equal)),
        Case("biolatency", "request", _BLOCKS, read_blocks, (tool_of_libbpf("biolatency"),)),
    ]


def cost(contender: Contender, case: Case) -> Cost | str:
    """Attach *contender*, run the workload; the reason if its programs never ran."""
    with Running(contender) as running:
        while not any(counters.runs for counters in running.programs().values()):
            if running.ended:
                return f"it gave up: {running.last_words()}"
            if time.monotonic() - running.started_s > _LONGEST_START_S:
                return f"none of its programs ran within {_LONGEST_START_S:g} s"
            case.workload(max(1, case.count // 50))
        time.sleep(_SETTLED_S)  # the rest of its programs may come later
        case.workload(max(1, case.count // 10))
        before, start = running.programs(), time.perf_counter()
        case.workload(case.count)
        took_s, after = time.perf_counter() - start, running.programs()
        running.read()
    grown = [_grown(before.get(ident), counters) for ident, counters in after.items()]
    operations = max((one.runs for one in grown), default=0)
    if not operations:
        return "its programs did not run for the workload"
    spent, runs = sum(one.run_ns for one in grown), sum(one.runs for one in grown)
    return Cost(spent / operations, runs / operations, took_s / case.count * 1e6)


def _grown(before: Counters | None, after: Counters) -> Counters:
    return Counters(after.run_ns - before.run_ns, after.runs - before.runs) if before else after


def empty_program_ns() -> float:
    """What the statistics show for a program that does nothing: the readings of the clock."""
    code = encode((mov64_imm(Register.R0, 0), exit_program()))
    fd = bpf.program_load(ProgramType.RAW_TRACEPOINT, code, "empty")
    try:
        for _ in range(1000):
            bpf.program_test_run(fd)
        told = info.program_info(fd)
    finally:
        os.close(fd)
    return told.run_ns / told.runs if told.runs else 0.0


def compare(case: Case, ours: Contender, rounds: int) -> None:
    wanted = [ours, *(peer for peer in case.peers if not isinstance(peer, str))]
    for peer in case.peers:
        if isinstance(peer, str):
            tell(peer)
    found: dict[str, list[Cost]] = {contender.name: [] for contender in wanted}
    untraced = []
    for turn in range(rounds):
        start = time.perf_counter()
        case.workload(case.count)
        untraced.append((time.perf_counter() - start) / case.count * 1e6)
        for contender in wanted if turn % 2 == 0 else wanted[::-1]:
            if contender.name not in found:
                continue
            if isinstance(one := cost(contender, case), Cost):
                found[contender.name].append(one)
            else:
                tell(f"skipped: {contender.name}: {one}")
                del found[contender.name]
    rows = [("untraced", "-", "-", "-", "-", spread(untraced)[1], "-", "-", "-")]
    for name, costs in found.items():
        ratios = [mine.ns / theirs.ns for mine, theirs in zip(found.get(ours.name, []), costs, strict=False)]
        runs, workload = median(one.runs for one in costs), median(one.workload_us for one in costs)
        times = spread((one.ns for one in costs), 0)
        rows.append((name, *times, f"{runs:.1f}", f"{workload:.1f}", *spread(ratios if name != ours.name else [], 2)))
    heads = (f"per {case.operation}", "ns min", "median", "max", "runs", "workload µs", "ours/it", "med", "max")
    table(heads, rows)


def main() -> int:
    rounds, alone = read_arguments(__doc__, _ROUNDS)
    if reason := why_not_privileged():
        tell(f"not possible here: {reason}")
        return 0
    if reason := see_tracefs():
        tell(f"peers may fail: {reason}")
    try:
        statistics = bpf.enable_stats()
    except OSError as error:
        tell(f"not possible here: the kernel's statistics of programs: {error.strerror}")
        return 0
    try:
        tell(f"an empty program: {empty_program_ns():.0f} ns; goal: at most {GOAL:g} times the C tool")
        with own_folder() as folder:
            for case in cases():
                tell()
                ours = tuibpf(folder, case.tool, "-o", "json")
                try:
                    compare(case._replace(peers=()) if alone else case, ours, rounds)
                except OSError as error:
                    tell(f"skipped: {ours.name}: its workload can not run here: {error}")
    finally:
        os.close(statistics)
    return 0


if __name__ == "__main__":
    sys.exit(main())

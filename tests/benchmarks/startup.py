"""From the start of the process until its probes are attached: tuibpf run execsnoop beside its peers.

usage: python -m tests.benchmarks.startup [--rounds N] [--alone]

All are judged in the same way, by what they show. While a tracer starts, this benchmark runs ``true`` every 2 ms with a
number as its argument. The smallest number that the tracer ever shows tells when it was attached: when that command was
started, which does not depend on how soon the tracer writes. So each figure is about 1 ms too large, and the commands
take up to a half of one processor; that holds for all alike.

Each peer is started in a pair with tuibpf, in turns the one or the other first; the ratio is tuibpf's time over the
peer's of the same pair. One launch of each comes before, which is not counted: files are cached, and Python's modules
compiled, as pip does it at installation.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import NamedTuple

from tests.benchmarks.contender import Contender, Running, bytecode_folder, tuibpf
from tests.benchmarks.figures import read_arguments, spread, table, tell
from tests.benchmarks.peers import bcc_exec_script, bpftrace, bpftrace_script, tool_of_bcc, tool_of_libbpf
from tests.benchmarks.tracefs import see_tracefs
from tests.conftest import why_not_privileged

_ROUNDS = 4
_PERIOD_S = 0.002
_LONGEST_S = 15.0
_STRAGGLERS_S = 0.1  # rows of another processor may come later, with a smaller number
_MARK = re.compile(r"tuibpf-marker-(\d+)")


class Launch(NamedTuple):
    attached_ms: float
    cpu_ms: float
    memory_mb: float


def launch(contender: Contender) -> Launch | str:
    """Start *contender* once; the reason if it ended without having seen a command."""
    command = shutil.which("true") or "/bin/true"
    started: list[float] = []
    with Running(contender) as running:
        while not _MARK.search(running.read()):
            if running.ended:
                return f"it gave up: {running.last_words()}"
            if time.monotonic() - running.started_s > _LONGEST_S:
                return f"it saw nothing within {_LONGEST_S:g} s: {running.last_words()}"
            started.append(time.monotonic())
            mark = f"tuibpf-marker-{len(started) - 1}"
            os.waitpid(os.posix_spawn(command, ("true", mark), {}), 0)
            time.sleep(max(0.0, started[-1] + _PERIOD_S - time.monotonic()))
        time.sleep(_STRAGGLERS_S)
        usage = running.stop()
        first = min(map(int, _MARK.findall(running.output)))
    return Launch((started[first] - running.started_s) * 1000, usage.cpu_ms, usage.most_memory_mb)


def contenders() -> list[Contender | str]:
    return [
        tool_of_libbpf("execsnoop"),
        bpftrace("bpftrace -e, one line", "tracepoint:syscalls:sys_enter_execve { join(args->argv) }"),
        bpftrace_script("execsnoop.bt"),
        tool_of_bcc("execsnoop"),
        bcc_exec_script(),
    ]


def pair(ours: Contender, peer: Contender, peer_first: bool) -> tuple[Launch, Launch] | None:
    """One launch of each. Both have worked before; if one does not now, the pair does not count."""
    found = {}
    for contender in (peer, ours) if peer_first else (ours, peer):
        launched = launch(contender)
        if isinstance(launched, str):
            tell(f"not counted: {contender.name}: {launched}")
            return None
        found[contender.name] = launched
    return found[ours.name], found[peer.name]


def main() -> int:
    rounds, alone = read_arguments(__doc__, _ROUNDS)
    if reason := why_not_privileged():
        tell(f"not possible here: {reason}")
        return 0
    if reason := see_tracefs():
        tell(f"peers may fail: {reason}")
    with bytecode_folder() as folder:
        ours = tuibpf(folder, "execsnoop")
        if isinstance(first := launch(ours), str):
            tell(f"{ours.name}: {first}")
            return 1
        peers = []
        for peer in [] if alone else contenders():
            if isinstance(peer, str):
                tell(peer)
            elif isinstance(first := launch(peer), str):
                tell(f"skipped: {peer.name}: {first}")
            else:
                peers.append(peer)
        all_ours = [] if peers else [one for _ in range(rounds) if isinstance(one := launch(ours), Launch)]
        pairs: dict[str, list[tuple[Launch, Launch]]] = {peer.name: [] for peer in peers}
        for turn in range(rounds):
            for peer in peers:
                if both := pair(ours, peer, peer_first=turn % 2 == 1):
                    pairs[peer.name].append(both)
    all_ours += [mine for found in pairs.values() for mine, _ in found]
    rows = [_row(ours.name, all_ours, [])]
    for name, found in pairs.items():
        ratios = [mine.attached_ms / theirs.attached_ms for mine, theirs in found]
        rows.append(_row(name, [theirs for _, theirs in found], ratios))
    heads = ("launch to attached, ms", "launches", "min", "median", "max", "CPU ms", "MB", "ours/it", "med", "max")
    table(heads, rows)
    return 0


def _row(name: str, launches: list[Launch], ratios: list[float]) -> tuple[str, ...]:
    cpu, memory = spread(one.cpu_ms for one in launches)[1], spread(one.memory_mb for one in launches)[1]
    times = spread(one.attached_ms for one in launches)
    return (name, str(len(launches)), *times, cpu, memory, *spread(ratios, 2))


if __name__ == "__main__":
    sys.exit(main())

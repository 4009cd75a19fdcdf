"""From the start of the process until its probes are attached: tuibpf run execsnoop beside its peers.

usage: python -m tests.benchmarks.startup [--rounds N] [--alone]

All are judged in the same way, by what they show. While a tracer starts, this benchmark runs ``true`` every 2 ms with a
number as its argument. The smallest number that the tracer ever shows tells when it was attached: when that command was
started, which does not depend on how soon the tracer writes. So each figure is about 1 ms too large, and the commands
take up to a half of one processor; that holds for all alike.

All are started once in each round, in turns from the first to the last and back, and ratios are those within a round:
the time of tuibpf over the peer's. ``compiling`` has forgotten what earlier launches compiled, as on the first launch
of a script; ``again`` may use it. One launch of each comes before, which is not counted: files are cached, the kernel's
types indexed, and Python's modules compiled, as pip does it at installation.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import NamedTuple

from tests.benchmarks.contender import Contender, Running, own_folder, tuibpf
from tests.benchmarks.figures import read_arguments, spread, table, tell
from tests.benchmarks.peers import bcc_exec_script, bpftrace, bpftrace_script, tool_of_bcc, tool_of_libbpf
from tests.benchmarks.tracefs import see_tracefs
from tests.conftest import why_not_privileged

_ROUNDS = 5
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


def peers() -> list[Contender | str]:
    return [
        tool_of_libbpf("execsnoop"),
        bpftrace("bpftrace -e, one line", "tracepoint:syscalls:sys_enter_execve { join(args->argv) }"),
        bpftrace_script("execsnoop.bt"),
        tool_of_bcc("execsnoop"),
        bcc_exec_script(),
    ]


def able(wanted: list[Contender | str]) -> list[Contender]:
    """Those that are installed and see commands here; says of the others why not."""
    found = []
    for one in wanted:
        if isinstance(one, str):
            tell(one)
        elif isinstance(first := launch(one), str):
            tell(f"skipped: {one.name}: {first}")
        else:
            found.append(one)
    return found


def measure(contenders: list[Contender], rounds: int) -> list[dict[str, Launch]]:
    """By round and name. A launch that fails, where the first one did not, is left out."""
    found: list[dict[str, Launch]] = []
    for turn in range(rounds):
        found.append({})
        for contender in contenders if turn % 2 == 0 else contenders[::-1]:
            if isinstance(launched := launch(contender), Launch):
                found[-1][contender.name] = launched
            else:
                tell(f"not counted: {contender.name}: {launched}")
    return found


def main() -> int:
    rounds, alone = read_arguments(__doc__, _ROUNDS)
    if reason := why_not_privileged():
        tell(f"not possible here: {reason}")
        return 0
    if reason := see_tracefs():
        tell(f"peers may fail: {reason}")
    with own_folder() as folder:
        compiling = tuibpf(folder, "execsnoop", name="tuibpf run execsnoop, compiling", forgets=True)
        again = tuibpf(folder, "execsnoop", name="tuibpf run execsnoop, again")
        contenders = able([compiling, again, *([] if alone else peers())])
        found = measure(contenders, rounds)
    rows = []
    for contender in contenders:
        mine = [launches[contender.name] for launches in found if contender.name in launches]
        rows.append((
            contender.name, *spread(one.attached_ms for one in mine), spread(one.cpu_ms for one in mine)[1],
            spread(one.memory_mb for one in mine)[1],
            *(" ".join(spread(_ratios(found, ours.name, contender.name), 2)) for ours in (compiling, again)),
        ))  # fmt: skip
    tell(f"{rounds} launches of each; ratios: min, median, max")
    table(("launch to attached, ms", "min", "median", "max", "CPU ms", "MB", "compiling / it", "again / it"), rows)
    return 0


def _ratios(found: list[dict[str, Launch]], ours: str, theirs: str) -> list[float]:
    rounds = (one for one in found if ours in one and theirs in one) if ours != theirs else ()
    return [one[ours].attached_ms / one[theirs].attached_ms for one in rounds]


if __name__ == "__main__":
    sys.exit(main())

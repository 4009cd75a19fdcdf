"""Cold compile of each tool: from the text of its script to bytecode that can be loaded. Goal: 5 ms, better 2 ms.

usage: python -m tests.benchmarks.compile [--rounds N]

``first``: the first compile of a fresh process, which is what a launch pays, its modules already imported; from several
processes. ``min``, ``median`` and ``max``: fresh compiles in one process, each with a kernel that it has not asked
anything before; only the copy of the kernel's types on the disk is warm. Nothing is kept from one compile to the next.
``cpu`` is the median of the processor time, which tells more where other processes take their turns meanwhile.
The ratio is to ``ast.parse`` of the same script in the same run: what Python itself needs just to read it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

from tests.benchmarks.figures import read_arguments, spread, table, tell
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import NotSupported
from tuibpf.kernel.machine import Machine
from tuibpf.tool.discover import find_tool
from tuibpf.tool.option import parse_arguments
from tuibpf.tool.tool import Tool

GOAL_MS = 5.0
_ROUNDS = 100
_FRESH_PROCESSES = 5
_COMMANDS = ("execsnoop", "tcptop", "biolatency", "execsnoop -x", "biolatency -Q -D -F")


class Compiled(NamedTuple):
    ms: float
    cpu_ms: float
    programs: int
    instructions: int


def tool_and_options(command: str) -> tuple[Tool, dict[str, object]]:
    """What ``tuibpf run`` makes of these words."""
    name, *words = command.split()
    tool = find_tool(name)
    spellings = {spelling: option for option in tool.options for spelling in (option.short, option.long) if spelling}
    return tool, dict(parse_arguments(spellings, words).values)


def compile_once(tool: Tool, options: dict[str, object]) -> Compiled:
    target = Machine()
    assert target.btf  # the index is mapped, nothing is looked up yet
    start, cpu_start = time.perf_counter(), time.thread_time()
    bundle = compile_script(tool.source, options, target)
    cpu_s, s = time.thread_time() - cpu_start, time.perf_counter() - start
    return Compiled(
        s * 1000, cpu_s * 1000, len(bundle.programs), sum(len(program.instructions) // 8 for program in bundle.programs)
    )


def first_of_a_process(command: str) -> float:
    """Milliseconds of the first compile in a process of its own."""
    words = [sys.executable, "-m", "tests.benchmarks.compile", "--first", command]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def parse_ms(text: str) -> float:
    start = time.thread_time()
    ast.parse(text)
    return (time.thread_time() - start) * 1000


def main() -> int:
    if sys.argv[1:2] == ["--first"]:
        tell(str(compile_once(*tool_and_options(sys.argv[2])).ms))
        return 0
    rounds = read_arguments(__doc__, _ROUNDS).rounds
    try:
        assert Machine().btf
    except NotSupported as error:
        tell(f"not possible here: {error}")
        return 0
    rows, slow = [], []
    for command in _COMMANDS:
        tool, options = tool_and_options(command)
        try:
            compile_once(tool, options)
        except NotSupported as error:  # the format of a plain tracepoint is not for everybody to read
            tell(f"skipped: {command}: {error}".partition("\n")[0])
            continue
        first = [first_of_a_process(command) for _ in range(min(rounds, _FRESH_PROCESSES))]
        both = [(compile_once(tool, options), parse_ms(tool.source.text)) for _ in range(rounds)]
        found, parsing = [one for one, _ in both], median(ms for _, ms in both)
        cpu = median(one.cpu_ms for one in found)
        if median(one.ms for one in found) > GOAL_MS:
            slow.append(command)
        rows.append((command, str(found[0].programs), str(found[0].instructions), f"{median(first):.2f}",
                     *spread((one.ms for one in found), 2), f"{cpu:.2f}", f"{cpu / parsing:.1f}"))  # fmt: skip
    table(("ms", "programs", "instructions", "first", "min", "median", "max", "cpu", "× ast.parse"), rows)
    tell(f"goal: a median of at most {GOAL_MS:g} ms: " + (f"missed by {', '.join(slow)}" if slow else "reached by all"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

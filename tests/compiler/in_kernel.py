"""Runs a function of the language in the kernel, by BPF_PROG_TEST_RUN of a raw tracepoint's program."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tuibpf.compiler import compile_script
from tuibpf.diagnostics import Source
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target

# The pointers of sched_switch are the numbers under test: a test run hands over whatever it is given.
_SCRIPT = """
from tuibpf.lang import *

results = Hash(u32, {result}, 64)

{function}

@raw_tp("sched_switch")
def probe(prev: "struct task_struct *", next: "struct task_struct *"):
    x = {x}(u64(prev))
    y = {y}(u64(next))
    {body}
"""


def run(
    function: str, pairs: Sequence[tuple[int, int]], x: str = "u64", y: str = "u64", result: str = "u64"
) -> list[int | None]:
    """What ``f(x, y)`` of *function* gives for each of *pairs*; None where it gives None."""
    answers = []
    body = "answer = f(x, y)\n    if answer is not None:\n        results[0] = answer"
    text = _SCRIPT.format(result=result, function=function, x=x, y=y, body=body)
    size, signed = int(result[1:]) // 8, result[0] == "s"
    with load(compile_script(Source("oracle.py", text), {}, running_target())) as loaded:
        for first, second in pairs:
            args = struct.pack("=QQQQ", 0, first % 2**64, second % 2**64, 0)
            loaded.map("results").delete(bytes(4))
            loaded.test_run("probe", args)
            found = loaded.map("results").lookup(bytes(4))
            answers.append(None if found is None else int.from_bytes(found[:size], "little", signed=signed))
    return answers

"""What only the kernel's verifier can refuse is shown at the script's own line."""

from __future__ import annotations

from typing import Any

import pytest

from tuibpf.compiler import compile_script
from tuibpf.diagnostics import CompileError, Source
from tuibpf.kernel import bpf
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target

TOO_LONG_TO_WALK = """
from tuibpf.lang import *

results = Hash(u32, u64)

@raw_tp("sched_switch")
def probe(prev: "struct task_struct *"):
    total = u64(prev)
    for i in range(2000):
        for j in range(2000):
            total += i * j
    results[0] = total
"""


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The verifier's logs, as far as somebody asked for one."""
    kept: list[bytes] = []
    program_load = bpf.program_load

    def noting(*arguments: Any, log: bytearray | None = None, **named: Any) -> int:
        try:
            return program_load(*arguments, log=log, **named)
        finally:
            if log is not None:
                kept.append(bytes(log))

    monkeypatch.setattr(bpf, "program_load", noting)
    return kept


@pytest.mark.usefixtures("privileged")
def test_a_loop_that_the_verifier_does_not_walk_to_its_end(logs: list[bytes]) -> None:
    bundle = compile_script(Source("tool.py", TOO_LONG_TO_WALK), {}, running_target())
    with pytest.raises(CompileError) as caught:
        load(bundle)
    said = caught.value.diagnostic.render().splitlines()
    assert said[0].startswith("tool.py:")
    assert "the kernel's verifier refuses probe" in said[0]
    assert said[1].split("|")[1].strip() in TOO_LONG_TO_WALK
    assert "^" in said[2]
    assert b"; total += i * j" in logs[-1], "the kernel knows the lines of the script"

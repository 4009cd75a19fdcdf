"""What only the kernel's verifier can refuse is shown at the script's own line."""

from __future__ import annotations

import pytest

from tuibpf.compiler import compile_script
from tuibpf.diagnostics import CompileError, Source
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


@pytest.mark.usefixtures("privileged")
def test_a_loop_that_the_verifier_does_not_walk_to_its_end() -> None:
    bundle = compile_script(Source("tool.py", TOO_LONG_TO_WALK), {}, running_target())
    with pytest.raises(CompileError) as caught:
        load(bundle)
    said = caught.value.diagnostic.render().splitlines()
    assert said[0].startswith("tool.py:")
    assert "the kernel's verifier refuses probe" in said[0]
    assert said[1].split("|")[1].strip() in TOO_LONG_TO_WALK
    assert "^" in said[2]

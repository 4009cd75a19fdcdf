"""Every refusal, with its whole text. A case is a file: the script, a line of dashes, what is said of it.

``TUIBPF_REWRITE=1 pytest tests/frontend/test_refusals.py`` writes down what is said now, to be read before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.frontend.small_kernel import ALL_FEATURES, SmallKernel
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import CompileError, Source

CASES = sorted((Path(__file__).parent / "refusals").glob("*.txt"))
LINE = "-" * 40 + "\n"


def refusal(text: str) -> str:
    """What the compiler says of a script that it refuses."""
    with pytest.raises(CompileError) as caught:
        compile_script(Source("tool.py", text), {}, SmallKernel())
    return caught.value.diagnostic.render() + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_refusal(case: Path) -> None:
    script, _, expected = case.read_text().partition(LINE)
    said = refusal(script)
    if os.environ.get("TUIBPF_REWRITE"):
        case.write_text(script + LINE + said)
    assert said == expected


BITS = """from tuibpf.lang import *

class Seen(Struct):
    flags: u64

seen = Table(Pid, Seen)

@tp_btf("sched_process_exit")
def left(p: "struct task_struct *"):
    seen[p.tgid].flags |= 4
"""


def test_bits_of_a_map_are_changed_in_one_step_or_not_at_all() -> None:
    assert compile_script(Source("tool.py", BITS), {}, SmallKernel()).programs
    with pytest.raises(CompileError) as caught:
        compile_script(Source("tool.py", BITS), {}, SmallKernel(ALL_FEATURES - {"atomic_fetch"}))
    assert caught.value.diagnostic.render().splitlines() == [
        "tool.py:10:5: error: `flags` is in a map, and this kernel can not change its bits in one step",
        "   10 |     seen[p.tgid].flags |= 4",
        "      |     ^^^^^^^^^^^^^^^^^^^^^^^",
        "  hint: &= |= ^= need Linux 5.12; += and -= work everywhere",
    ]
    assert compile_script(Source("tool.py", BITS.replace("|=", "+=")), {}, SmallKernel(frozenset())).programs


def test_there_are_cases() -> None:
    assert len(CASES) >= 20

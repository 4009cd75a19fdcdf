"""Every refusal, with its whole text. A case is a file: the script, a line of dashes, what is said of it.

``TUIBPF_REWRITE=1 pytest tests/frontend/test_refusals.py`` writes down what is said now, to be read before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.frontend.small_kernel import SmallKernel
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


def test_there_are_cases() -> None:
    assert len(CASES) >= 20

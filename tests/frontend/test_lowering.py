"""What scripts become, as text: the script, a line of dashes, the IR after all passes.

``TUIBPF_REWRITE=1 pytest tests/frontend/test_lowering.py`` writes down what comes out now, to be read.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.frontend.small_kernel import SmallKernel
from tuibpf.compiler import compile_stages
from tuibpf.diagnostics import Source

CASES = sorted((Path(__file__).parent / "lowered").glob("*.txt"))
LINE = "-" * 40 + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_lowering(case: Path) -> None:
    script, _, expected = case.read_text().partition(LINE)
    stages = {stage.name: stage.text for stage in compile_stages(Source("tool.py", script), {}, SmallKernel())}
    last = list(stages)[list(stages).index("instructions") - 1]
    if os.environ.get("TUIBPF_REWRITE"):
        case.write_text(script + LINE + stages[last])
    assert stages[last] == expected

"""The benchmarks run at all: each once, without its peers, and whatever the figures are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def _run(*words: str) -> str:
    command = [sys.executable, "-m", "tests.benchmarks", *words]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_list_tells_what_each_is_for() -> None:
    lines = _run("--list").splitlines()
    names = [line.partition(":")[0] for line in lines]
    assert names == ["compile", "startup", "kernel_cost", "drain", "views", "screen"]
    assert all(line.partition(": ")[2] for line in lines)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("compile", ["execsnoop", "tcptop", "biolatency", "goal: "]),
        ("startup", ["launch to attached", "tuibpf run execsnoop"]),
        ("kernel_cost", ["tuibpf run execsnoop", "tuibpf run tcptop", "tuibpf run biolatency"]),
        ("views", ["four integers: json", "execsnoop: decode"]),
        ("drain", ["reader, a full ring", "tuibpf run -o json", "without a loss"]),
    ],
)
def test_it_runs(name: str, told: list[str]) -> None:
    output = _run("--alone", "--rounds", "1", name)
    if "not possible here: " in output:
        pytest.skip(reason=output.partition("not possible here: ")[2].strip())
    for words in told:
        assert words in output

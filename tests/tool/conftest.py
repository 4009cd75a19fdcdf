"""A launch cache of a test's own, and what is compiled in spite of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tuibpf.compiler
import tuibpf.frontend.header
from tuibpf.diagnostics import Source
from tuibpf.kernel.trusted_files import CACHE_VARIABLE
from tuibpf.tool import launch_cache


@pytest.fixture
def launches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, on a kernel and with a compiler that nobody edits meanwhile."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(launch_cache, "_compiler_files", lambda: (("", "compiler.py", 1, 1),))
    (tmp_path / "btf").write_text("types")
    monkeypatch.setattr(launch_cache, "BTF_FILE", str(tmp_path / "btf"))
    return tmp_path / "cache" / "launches"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the scripts that were compiled, or whose headers were read."""
    counted: list[str] = []
    for module, name in ((tuibpf.compiler, "compile_script"), (tuibpf.frontend.header, "read_header")):
        monkeypatch.setattr(module, name, _counting(getattr(module, name), counted))
    return counted


def _counting(function: Callable[..., Any], counted: list[str]) -> Callable[..., Any]:
    def counting(source: Source, *more: Any) -> Any:
        counted.append(source.name)
        return function(source, *more)

    return counting

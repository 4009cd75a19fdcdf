"""The order of the house: who may import whom. Read from the source, so that an import inside a function counts too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tuibpf"
MODULES = sorted(PACKAGE.rglob("*.py"))

_VALUES = {"diagnostics", "isa", "btf", "lang", "program"}
_COMPILER = {*_VALUES, "ir", "frontend", "passes", "codegen", "compiler"}
_CORE = {*_COMPILER, "kernel", "tool", "record"}
# What each part may import. Passes never import the front end, which is why the builder belongs to ir; what is not
# under kernel makes no system call of bpf, and what is under it knows nothing of scripts.
MAY_IMPORT = {
    "diagnostics": set(),
    "lang": set(),
    "isa": {"diagnostics"},
    "btf": {"diagnostics"},
    "program": {"diagnostics"},
    "ir": _VALUES,
    "frontend": {*_VALUES, "ir"},
    "passes": {*_VALUES, "ir"},
    "codegen": {*_VALUES, "ir", "passes"},
    "compiler": _COMPILER - {"compiler"},
    "kernel": {"diagnostics", "isa", "btf", "program"},
    "tool": {*_COMPILER, "kernel"},
    "record": _CORE - {"record"},
    "view": _CORE,
    "tui": _CORE,
    "cli": {*_CORE, "view", "tui"},
    "__main__": {"cli"},
}
LARGEST_FILE = 400
NO_NAMES = {"util", "utils", "helpers", "common", "misc"}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Every import in the file *path*: its line, and the dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "tuibpf":
                yield from ((node.lineno, f"tuibpf.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    if path == PACKAGE / "__init__.py":
        assert not list(imported(path)), "the package itself imports nothing: every launch would pay for it"
        return
    allowed = {*MAY_IMPORT[part], part, "__version__"}
    wrong = [
        f"line {line}: {name}"
        for line, name in imported(path)
        if name.startswith("tuibpf.") and name.split(".")[1] not in allowed
    ]
    assert not wrong, f"{part} may import {', '.join(sorted(allowed))}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_dashboard_knows_its_toolkit(path: Path) -> None:
    if part_of(path) == "tui":
        return
    toolkits = {"textual", "rich", "psutil"}
    wrong = [name for _, name in imported(path) if name.split(".")[0] in toolkits]
    assert not wrong


def test_every_part_has_its_place() -> None:
    parts = {part_of(path) for path in MODULES} - {"__init__"}
    assert parts <= set(MAY_IMPORT)


def sources() -> list[Path]:
    return [path for folder in ("tuibpf", "tests", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LARGEST_FILE} == {}


def test_names_are_the_nouns_one_would_search_for() -> None:
    wrong = [str(path) for path in sources() if NO_NAMES & set(path.relative_to(ROOT).with_suffix("").parts)]
    assert not wrong

"""The second launch as a process: it imports no compiler, and does what the first one did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run

_COMPILER = ("frontend", "ir", "passes", "codegen", "compiler", "btf", "isa", "lang")
# Ends with what was imported, and with what Python's own compiler was asked for.
_PROGRAM = """
import builtins, sys
compile, asked = builtins.compile, []
builtins.compile = lambda *given, **named: (asked.append(given[0]), compile(*given, **named))[1]
from tuibpf.cli import main
code = main(sys.argv[1:])
print(*(name for name in sys.modules if name.startswith("tuibpf.")), file=sys.stderr)
print(len(asked), file=sys.stderr)
sys.exit(code)
"""


class Launch:
    """A finished process: its exit code, what it wrote and said, and the modules of ours that it imported."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        *said, modules, compiled = done.stderr.splitlines()
        self.code = done.returncode
        self.rows = done.stdout.splitlines()
        self.said = said
        self.modules = set(modules.split())
        self.python_compiled = int(compiled)

    @property
    def compiler(self) -> set[str]:
        return {name for name in self.modules if name.split(".")[1] in _COMPILER}


class Checkout:
    """A copy of the package that nobody else edits, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tuibpf", "tools"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(folder),
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
            "TUIBPF_CACHE": str(folder / "cache"),
            "HOME": str(folder),
        }

    def launch(self, *arguments: str, **environment: str) -> Launch:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *arguments], env={**self.environment, **environment}, cwd="/",
            text=True, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Launch(done)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = tmp_path_factory.mktemp("checkout")
    yield Checkout(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.usefixtures("privileged", "kernel_types", "tracefs")
@pytest.mark.parametrize(
    "words",
    [("execsnoop",), ("execsnoop", "-x", "-u", "0"), ("biolatency", "-D"), ("tcptop", "-C")],
    ids=lambda words: " ".join(words),
)
def test_the_second_launch_imports_no_compiler(words: tuple[str, ...], checkout: Checkout) -> None:
    launches = [checkout.launch("run", "-o", "json", "-d", "0", *words) for _ in range(2)]
    first, second = launches
    assert [launch.code for launch in launches] == [0, 0]
    assert "tuibpf.compiler" in first.compiler
    assert second.compiler == set()
    assert first.python_compiled > 0
    assert second.python_compiled == 0, "from __future__ import annotations, beside a NamedTuple?"
    for launch in launches:
        assert json.loads(launch.said[-1])["tool"] == words[0]


@pytest.mark.usefixtures("privileged", "kernel_types")
def test_rows_are_the_same(checkout: Checkout) -> None:
    """Both launches see what this test does while they run: the tool is ended by its first row."""
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tuibpf", "run", "-o", "json", "execsnoop", "-n", "env"],
            env=checkout.environment, cwd="/", text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert "attached in" in process.stderr.readline()
        subprocess.run(["/usr/bin/env", "true", "a b"], check=True)
        process.terminate()
        out, _ = process.communicate(timeout=20)
        (row,) = [row for row in map(json.loads, out.splitlines()) if "a b" in row["args"]]
        assert row["args"] == ["/usr/bin/env", "true", "a b"]


@pytest.mark.usefixtures("privileged", "kernel_types")
def test_an_edit_of_the_compiler_or_of_the_script_is_seen(checkout: Checkout) -> None:
    words = ("run", "-d", "0", "execsnoop", "-t")
    checkout.launch(*words)
    assert not checkout.launch(*words).compiler
    edited = checkout.folder / "tuibpf" / "passes" / "fold.py"
    status = edited.stat()
    edited.write_text(edited.read_text().replace("constant", "CONSTANT"))
    os.utime(edited, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert edited.stat().st_size == status.st_size
    assert checkout.launch(*words).compiler, "of the same size, and with its old time of modification"
    assert not checkout.launch(*words).compiler
    script = checkout.folder / "tools" / "process" / "execsnoop.py"
    script.write_text(script.read_text() + "\nimport os\n")
    try:
        refused = checkout.launch(*words)
        assert refused.code == 1
        assert "import os" in "\n".join(refused.said)
    finally:
        script.write_text(script.read_text().removesuffix("\nimport os\n"))
    assert not checkout.launch(*words).compiler


@pytest.mark.usefixtures("privileged", "kernel_types")
def test_features_and_the_switch(checkout: Checkout) -> None:
    words = ("run", "-d", "0", "biolatency", "-m")
    for without in ("ringbuf", "", "batch"):
        assert checkout.launch(*words, TUIBPF_WITHOUT=without).code == 0
    for _ in range(2):
        assert checkout.launch(*words, TUIBPF_CACHE="").compiler


@pytest.mark.usefixtures("kernel_types", "tracefs")
def test_check_and_dump_always_compile(checkout: Checkout) -> None:
    for command in ("check", "dump"):
        for _ in range(2):
            launch = checkout.launch(command, "execsnoop")
            assert launch.code == 0
            assert "tuibpf.codegen.emit" in launch.compiler


@pytest.mark.usefixtures("kernel_types")
def test_every_module_of_the_compiler_is_part_of_its_identity(checkout: Checkout) -> None:
    launch = checkout.launch("check", "biolatency")
    from tuibpf.tool.launch_cache import _compiler_files

    known = {(part, name) for part, name, *_ in _compiler_files()}
    for module in launch.modules:
        path = ROOT.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        part = "" if path.parent == ROOT / "tuibpf" else path.parent.name
        assert part in ("cli", "kernel") or (part, path.name) in known


@pytest.mark.usefixtures("kernel_types")
def test_an_ordinary_user_has_launches_of_his_own(as_nobody: Run) -> None:
    """He may not load what he compiles, and is told so alike both times."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        own = Path(folder) / "cache"
        told = [as_nobody("run", "execsnoop", env={"TUIBPF_CACHE": str(own)}) for _ in range(2)]
        assert [(done.returncode, done.stdout, done.stderr) for done in told] == [(3, "", told[0].stderr)] * 2
        kept = list((own / "launches").iterdir())
        assert len(kept) == 2
        assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_an_ordinary_user_does_without_roots_launches(as_nobody: Run) -> None:
    for _ in range(2):
        listed = as_nobody("list", "-o", "json")
        assert listed.returncode == 0
        assert "execsnoop" in listed.stdout

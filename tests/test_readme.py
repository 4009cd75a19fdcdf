"""What the README promises: its commands, its tool in ten lines, its map of the source."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_two_commands_set_everything_up():
    first, second = blocks("sh")
    assert first.count("\n") == second.count("\n") == 1
    assert first.rstrip().endswith(".venv/bin/tuibpf")
    assert second.rstrip().endswith("pytest")


def test_ci_runs_the_second_command_literally():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = re.search(r"second_command\(\) \{\n(.*?)\n\}", script, re.DOTALL)[1]
    out = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert out == blocks("sh")[1]


@pytest.mark.usefixtures("kernel_types", "tracefs")
def test_its_tool_has_ten_lines_and_compiles(tuibpf, tmp_path):
    (script,) = blocks("python")
    assert script.count("\n") == 10
    path = tmp_path / "readsize.py"
    path.write_text(script)
    done = tuibpf("check", str(path))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_map_of_the_source_is_complete():
    parts = {path.name + "/" if path.is_dir() else path.name for path in (ROOT / "tuibpf").iterdir()}
    parts = {part for part in parts if not part.startswith(("__", "_", "py.typed"))}
    assert {part for part in parts if not re.search(rf"^  {re.escape(part)} ", README, re.MULTILINE)} == set()


def test_every_tool_is_in_it():
    for path in (ROOT / "tools").rglob("*.py"):
        assert f"`{path.stem}`" in README

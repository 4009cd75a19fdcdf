"""The wheel: pure Python, with the tools and the themes in it."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built by the backend itself: without pip, without the network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip(reason="hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def test_it_holds_tools_themes_types_and_licence(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
        scripts = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    for folder, inside in (("tools", "tuibpf/_tools"), ("themes", "tuibpf/_themes"), ("tuibpf", "tuibpf")):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in (".py", ".toml", ".typed", ".tcss"):
                assert f"{inside}/{path.relative_to(ROOT / folder)}" in names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "License-Expression: BSD-2-Clause OR GPL-2.0-only" in metadata
    assert "tuibpf = tuibpf.cli:main" in scripts


def test_what_it_installs_finds_its_tools_and_themes(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import tuibpf; print(tuibpf.__file__)\n"
        "from tuibpf.tool.discover import discover; print(*(tool.name for tool in discover() if not tool.error))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}
    environment.pop("TUIBPF_TOOLS", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    where, names = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert {path.stem for path in (ROOT / "tools").rglob("*.py")} <= set(names.split())

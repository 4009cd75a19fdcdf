"""The second launch takes what the first one compiled: the same, and only if nothing that it depends on has changed."""

from __future__ import annotations

import marshal
import os
import random
import threading
from pathlib import Path

import pytest

import tuibpf.compiler
import tuibpf.frontend.header
from tests.frontend.small_kernel import SmallKernel
from tests.tool.opens import SOURCE, VALUES, changed, same
from tuibpf.cli.check import variants
from tuibpf.diagnostics import CompileError
from tuibpf.frontend.option import OptionDeclaration
from tuibpf.kernel.machine import running_target
from tuibpf.kernel.trusted_files import CACHE_VARIABLE
from tuibpf.tool import launch_cache, plain_values
from tuibpf.tool.discover import find_tool
from tuibpf.tool.option import Option

pytestmark = pytest.mark.usefixtures("launches")


@pytest.mark.usefixtures("kernel_types", "tracefs")
@pytest.mark.parametrize("name", ["execsnoop", "tcptop", "biolatency"])
def test_all_that_the_tools_compile_to_comes_back(name: str, compiled: list[str]) -> None:
    tool, target = find_tool(name), running_target()
    for _, values in [("", tool.defaults()), *variants(tool)]:
        compiled.clear()
        fresh = launch_cache.bundle(tool.source, values, target)
        again = launch_cache.bundle(tool.source, values, target)
        assert len(compiled) == 1
        assert same(fresh, again)
        assert same(fresh, tuibpf.compiler.compile_script(tool.source, values, target))


@pytest.mark.parametrize("name", ["execsnoop", "tcptop", "biolatency"])
def test_headers_come_back(name: str, compiled: list[str]) -> None:
    fresh, again = find_tool(name), find_tool(name)
    assert len(compiled) == 1
    assert same(fresh, again)


def test_options_are_what_scripts_declare() -> None:
    assert Option._fields == OptionDeclaration._fields


def test_a_script_is_compiled_once(compiled: list[str], launches: Path) -> None:
    for _ in range(3):
        bundle = launch_cache.bundle(SOURCE, VALUES, SmallKernel())
        assert bundle.source is SOURCE
        assert launch_cache.header(SOURCE)[0] == "Files that are opened."
    assert compiled == ["opens.py", "opens.py"]
    assert len(list(launches.iterdir())) == 2


def test_errors_are_not_kept(compiled: list[str], launches: Path) -> None:
    wrong = changed("comm()", "com()")
    for _ in range(2):
        with pytest.raises(CompileError):
            launch_cache.bundle(wrong, VALUES, SmallKernel())
        with pytest.raises(CompileError):
            launch_cache.header(changed(', help="only this process"', ""))
    assert len(compiled) == 4
    assert not launches.exists()


def test_damage_costs_a_compilation_and_nothing_else(compiled: list[str], launches: Path) -> None:
    fresh = launch_cache.bundle(SOURCE, VALUES, SmallKernel()), launch_cache.header(SOURCE)
    chance = random.Random(3)
    for path in launches.iterdir():
        for _ in range(60):
            status, damaged = path.stat(), bytearray(path.read_bytes())
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            compiled.clear()
            assert same(fresh, (launch_cache.bundle(SOURCE, VALUES, SmallKernel()), launch_cache.header(SOURCE)))
            assert len(compiled) == 1, "only what was damaged"


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[", marshal.dumps([99]), marshal.dumps([0, 1]), marshal.dumps([[]])]
)
def test_content_that_nobody_wrote(content: bytes, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    monkeypatch.setattr(launch_cache.launch_files, "fetch", lambda key: content)
    assert same(fresh, launch_cache.bundle(SOURCE, VALUES, SmallKernel()))
    assert len(compiled) == 2


def test_only_values_of_ours_are_written() -> None:
    for value in ({}, [1], object(), launch_cache.header, {1}):
        with pytest.raises(ValueError, match="can not be written"):
            plain_values.to_bytes((1, value))


def test_a_compiler_that_was_edited_meanwhile_keeps_nothing(launches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory may be older than what is on the disk, whose identity would stand in the key."""
    monkeypatch.setattr(launch_cache, "_compiler_files", lambda: (("", "compiler.py", 1, 1 << 62),))
    launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    assert not launches.exists()


def test_switched_off(compiled: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "")
    for _ in range(2):
        launch_cache.bundle(SOURCE, VALUES, SmallKernel())
        launch_cache.header(SOURCE)
    assert len(compiled) == 4
    assert not (tmp_path / "cache").exists()


def test_without_types_nothing_is_kept(launches: Path, tmp_path: Path) -> None:
    (tmp_path / "btf").unlink()
    assert launch_cache.bundle(SOURCE, VALUES, SmallKernel()).programs
    assert not launches.exists()


def test_threads_do_not_disturb_each_other(launches: Path) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(launch_cache.bundle(SOURCE, VALUES, SmallKernel())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(same(found[0], one) for one in found)

"""What a compiled script depends on: if any of it has changed, it is compiled anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.frontend.small_kernel import SmallKernel
from tests.tool.opens import SOURCE, VALUES, changed, same
from tuibpf.diagnostics import NotSupported, Source
from tuibpf.tool import launch_cache

pytestmark = pytest.mark.usefixtures("launches")


class WithOpenat2(SmallKernel):
    def __init__(self) -> None:
        super().__init__()
        self.formats = {**self.formats, "syscalls/sys_enter_openat2": ""}


class WithOtherFormat(SmallKernel):
    def __init__(self) -> None:
        super().__init__()
        self.formats = {event: text.replace("ID: 700", "ID: 701") for event, text in self.formats.items()}


class WithoutRights(SmallKernel):
    class Closed(Mapping[str, str]):
        def __getitem__(self, event: str) -> str:
            raise NotSupported("tracefs", "this user may not read it")

        __iter__ = __len__ = __getitem__  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.formats = self.Closed()


@pytest.mark.parametrize(
    ("source", "values", "target"),
    [
        (changed("More", "Less"), VALUES, SmallKernel()),
        (SOURCE._replace(name="other.py"), VALUES, SmallKernel()),
        (SOURCE, {"only": 0}, SmallKernel()),
        (SOURCE, {"only": 1}, SmallKernel()),
        (SOURCE, VALUES, SmallKernel(frozenset({"tp_btf"}))),
        (SOURCE, VALUES, WithOpenat2()),
        (SOURCE, VALUES, WithOtherFormat()),
    ],
    ids=["text", "name", "zero", "value", "feature", "tracepoint", "format"],
)
def test_what_it_depends_on(source: Source, values: dict[str, Any], target: SmallKernel, compiled: list[str]) -> None:
    before = launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    after = launch_cache.bundle(source, values, target)
    assert len(compiled) == 2
    assert same(after, launch_cache.bundle(source, values, target))
    assert len(compiled) == 2
    assert same(before, launch_cache.bundle(SOURCE, VALUES, SmallKernel()))


def test_the_number_of_processors(compiled: list[str]) -> None:
    """For a perf buffer, rows are built in scratch memory with a place for each."""
    few, many = SmallKernel(frozenset()), SmallKernel(frozenset())
    many.cpus = 8
    told = [launch_cache.bundle(SOURCE, VALUES, kernel) for kernel in (few, many, many)]
    assert len(compiled) == 2
    assert told[0] != told[1]
    assert same(told[1], told[2])


@pytest.mark.parametrize("what", ["kernel", "types", "edit", "version", "python", "folder"])
def test_the_kernel_and_the_compiler(
    what: str, compiled: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    launch_cache.header(SOURCE)
    if what == "kernel":
        system = os.uname()
        monkeypatch.setattr(os, "uname", lambda: os.uname_result((*system[:3], "#2 SMP", system[4])))
    elif what == "types":
        (tmp_path / "btf").write_text("other types")
    elif what == "edit":
        monkeypatch.setattr(launch_cache, "_compiler_files", lambda: (("", "compiler.py", 1, 2),))
    elif what == "version":
        monkeypatch.setattr(launch_cache, "__version__", "9.9")
    elif what == "python":
        monkeypatch.setattr("sys.hexversion", 0)
    else:
        monkeypatch.setattr(launch_cache, "_PACKAGE", "/elsewhere")
    launch_cache.header(SOURCE)
    launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    assert len(compiled) == (3 if what in ("kernel", "types") else 4)


def test_a_right_that_was_lost_is_noticed(compiled: list[str]) -> None:
    launch_cache.bundle(SOURCE, VALUES, SmallKernel())
    with pytest.raises(NotSupported, match="may not read"):
        launch_cache.bundle(SOURCE, VALUES, WithoutRights())

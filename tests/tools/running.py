"""A tool that runs while a test works: as ``tuibpf run`` in a process of its own, or as a session in this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tuibpf.compiler import compile_script
from tuibpf.diagnostics import MissingEvent, Source
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target
from tuibpf.tool.discover import find_tool
from tuibpf.tool.session import Session
from tuibpf.tool.tool import Tool

ROOT = Path(__file__).parents[2]
_NO_EVENT = "this kernel has no tracepoint"


@dataclass
class Told:
    """What ``tuibpf run``, process *pid*, has told by its end: stdout as bytes, the lines of stderr."""

    pid: int = 0
    out: bytes = b""
    speech: list[str] = field(default_factory=list)
    status: int = 0

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads(self.speech[-1])

    def of(self, *pids: int) -> list[dict[str, Any]]:
        """The rows of these processes; others work on the same machine."""
        return [row for row in self.rows if row["pid"] in pids]


@contextmanager
def running(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Told]:
    """``tuibpf run`` with *arguments*: inside the ``with`` its probes are attached, behind it all is told."""
    told = Told()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryDirectory() as home:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "tuibpf", "run", *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, cwd="/", text=True, errors="backslashreplace",
            env={**kept, "HOME": home, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        )  # fmt: skip
        assert process.stderr is not None
        told.pid = process.pid
        try:
            while "attached in" not in (told.speech or [""])[-1]:
                line = process.stderr.readline()
                if _NO_EVENT in line:
                    pytest.skip(line[line.index(_NO_EVENT) :].strip())
                assert line, f"it ended before it was attached: {told.speech}"
                told.speech.append(line.rstrip("\n"))
            yield told
            process.send_signal(signal.SIGINT)
            told.speech += process.communicate(timeout=60)[1].splitlines()
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
        out.seek(0)
        told.out, told.status = out.read(), process.returncode
    assert told.status == 0, told.speech


def tool_of(name: str, *mutations: tuple[str, str]) -> Tool:
    """The tool *name*, with parts of its script put in the place of others: broken on purpose."""
    tool = find_tool(name)
    text = tool.source.text
    for old, new in mutations:
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {tool.path}"
        text = text.replace(old, new)
    return Tool(tool.name, tool.family, tool.path, Source(tool.path, text), tool.purpose, tool.usage, tool.options)


@contextmanager
def _skipped_where_events_are_missing() -> Iterator[None]:
    try:
        yield
    except MissingEvent as error:
        pytest.skip(error.diagnostic.message)


@contextmanager
def session(tool: Tool | str, **values: Any) -> Iterator[Session]:
    """A session in this process, with options by the names that they have in the script."""
    with _skipped_where_events_are_missing():
        opened = Session.open(tool_of(tool) if isinstance(tool, str) else tool, values, measure=False)
    with opened:
        yield opened


@contextmanager
def session_and_maps(tool: Tool, **values: Any) -> Iterator[tuple[Session, Any]]:
    """The same, and what was loaded for it, whose maps can be looked into."""
    with _skipped_where_events_are_missing():
        bundle = compile_script(tool.source, {**tool.defaults(), **values}, running_target())
    loaded = load(bundle)
    with Session(tool, bundle, loaded, measure=False) as opened:
        yield opened, loaded


def named_rows(frames: Any) -> list[dict[str, Any]]:
    """The rows of *frames* as dictionaries of raw values."""
    return [
        dict(zip((column.name for column in frame.columns), row, strict=True)) for frame in frames for row in frame.rows
    ]

"""Pictures of the three tools on the real kernel, with something to do; and that what was done is in the picture.

They are written to ``screenshots/`` where $TUIBPF_SCREENSHOTS is 1, else to a folder that pytest throws away.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT, why_not_privileged
from tuibpf.tool.discover import find_tool
from tuibpf.tool.option import Value
from tuibpf.tui.app import Dashboard
from tuibpf.tui.backend import Backend
from tuibpf.tui.reader import Reader
from tuibpf.tui.widgets.histogram_view import HistogramView
from tuibpf.tui.widgets.stream_view import StreamView
from tuibpf.tui.widgets.table_view import TableView
from tuibpf.tui.widgets.tool_pane import ToolPane

from .workload import Workload, why_no_direct_io

_UID = 1000
_LONGEST_S = 30.0
_FOR_SHOW = os.environ.get("TUIBPF_SCREENSHOTS") == "1"
_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go."""
    if _FOR_SHOW:
        (ROOT / "screenshots").mkdir(exist_ok=True)
        return ROOT / "screenshots"
    return tmp_path


@pytest.fixture
def work(tmp_path: Path) -> Workload:
    if reason := why_not_privileged() or why_no_direct_io(tmp_path):
        pytest.skip(reason=reason)
    return Workload(tmp_path, _UID)


Request = tuple[str, Mapping[str, Value]]


async def take(folder: Path, name: str, requests: list[Request], size: tuple[int, int], seconds: float) -> list[str]:
    """Open the tools, wait until each has shown something and then for *seconds* if the picture is
    to be shown to people; gives its text."""
    backend = Backend()
    readers = []
    for tool_name, values in requests:
        tool = find_tool(tool_name)
        reader = Reader(tool, values, backend.open_session, 1.0 if _FOR_SHOW else 0.3)
        reader.start()
        readers.append((tool, reader))
    app = Dashboard(backend, readers, "midnight")
    try:
        async with app.run_test(size=size) as pilot:
            for _ in range(int(_LONGEST_S / 0.1)):
                await pilot.pause(0.1)
                failures = [pane.failure for pane in app.query(ToolPane) if pane.failure]
                assert not failures, "\n".join(failures)
                if len(views := list(app.query("StreamView, TableView, HistogramView"))) == len(requests) and all(
                    map(filled, views)
                ):
                    break
            await pilot.pause(seconds if _FOR_SHOW else 0.3)
            lines = [strip.text for strip in app.screen._compositor.render_strips(app.size)]
            save(folder, name, app.export_screenshot(title=f"tuibpf {' '.join(tool for tool, _ in requests)}"))
    finally:
        for feed in app.feeds:
            feed.stop()
        assert all([await asyncio.to_thread(feed.join, 10) for feed in app.feeds])
    return lines


def filled(view: object) -> bool:
    if isinstance(view, StreamView):
        return len(view.log_of_rows) > view.size.height
    if isinstance(view, HistogramView):
        return len(view.spread.history) > 3
    return isinstance(view, TableView) and len(view.ranking) > 3


def save(folder: Path, name: str, svg: str) -> None:
    """The picture as SVG, which asks no server for a font, and as PNG."""
    svg = _FONT_FACES.sub("", svg).replace("Fira Code", "DejaVu Sans Mono")
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    try:
        import cairosvg
    except (ImportError, OSError) as error:  # the package, or libcairo itself
        pytest.skip(reason=f"{name}.svg is written, but not {name}.png: {error}")
    cairosvg.svg2png(svg.encode(), write_to=str(folder / f"{name}.png"))
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


async def test_execsnoop(work: Workload, folder: Path) -> None:
    with work:
        lines = await take(folder, "execsnoop", [("execsnoop", {"clock": True, "only_uid": _UID})], (110, 30), 1.5)
    text = "\n".join(lines)
    assert "ls -l /etc/hosts" in text
    assert "'a word with '\\''quotes'\\'''" in text or "sort --reverse /etc/group" in text
    assert re.search(r"\d rows/s ─ 0 lost ─ \d+ ns/event ─ <?\d\.\d\d% CPU", text)


async def test_tcptop(work: Workload, folder: Path) -> None:
    with work:
        lines = await take(folder, "tcptop", [("tcptop", {"only_pid": work.server.pid})], (110, 20), 2.5)
    own = [line.split() for line in lines if f" {work.port} " in line]
    assert len(own) == 6
    assert all(row[0] == str(work.server.pid) for row in own)
    assert {row[1] for row in own} == {"127.0.0.1", "::1"}
    received = [float(row[6]) for row in own]
    assert received == sorted(received, reverse=True)
    assert received[0] > received[-1] > 0


async def test_biolatency(work: Workload, folder: Path) -> None:
    with work:
        lines = await take(folder, "biolatency", [("biolatency", {})], (110, 24), 4)
    text = "\n".join(lines)
    assert re.search(r"[\d,]{3,} values", text)
    assert re.search(r"p50 <\d.*p95 <\d.*p99 <\d", text)
    assert text.count("█") > 20


async def test_dashboard(work: Workload, folder: Path) -> None:
    with work:
        requests: list[Request] = [
            ("execsnoop", {"only_uid": _UID}),
            ("tcptop", {"only_pid": work.server.pid}),
            ("biolatency", {"by_disk": True}),
        ]
        lines = await take(folder, "dashboard", requests, (160, 44), 4)
    text = "\n".join(lines)
    assert all(name in text for name in ("1 execsnoop", "2 tcptop", "3 biolatency", "DISK "))
    assert "FAILED" not in text

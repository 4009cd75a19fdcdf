"""A dashboard in a terminal of memory, with sessions that a test feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot

from tuibpf.tool.option import Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.app import Dashboard
from tuibpf.tui.reader import Reader

from .fake import FakeBackend, FakeSession

Open = Callable[..., AbstractAsyncContextManager["Desk"]]


class Desk:
    """A running dashboard and what a test does with it."""

    def __init__(self, app: Dashboard, pilot: Pilot[None], backend: FakeBackend) -> None:
        self.app = app
        self.pilot = pilot
        self.backend = backend

    def session(self, name: str) -> FakeSession:
        return self.backend.sessions[name]

    @property
    def lines(self) -> list[str]:
        """What stands on the screen that is on top, without the blanks at the ends of lines."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips(self.app.size)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, true: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Let the dashboard go on until *true*."""
        for _ in range(int(timeout_s / 0.02)):
            await self.pilot.pause()
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"it did not come true; on the screen:\n{self.text}")

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.text for text in texts))

    async def hides(self, text: str) -> None:
        await self.until(lambda: text not in self.text)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a dashboard: ``async with desk(backend, (tool, {}), size=(80, 24)) as d``."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    @asynccontextmanager
    async def opened(
        backend: FakeBackend | None = None,
        *requests: tuple[Tool, Mapping[str, Value]] | Tool,
        size: tuple[int, int] = (80, 24),
        theme: str | None = None,
    ) -> AsyncIterator[Desk]:
        backend = backend or FakeBackend()
        pairs = [(item, {}) if isinstance(item, Tool) else item for item in requests]
        readers = [(tool, Reader(tool, values, backend.open_session, 0.1)) for tool, values in pairs]
        for _, reader in readers:
            reader.start()
            reader.wait_opened(5)
        app = Dashboard(backend, readers, theme)
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                await pilot.pause()
                yield Desk(app, pilot, backend)
        finally:
            _end(app)

    return opened


def _end(app: Dashboard) -> None:
    """What ``tuibpf.tui.run`` does after the dashboard."""
    feeds: Sequence[object] = list(app.feeds)
    for feed in app.feeds:
        feed.stop()
    for feed in app.feeds:
        assert feed.join(5), f"{feed} of {feeds} did not end"

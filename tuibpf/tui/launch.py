"""From what the command line asked for to a dashboard that runs, and the end of all that it started."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from tuibpf.diagnostics import NotSupported
from tuibpf.tool.option import Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.backend import Backend
from tuibpf.tui.reader import Reader

__all__ = ["run"]

_LONGEST_CLOSE_S = 5.0


def run(
    requests: Sequence[tuple[Tool, Mapping[str, Value]]] = (),
    *,
    theme: str | None = None,
    backend: Backend | None = None,
) -> int:
    """Show the dashboard with a pane for each of *requests*, a tool and the values of its options; none: the picker.

    Gives the exit code: 0, 1 after an error in the dashboard itself, 128 + n after signal n. When it returns, or
    raises, the terminal is as it was and every session is closed. *theme* is a theme's name, else $TUIBPF_THEME.
    Raises NotSupported where there is no terminal.
    """
    if not (_is_terminal(sys.__stdin__) and (_is_terminal(sys.__stdout__) or _is_terminal(sys.__stderr__))):
        remedy = "tuibpf run TOOL prints the same data without one"
        raise NotSupported("the dashboard", "it needs a terminal", remedy)
    backend = backend or Backend()
    # Probes are compiled and attached in their threads while the interface is still being imported.
    first = [(tool, Reader(tool, values, backend.open_session)) for tool, values in requests]
    feeds = [reader for _, reader in first]
    for reader in feeds:
        reader.start()
    app = None
    try:
        from tuibpf.tui.app import Dashboard

        app = Dashboard(backend, first, theme or os.environ.get("TUIBPF_THEME"))
        # Whoever launches may have switched this off for the sake of speed; a dashboard runs for days.
        gc.freeze()
        gc.enable()
        app.run()
        return app.return_code or 0 if app.ended_by is None else 128 + app.ended_by
    finally:
        every = app.feeds if app is not None else feeds
        for feed in every:
            feed.stop()
        for feed in every:
            feed.join(_LONGEST_CLOSE_S)
        backend.relax()


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()

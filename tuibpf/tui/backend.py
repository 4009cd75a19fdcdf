"""What the dashboard needs of the rest of tuibpf, in one place, so that a test or a replay can put its own there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tuibpf.diagnostics import NotSupported
from tuibpf.tool.tool import Tool
from tuibpf.tui.reader import OpenSession, SessionLike, Values

__all__ = ["Backend"]

_PATIENCE_S = 5.0


def _open(tool: Tool, values: Values) -> SessionLike:
    from tuibpf.tool.session import Session

    return Session.open(tool, values)


def _tools() -> list[Tool]:
    from tuibpf.tool.discover import discover

    return discover()


def _lock() -> NotSupported | None:
    from tuibpf.kernel import privileges

    missing = privileges.missing()
    if not missing:
        return None
    return NotSupported("the tools", f"this user lacks {' and '.join(missing)}", privileges.remedy())


@dataclass
class Backend:
    """Opens sessions, lists tools, and tells why they can not be used, if they can not."""

    open_session: OpenSession = _open
    tools: Callable[[], list[Tool]] = _tools
    lock: Callable[[], NotSupported | None] = _lock
    _timer: threading.Timer | None = field(default=None, repr=False)

    def hurry(self, exit_code: int, patience_s: float = _PATIENCE_S) -> None:
        """End the process by force if it still lives after *patience_s*.

        A line that is not cut but never takes another byte would hold up the writer, and with it a normal end. The
        kernel detaches the probes of a process that ends, however it ends.
        """
        if self._timer is None:
            self._timer = threading.Timer(patience_s, os._exit, (exit_code,))
            self._timer.daemon = True
            self._timer.start()

    def relax(self) -> None:
        """The process ends by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

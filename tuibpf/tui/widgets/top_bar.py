"""The first line: where we are and how busy it is."""

from __future__ import annotations

import os
import time

from textual.strip import Strip

from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.widgets.line_view import Painted

__all__ = ["TopBar"]


class TopBar(Painted):
    """Host, kernel, load and time. It asks nothing that costs more than a system call."""

    DEFAULT_CSS = "TopBar { dock: top; height: 1; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        uname = os.uname()
        self._host, self._kernel = uname.nodename, uname.release
        self._cpus = os.cpu_count() or 1
        self.locked = False

    def paint(self, width: int, height: int) -> list[Strip]:
        palette = self.palette
        load = os.getloadavg()
        busy = palette.top if load[0] < self._cpus else palette.top + palette.warning
        clock = time.strftime("%H:%M")
        left: list[Part] = [
            (" tuibpf ", palette.top_brand),
            (" " + fit(self._host, min(len(self._host), 24)), palette.top),
            (f"  Linux {self._kernel}"[:30], palette.top_muted),
            ("  load ", palette.top_muted),
            (f"{load[0]:.2f} ", busy),
            (f"{load[1]:.2f} {load[2]:.2f}", palette.top),
            (f" of {self._cpus}", palette.top_muted),
        ]
        if self.locked:
            left.append(("  tools locked", palette.top + palette.warning))
        used = sum(len(text) for text, _ in left)
        if width - used >= len(clock) + 2:
            left += [(" " * (width - used - len(clock) - 1), palette.top), (clock, palette.top_muted)]
        return [strip_of(left, width, palette.top)]

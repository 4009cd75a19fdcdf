"""The line above a pane: whose it is, how much comes in, what was lost, and what it costs."""

from __future__ import annotations

from rich.cells import cell_len
from textual.strip import Strip

from tuibpf.tui.figures import Figures, short_count
from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.widgets.line_view import Painted

__all__ = ["PaneTitle", "figure_words"]

_LINE = "─"


def figure_words(figures: Figures, streams: bool) -> list[tuple[str, str]]:
    """(text, role) in the order of importance: the rate, the losses, the cost of an event, the share of one CPU."""
    rate = f"{short_count(figures.rows_per_s)} rows/s" if streams else f"{short_count(figures.runs_per_s)} events/s"
    words = [(rate, "text")]
    if figures.lost:
        words.append((f"{short_count(figures.lost)} LOST", "error" if figures.losing else "warning"))
    else:
        words.append(("0 lost", "muted"))
    if figures.ns_per_run is not None:
        words.append((f"{figures.ns_per_run:.0f} ns/event", "muted"))
    if figures.cpu_share is not None:
        words.append((share_text(figures.cpu_share), "warning" if figures.cpu_share >= 0.05 else "muted"))
    return words


def share_text(share: float) -> str:
    """A share of one CPU, with as many digits as there is something to tell."""
    percent = share * 100
    if 0 < percent < 0.01:
        return "<0.01% CPU"
    return f"{percent:.{2 if percent < 10 else 0}f}% CPU"


class PaneTitle(Painted):
    """One line. What does not fit is left out from the least important end; losses are the last to go."""

    DEFAULT_CSS = "PaneTitle { height: 1; width: 1fr; }"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.label = name
        self.number = 0
        self.marks: list[tuple[str, str]] = []
        self.words: list[tuple[str, str]] = []
        self.focused_pane = False

    def paint(self, width: int, height: int) -> list[Strip]:
        palette = self.palette
        focused = self.focused_pane
        frame = palette.frame_focused if focused else palette.frame
        number = f"{self.number} " if 0 < self.number < 10 else ""
        label = fit(self.label, min(cell_len(self.label), max(4, width - 4 - len(number))))
        ink = palette.title_focused if focused else palette.title
        parts: list[Part] = [(_LINE, frame), (f" {number}{label} ", ink)]
        used = 1 + cell_len(parts[1][0])
        tail: list[Part] = []
        for text, role in self._fitting(width - used - 2):
            tail += [(_LINE, frame), (f" {text} ", getattr(palette, role))]
        rest = max(0, width - used - sum(cell_len(text) for text, _ in tail) - 1)
        return [strip_of([*parts, (_LINE * rest, frame), *tail, (_LINE, frame)], width)]

    def _fitting(self, room: int) -> list[tuple[str, str]]:
        """Those of the words that have room, in their order; losses and marks are given theirs first."""
        words = [*self.marks, *self.words]
        kept = set()
        order = sorted(range(len(words)), key=lambda i: (words[i][1] not in ("error", "warning"), i))
        for index in order:
            need = len(words[index][0]) + 3
            if need <= room:
                room -= need
                kept.add(index)
        return [word for index, word in enumerate(words) if index in kept]

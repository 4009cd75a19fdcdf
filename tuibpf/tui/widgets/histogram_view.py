"""Histograms by key: since the start, of the last interval, or as a heat map over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.strip import Strip

from tuibpf.tool.column import Column
from tuibpf.tool.frame import Frame
from tuibpf.tui.bars import bars, heat_map, summary, value_text
from tuibpf.tui.model.scale import StableScale
from tuibpf.tui.model.spread import ALL, Spread
from tuibpf.tui.strips import strip_of
from tuibpf.tui.terminal import few_colors, fine_glyphs
from tuibpf.tui.widgets.output_view import OutputView
from tuibpf.tui.widgets.text_view import Paragraph

__all__ = ["HistogramView"]

_MODES = ("total", "interval", "over time")
_NARROWEST_BLOCK = 52
_GAP = 2
_MOST_WAITING = 600


class HistogramView(OutputView):
    """The histograms of one output, side by side where there is room.

    ``v`` goes from what was counted since the start to the last interval to a heat map over time. All scales begin at
    zero, and the buckets that were ever used keep their place, so that two frames can be compared at a glance.
    """

    keys = (("enter", "counts"), ("v", "view"), ("/", "filter"))

    def __init__(self, unit: str, columns: Sequence[Column]) -> None:
        super().__init__()
        self.unit = unit
        self.spread = Spread()
        self.mode = _MODES[0]
        self.paused = False
        self.filter = ""
        self._columns = [(i, column) for i, column in enumerate(columns) if column.shown]
        self._scales: dict[tuple[str, Any], StableScale] = {}
        self._waiting: list[Frame] = []
        self._blocks: list[Strip] = []
        self._fine = fine_glyphs()
        self._shades = not few_colors()

    def add(self, frames: Sequence[Frame]) -> None:
        """Take the frames of the intervals since the last call. Does not draw."""
        if self.paused:
            # Old intervals are added up rather than dropped: each holds counts that no other has.
            self._waiting.extend(frames)
            while len(self._waiting) > _MOST_WAITING:
                self.spread.update(self._waiting.pop(0).distributions)
            return
        for frame in frames:
            self.spread.update(frame.distributions)

    def label(self, key: tuple[Any, ...]) -> str:
        """A key for people: ``DISK vda``."""
        if key == ALL:
            return "all"
        return "  ".join(f"{column.title} {column.text(key[i])}" for i, column in self._columns if i < len(key))

    def keys_in_sight(self) -> list[tuple[Any, ...]]:
        wanted = self.filter
        keys = self.spread.keys()
        if wanted:
            keys = [key for key in keys if key != ALL and wanted in self.label(key).casefold()]
        return keys

    def position(self) -> None:
        self._blocks = self._arrange(max(1, self.size.width - 1))

    def count(self) -> int:
        return len(self._blocks)

    def line(self, index: int, width: int) -> Strip:
        return self._blocks[index].adjust_cell_length(width)

    def footing(self, width: int) -> list[Strip]:
        palette = self.palette
        words = f" {self.mode}" + (" · v: other views" if self.spread.total else "")
        note = " · paused: p goes on" if self.paused else ""
        if self.filter:
            note += f" · {len(self.keys_in_sight())} of {max(0, len(self.spread.total) - 1)} match"
        return [strip_of([(words, palette.muted), (note, palette.warning)], width)]

    def _arrange(self, width: int) -> list[Strip]:
        """All histograms as lines: blocks from left to right, then below."""
        palette = self.palette
        keys = self.keys_in_sight()
        if not keys:
            words = "nothing matches the filter" if self.filter and self.spread.total else "nothing measured yet"
            return [strip_of([(f" {words}", palette.muted)], width)]
        across = max(1, min(len(keys), (width + _GAP) // (_NARROWEST_BLOCK + _GAP)))
        cell = (width - _GAP * (across - 1)) // across
        lines: list[Strip] = []
        gap = strip_of((), _GAP)
        for start in range(0, len(keys), across):
            row = [self._block(key, cell) for key in keys[start : start + across]]
            if lines:
                lines.append(strip_of((), width))
            for y in range(max(map(len, row))):
                strips = []
                for block in row:
                    strips += [block[y] if y < len(block) else strip_of((), cell), gap]
                lines.append(Strip.join(strips[:-1]).adjust_cell_length(width))
        return lines

    def _block(self, key: tuple[Any, ...], width: int) -> list[Strip]:
        palette, spread = self.palette, self.spread
        tally = spread.last.get(key) if self.mode == "interval" else spread.total[key]
        title = summary(self.label(key), tally, self.unit, width, palette)
        scale = self._scales.setdefault((self.mode, key), StableScale())
        bounds = spread.used_bounds(key)
        if self.mode == "over time":
            history = [interval.get(key) for interval in spread.history]
            return [*title, *heat_map(bounds, history, self.unit, width, palette, scale, self._shades)]
        return [*title, *bars(bounds, tally, self.unit, width, palette, scale, self._fine)]

    # What the pane asks for.

    def next_mode(self) -> bool:
        self.mode = _MODES[(_MODES.index(self.mode) + 1) % len(_MODES)]
        self.repaint()
        return True

    def action_choose(self) -> None:
        """All counts as numbers, since the start."""
        lines: list[Paragraph] = []
        for key in self.keys_in_sight():
            tally = self.spread.total[key]
            lines.append(Paragraph(f"{self.label(key)}  {tally.count:,} values".strip(), "strong"))
            for lo, hi, count in tally.buckets():
                label = f"{value_text(lo, self.unit)} – {value_text(hi + 1, self.unit)}"
                share = f"{count / tally.count * 100:.2f}%"
                lines.append(Paragraph(f"{count:>12,}  {share:>7}   {lo} to {hi}", "text", label))
            lines.append(Paragraph(""))
        if lines:
            self.dashboard.show_text(f"counts in {self.unit}", lines)

    def action_follow(self) -> None:
        self.top = 0
        self.repaint()

    def pause(self, paused: bool) -> None:
        self.paused = paused
        if not paused:
            waiting, self._waiting = self._waiting, []
            self.add(waiting)
        self.repaint()

    def set_filter(self, text: str) -> None:
        self.filter = text.casefold()
        self.repaint()

    def clear(self) -> None:
        self.spread.clear()
        self._waiting.clear()
        self._scales.clear()
        self.top = 0
        self.repaint()

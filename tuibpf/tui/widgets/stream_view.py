"""The rows of a stream as they happen: follows the end, or stays where the reader is looking."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from textual.message import Message
from textual.strip import Strip

from tuibpf.tool.column import Column
from tuibpf.tui.figures import short_count
from tuibpf.tui.model.log import Log
from tuibpf.tui.rows import RowLayout, row_text
from tuibpf.tui.strips import strip_of
from tuibpf.tui.widgets.output_view import OutputView

__all__ = ["RowChosen", "StreamView"]

_MOST_HELD = 10_000


class RowChosen(Message):
    """The reader wants to see this row in full."""

    def __init__(self, columns: Sequence[Column], row: tuple[Any, ...]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.row = row


class StreamView(OutputView):
    """A log of rows.

    While it follows, the newest row is the last line. Moving the cursor stops that; from then on the line at the top
    keeps its row, whatever comes in below or falls out above. ``F`` follows again.
    """

    keys = (("enter", "row"), ("/", "filter"), ("F", "follow"))

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.layout_of_rows = RowLayout(columns)
        self.log_of_rows = Log(row_text(columns))
        self.follow = True
        self.selected: int | None = None
        self.paused = False
        self._held: deque[tuple[Any, ...]] = deque(maxlen=_MOST_HELD)
        self._held_count = 0
        self._anchor = 0
        self._unseen = 0

    def add(self, rows: Iterable[tuple[Any, ...]], skipped: int = 0) -> None:
        """Take new rows; *skipped* says how many more there were than could be kept. Does not draw."""
        if self.paused:
            before = len(self._held)
            self._held.extend(rows)
            self._held_count += len(self._held) - before + skipped
            return
        self._unseen += skipped
        self.log_of_rows.extend(rows)

    def count(self) -> int:
        return len(self.log_of_rows)

    def position(self) -> None:
        log, room = self.log_of_rows, self.room()
        if self.follow:
            self.top = max(0, len(log) - room)
        else:
            self.top = max(0, min(log.index_of(self._anchor), len(log) - room))
        if 0 <= self.top < len(log):
            self._anchor = log.at(self.top)[0]

    def heading(self, width: int) -> list[Strip]:
        line = self.layout_of_rows.heading(width + self.left, self.palette)
        return [self._aside(line, width)]

    def line(self, index: int, width: int) -> Strip:
        number, row = self.log_of_rows.at(index)
        style = None
        if number == self.selected:
            style = self.palette.selected if self.has_focus else self.palette.selected_idle
        return self.layout_of_rows.line(row, width, self.palette, style)

    def footing(self, width: int) -> list[Strip]:
        """Says why the newest rows are not in sight; nothing while they are."""
        log, palette = self.log_of_rows, self.palette
        words = []
        if self.paused:
            words.append(f"paused, {short_count(self._held_count)} rows wait: p goes on")
        elif not self.follow:
            behind = len(log) - self.top - max(0, self.size.height - 2)
            words.append(f"{short_count(max(0, behind))} newer rows below: F follows")
        if log.filter:
            words.append(f"{short_count(len(log))} of {short_count(log.kept)} match")
        if self._unseen:
            words.append(f"{short_count(self._unseen)} came too fast to show")
        return [strip_of([(" " + " · ".join(words), palette.warning)], width)] if words else []

    # What the keys do.

    def action_move(self, lines: int) -> None:
        log = self.log_of_rows
        if not len(log):
            return
        if self.selected is None:
            index = len(log) - 1 if self.follow else self.top
        else:
            index = max(0, min(log.index_of(self.selected) + lines, len(log) - 1))
        self.follow = False
        self.select(index)

    def action_jump(self, end: int) -> None:
        if end:
            self.action_follow()
        elif len(self.log_of_rows):
            self.follow = False
            self.select(0)

    def action_follow(self) -> None:
        """Show the newest rows again; nothing stays selected."""
        self.follow, self.selected = True, None
        self.repaint()

    def select(self, index: int) -> None:
        """Select the row at *index* and scroll no further than it takes to have it in sight."""
        self.selected, _ = self.log_of_rows.at(index)
        room = max(1, self.room())
        top = min(max(self.top, index - room + 1), index)
        self._anchor = self.log_of_rows.at(top)[0]
        self.repaint()

    def scroll_lines(self, lines: int) -> None:
        log, room = self.log_of_rows, self.room()
        top = max(0, min(self.top + lines, len(log) - room))
        self.follow = lines > 0 and top >= len(log) - room and self.selected is None
        if len(log):
            self._anchor = log.at(min(top, len(log) - 1))[0]
        self.repaint()

    def action_choose(self) -> None:
        log = self.log_of_rows
        if self.selected is not None and len(log):
            number, row = log.at(min(log.index_of(self.selected), len(log) - 1))
            if number == self.selected:
                self.post_message(RowChosen(self.layout_of_rows.columns, row))

    def on_click(self, event: Any) -> None:
        index = self.top + event.y - 1
        if event.y >= 1 and index < len(self.log_of_rows):
            self.follow = False
            self.select(index)

    # What the pane asks for.

    def pause(self, paused: bool) -> None:
        """Hold new rows back, within bounds, or let those that were held in."""
        self.paused = paused
        if not paused:
            self._unseen += self._held_count - len(self._held)
            self.log_of_rows.extend(self._held)
            self._held.clear()
            self._held_count = 0
        self.repaint()

    def set_filter(self, text: str) -> None:
        self.log_of_rows.set_filter(text)
        self.repaint()

    def clear(self) -> None:
        self.log_of_rows.clear()
        self._held.clear()
        self._held_count = self._unseen = 0
        self.follow, self.selected = True, None
        self.repaint()

"""The rows of a table, largest first, replaced by each frame; the selection stays on its key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.strip import Strip

from tuibpf.tool.column import Column
from tuibpf.tui.figures import short_count
from tuibpf.tui.model.ranking import Ranking
from tuibpf.tui.rows import RowLayout, row_text
from tuibpf.tui.strips import strip_of
from tuibpf.tui.widgets.output_view import OutputView
from tuibpf.tui.widgets.stream_view import RowChosen

__all__ = ["TableView"]

_WORDS = ("address", "comm", "disk", "path", "string", "enumeration", "arguments", "boolean", "device", "block_flags")


class TableView(OutputView):
    """A top table.

    *keys* are the names of the columns that identify a row, *sort* those by whose sum the frames come sorted. ``s``
    goes through the columns, ``S`` turns the order round; before the first ``s`` the frame's own order stands.
    """

    keys = (("enter", "row"), ("/", "filter"), ("s", "sort"))

    def __init__(self, columns: Sequence[Column], keys: Sequence[str], sort: Sequence[str] = ()) -> None:
        super().__init__()
        self.layout_of_rows = RowLayout(columns)
        indices = [i for i, column in enumerate(columns) if column.name in keys] or list(range(len(columns)))
        self.ranking = Ranking(indices, row_text(columns))
        self._natural = tuple(i for i, column in enumerate(columns) if column.name in sort)
        self._waiting: Sequence[tuple[Any, ...]] | None = None
        self.paused = False

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Take the rows of a frame. Does not draw."""
        if self.paused:
            self._waiting = rows
        else:
            self.ranking.update(rows)

    def count(self) -> int:
        return len(self.ranking)

    def position(self) -> None:
        cursor = self.ranking.index_of(self.ranking.held) if self.ranking.held is not None else None
        if cursor is not None:
            self.top = min(max(self.top, cursor - max(1, self.room()) + 1), cursor)

    def heading(self, width: int) -> list[Strip]:
        ranking = self.ranking
        by = self._natural if ranking.sort is None else (ranking.sort,)
        line = self.layout_of_rows.heading(width + self.left, self.palette, by, ranking.descending)
        return [self._aside(line, width)]

    def line(self, index: int, width: int) -> Strip:
        entry, palette = self.ranking.at(index), self.palette
        style = None
        if entry.key == self.ranking.held:
            style = palette.selected if self.has_focus else palette.selected_idle
        elif entry.gone:
            style = palette.muted
        return self.layout_of_rows.line(entry.row, width, palette, style)

    def footing(self, width: int) -> list[Strip]:
        words = []
        ranking = self.ranking
        if self.paused:
            words.append("paused: p goes on")
        if len(ranking) != ranking.total and self.filter:
            words.append(f"{short_count(len(ranking))} of {short_count(ranking.total)} match")
        if ranking.held is not None:
            index = ranking.index_of(ranking.held)
            if index is not None and ranking.at(index).gone:
                words.append("the selected row has gone quiet: its last values")
        return [strip_of([(" " + " · ".join(words), self.palette.warning)], width)] if words else []

    @property
    def filter(self) -> str:
        return self.ranking.filter

    # What the keys do.

    def action_move(self, lines: int) -> None:
        ranking = self.ranking
        if not len(ranking):
            return
        cursor = ranking.index_of(ranking.held) if ranking.held is not None else None
        index = self.top if cursor is None else max(0, min(cursor + lines, len(ranking) - 1))
        self.select(index)

    def action_follow(self) -> None:
        """Let go of the selection and show the head of the table."""
        self.ranking.hold(None)
        self.top = 0
        self.repaint()

    def action_choose(self) -> None:
        held = self.ranking.held
        index = self.ranking.index_of(held) if held is not None else None
        if index is not None:
            self.post_message(RowChosen(self.layout_of_rows.columns, self.ranking.at(index).row))

    def select(self, index: int) -> None:
        self.ranking.hold(self.ranking.at(index).key)
        self.repaint()

    def on_click(self, event: Any) -> None:
        if event.y == 0:
            column = self.layout_of_rows.column_at(event.x + self.left, self.size.width + self.left)
            if column is not None:
                self.sort_by(column)
        elif self.top + event.y - 1 < len(self.ranking):
            self.select(self.top + event.y - 1)

    def sort_next(self) -> bool:
        """Order by the next shown column, and after the last one as the frames come."""
        order = [None, *(i for i, _ in self.layout_of_rows.shown)]
        self.sort_by(order[(order.index(self.ranking.sort) + 1) % len(order)])
        return True

    def sort_by(self, column: int | None) -> None:
        """Order by *column*, numbers from the largest, words from A; the same column again turns the order round."""
        if column is not None and column == self.ranking.sort:
            self.reverse()
            return
        descending = column is None or self.layout_of_rows.columns[column].display not in _WORDS
        self.ranking.order_by(column, descending)
        self.repaint()

    def reverse(self) -> bool:
        """Turn the order round; a table in its own order is first ordered by the column that it has it from."""
        ranking = self.ranking
        column = ranking.sort if ranking.sort is not None else next(iter(self._natural), None)
        if column is not None:
            ranking.order_by(column, not ranking.descending)
            self.repaint()
        return column is not None

    # What the pane asks for.

    def pause(self, paused: bool) -> None:
        self.paused = paused
        if not paused and self._waiting is not None:
            self.ranking.update(self._waiting)
            self._waiting = None
        self.repaint()

    def set_filter(self, text: str) -> None:
        self.ranking.set_filter(text)
        self.repaint()

    def clear(self) -> None:
        self.ranking.hold(None)
        self.ranking.clear()
        self.top = 0
        self.repaint()

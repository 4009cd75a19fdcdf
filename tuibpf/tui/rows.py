"""A row as a line: which column goes where, and in which style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.style import Style
from textual.strip import Strip

from tuibpf.tool.column import Column
from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.theme import Palette

__all__ = ["RowLayout", "row_text"]

Row = tuple[Any, ...]

# Columns whose text has no natural end: the last of them gets all the room that is left.
_ELASTIC = ("arguments", "path", "text")
_SHORTEST = 12
_ELASTIC_WISH = 36
_WIDEST_ADDRESS = 39
_LOWEST = {"comm": 9, "address": 13, "disk": 7, "path": 12, "text": 10, "block_flags": 10, "pid": 6, "tid": 6}
_ROLES = {
    "time": "muted",
    "elapsed": "muted",
    "uid": "muted",
    "gid": "muted",
    "cpu": "muted",
    "pid": "identity",
    "tid": "identity",
    "comm": "name",
    "disk": "name",
    "path": "path",
}


class RowLayout:
    """The columns of an output side by side, at widths that do not depend on the values.

    Fixed widths mean that a frame changes only the cells whose values have changed.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.shown = [(i, column) for i, column in enumerate(columns) if column.shown]
        elastic = [i for i, column in self.shown if column.display in _ELASTIC]
        self._elastic = elastic[-1] if elastic else None
        self._widths: dict[int, list[tuple[int, Column, int]]] = {}

    def widths(self, width: int) -> list[tuple[int, Column, int]]:
        """(index, column, cells) of each column, for a line of *width* cells."""
        known = self._widths.get(width)
        if known is None:
            known = self._widths[width] = self._share_out(width)
        return known

    def _share_out(self, width: int) -> list[tuple[int, Column, int]]:
        """Where room is short, columns that their values seldom fill give some up, a cell at a time.

        Where it is plentiful and no column is elastic, addresses get some, since one of IPv6 takes up to 39 cells.
        """
        cells = {i: _ELASTIC_WISH if i == self._elastic else column.width for i, column in self.shown}
        short = sum(cells.values()) + len(cells) - 1 - width
        lowest = {i: max(_LOWEST.get(column.display, column.width), len(column.title)) for i, column in self.shown}
        while short > 0:
            widest = max(cells, key=lambda i: cells[i] - lowest[i] if i != self._elastic else 0, default=None)
            if widest is None or widest == self._elastic or cells[widest] <= lowest[widest]:
                break
            cells[widest] -= 1
            short -= 1
        if self._elastic is not None:
            cells[self._elastic] = max(_SHORTEST, _ELASTIC_WISH - short)
        elif short < 0:
            addresses = [i for i, column in self.shown if column.display == "address"]
            for i in addresses:
                cells[i] = min(_WIDEST_ADDRESS, cells[i] + -short // len(addresses))
        return [(i, column, cells[i]) for i, column in self.shown]

    def heading(self, width: int, palette: Palette, sorted_by: Sequence[int] = (), descending: bool = True) -> Strip:
        """The titles; the columns that order the rows are marked with the direction."""
        parts: list[Part] = []
        for index, column, cells in self.widths(width):
            marked = index in sorted_by
            title = column.title
            if marked:
                arrow = "▼" if descending else "▲"
                title = arrow + title if column.right else title + arrow
            # The arrow of a title as wide as its column takes the cell of the gap beside it.
            if len(title) > cells and column.right and parts:
                before, style = parts.pop()
                parts.append((before[:-1], style))
                cells += 1
            style = palette.header_sorted if marked else palette.header
            parts += [(fit(title, cells, column.right), style), (" ", palette.header)]
        return strip_of(parts, width, palette.header)

    def line(self, row: Row, width: int, palette: Palette, style: Style | None = None) -> Strip:
        """*row* in *width* cells; with *style* all of it in that one, else each column in its own."""
        parts: list[Part] = []
        for index, column, cells in self.widths(width):
            value = row[index]
            cell = fit(column.text(value), cells, column.right) + " "
            parts.append((cell, style or self._style(column, value, palette)))
        return strip_of(parts, width, style)

    def column_at(self, x: int, width: int) -> int | None:
        """The index of the column at cell *x*, for a click on a title."""
        at = 0
        for index, _, cells in self.widths(width):
            if at <= x <= at + cells:
                return index
            at += cells + 1
        return None

    @staticmethod
    def _style(column: Column, value: Any, palette: Palette) -> Style:
        if column.display == "errno" and isinstance(value, int):
            return palette.error if value < 0 else palette.muted
        if isinstance(value, (int, float)) and not value and column.display not in ("pid", "tid", "uid", "gid", "cpu"):
            return palette.muted
        style: Style = getattr(palette, _ROLES.get(column.display, "text"))
        return style


def row_text(columns: Sequence[Column]) -> Any:
    """A function that gives a row's shown columns as one string, for the filter."""
    shown = [(i, column.text) for i, column in enumerate(columns) if column.shown]

    def text(row: Row) -> str:
        return " ".join(part(row[i]) for i, part in shown)

    return text

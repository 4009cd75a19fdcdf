"""The rows of a table in order, under a key, so that a row keeps its identity between two frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["Entry", "Ranking"]

Row = tuple[Any, ...]


class Entry(NamedTuple):
    """A row in sight; *gone* when it is not in the last frame and is kept only because it is held."""

    key: Row
    row: Row
    gone: bool


class Ranking:
    """The last frame of a table, sorted and filtered.

    *key_columns* are the indices of the columns that make a row's identity. *sort* is the index of the column that
    orders, or None for the order in which the frame came. A row whose key is *held* (it is selected, or a dialog shows
    it) stays in sight with its last values when a frame does not have it.
    """

    def __init__(self, key_columns: Sequence[int], text: Callable[[Row], str]) -> None:
        self._key_columns = tuple(key_columns)
        self._text = text
        self._rows: dict[Row, Row] = {}
        self._entries: list[Entry] = []
        self.filter = ""
        self._ghost: Entry | None = None
        self.sort: int | None = None
        self.descending = True
        self.held: Row | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def total(self) -> int:
        """The number of rows in the last frame, filtered or not."""
        return len(self._rows)

    def key_of(self, row: Row) -> Row:
        return tuple(row[i] for i in self._key_columns)

    def update(self, rows: Sequence[Row]) -> None:
        """Take the rows of a new frame."""
        before = self._rows
        self._rows = {self.key_of(row): row for row in rows}
        if self.held is not None and self.held not in self._rows and self.held in before:
            self._ghost = Entry(self.held, before[self.held], True)
        self._arrange()

    def order_by(self, column: int | None, descending: bool) -> None:
        self.sort, self.descending = column, descending
        self._arrange()

    def set_filter(self, text: str) -> None:
        self.filter = text.casefold()
        self._arrange()

    def hold(self, key: Row | None) -> None:
        """Keep the row *key* in sight, or none; does not rearrange what is in sight now."""
        self.held = key
        if self._ghost is not None and self._ghost.key != key:
            self._ghost = None

    def clear(self) -> None:
        self._rows.clear()
        self._ghost = None
        self._arrange()

    def at(self, index: int) -> Entry:
        return self._entries[index]

    def index_of(self, key: Row | None) -> int | None:
        return next((i for i, entry in enumerate(self._entries) if entry.key == key), None)

    def _arrange(self) -> None:
        entries = [Entry(key, row, False) for key, row in self._rows.items()]
        if self._ghost is not None:
            if self._ghost.key in self._rows or self._ghost.key != self.held:
                self._ghost = None
            else:
                entries.append(self._ghost)
        if self.filter:
            entries = [entry for entry in entries if entry.key == self.held or self._matches(entry.row)]
        if self.sort is not None:
            column = self.sort
            # Values of one column are of one type but may be None; the type's name keeps the comparison total.
            entries.sort(key=lambda entry: _sort_key(entry.row[column]), reverse=self.descending)
        self._entries = entries

    def _matches(self, row: Row) -> bool:
        return self.filter in self._text(row).casefold()


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, str(value))

"""The rows of a stream in bounded memory, each under a number that it keeps for life."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Log", "Row"]

Row = tuple[Any, ...]

_LIMIT = 10_000


class Log:
    """The last rows of a stream.

    A row's *number* counts from 0 since the log was cleared and never changes, so a selection and a scroll position
    stay on their row while new ones come in and old ones fall out. With a filter, the rows that pass are kept as a
    sorted list of numbers, extended as rows arrive: a repaint never goes through the whole log.
    """

    def __init__(self, text: Callable[[Row], str], limit: int = _LIMIT) -> None:
        """*text* gives a row as one string, for the filter; *limit* is the number of rows to keep."""
        self._text = text
        self._limit = limit
        self._rows: list[Row] = []
        self._first = 0
        self._matches: list[int] | None = None
        self.filter = ""

    def __len__(self) -> int:
        """The number of rows that pass the filter."""
        return len(self._rows) if self._matches is None else len(self._matches)

    @property
    def kept(self) -> int:
        """The number of rows in memory, filtered or not."""
        return len(self._rows)

    def extend(self, rows: Iterable[Row]) -> None:
        """Append *rows*; the oldest fall out, some at a time, since cutting a list's head costs its whole length."""
        start = self._first + len(self._rows)
        before = len(self._rows)
        self._rows.extend(rows)
        if self._matches is not None:
            self._matches.extend(self._matching(range(start, start + len(self._rows) - before)))
        surplus = len(self._rows) - self._limit
        if surplus > self._limit // 10:
            del self._rows[:surplus]
            self._first += surplus
            if self._matches is not None:
                del self._matches[: bisect_left(self._matches, self._first)]

    def set_filter(self, text: str) -> None:
        """Keep in sight only the rows whose text has *text*, whatever its case; an empty one shows all."""
        self.filter = text.casefold()
        self._matches = None
        if self.filter:
            self._matches = self._matching(range(self._first, self._first + len(self._rows)))

    def clear(self) -> None:
        """Forget all rows; numbers go on, so nothing that was selected is mistaken for a new row."""
        self._first += len(self._rows)
        self._rows.clear()
        if self._matches is not None:
            self._matches.clear()

    def at(self, index: int) -> tuple[int, Row]:
        """The number and the row at *index* among those in sight."""
        number = self._first + index if self._matches is None else self._matches[index]
        return number, self._rows[number - self._first]

    def index_of(self, number: int) -> int:
        """Where the row *number* is in sight, or the next one after it if it has fallen out or is filtered away."""
        if self._matches is None:
            return min(max(0, number - self._first), len(self._rows))
        return bisect_left(self._matches, number)

    def _matching(self, numbers: range) -> list[int]:
        first, rows, text, wanted = self._first, self._rows, self._text, self.filter
        return [number for number in numbers if wanted in text(rows[number - first]).casefold()]

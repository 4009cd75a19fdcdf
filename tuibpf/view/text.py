"""Text for people: the rows of a stream as they come, a table for each interval, histograms with bars.

No value can steer the terminal: columns give text without control characters, and widths count cells, not characters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

from tuibpf.tool.column import Column, Row, by_column
from tuibpf.tool.frame import Frame
from tuibpf.view import Write
from tuibpf.view.histogram import histogram_lines

__all__ = ["TextView", "cells"]

_HOME = "\x1b[H"
_ERASE_LINE = "\x1b[K"
_ERASE_BELOW = "\x1b[J"
# The time above a table, its titles, and the line that the cursor is left on.
_LINES_AROUND = 3


class TextView:
    """Writes frames as text.

    With *rows_on_screen* (a terminal's lines) a table overwrites the one before it. *stamped* puts the time above
    histograms, as tables always have it.
    """

    def __init__(self, write: Write, rows_on_screen: Callable[[], int] | None = None, *, stamped: bool = False) -> None:
        self._write = write
        self._rows_on_screen = rows_on_screen
        self._stamped = stamped
        self._several = False
        self._last = ""

    def begin(self, heads: Sequence[Frame]) -> None:
        """Write the titles of a stream before its first row, so that an empty screen can be told from a slow start."""
        self._several = len(heads) > 1
        if len(heads) == 1 and heads[0].shape == "stream":
            self.show(heads[0])

    def show(self, frame: Frame) -> None:
        if frame.shape == "stream":
            lines = self._stream(frame)
        elif frame.shape == "table":
            lines = self._table(frame)
        else:
            lines = self._histograms(frame)
        if lines:
            self._write("\n".join(lines) + "\n")

    def _stream(self, frame: Frame) -> list[str]:
        if self._last == frame.output and not frame.rows:
            return []
        shown = _shown(frame.columns)
        widths = [column.width for column in shown]
        lines = []
        if self._last != frame.output:
            if self._several and not frame.rows:
                return []
            lines = [""] * bool(self._last) + [_titles(shown, widths)]
            self._last = frame.output
        return lines + _lines(shown, _texts(frame.columns, frame.rows), widths, len(frame.rows))

    def _table(self, frame: Frame) -> list[str]:
        """The interval's rows under the time and the titles, as wide as their widest text."""
        rows = frame.rows
        clear = self._rows_on_screen is not None and not self._several
        if clear and self._rows_on_screen is not None:
            rows = rows[: max(1, self._rows_on_screen() - _LINES_AROUND)]
        shown = _shown(frame.columns)
        values = _texts(frame.columns, rows)
        widths = [column.width for column in shown]
        if rows:
            widths = [max(width, *map(cells, column)) for width, column in zip(widths, values, strict=True)]
        lines = [_stamp(frame, self._several), _titles(shown, widths), *_lines(shown, values, widths, len(rows))]
        if clear:
            # Overwritten and not erased first, which would flicker; the rest of the old frame goes with the last line.
            lines[0] = _HOME + lines[0]
            lines = [line + _ERASE_LINE for line in lines]
            lines[-1] += _ERASE_BELOW
            return lines
        lines = [""] * bool(self._last) + lines
        self._last = frame.output
        return lines

    def _histograms(self, frame: Frame) -> list[str]:
        lines: list[str] = []
        for one in frame.distributions:
            if one.count:
                lines += [""] * bool(lines) + histogram_lines(frame.columns, one, frame.unit)
        if lines:
            first, self._last = not self._last, frame.output
            stamp = [_stamp(frame, self._several)] if self._several or self._stamped else []
            lines = [""] * (not first) + stamp + lines
        return lines


def cells(text: str) -> int:
    """How many cells of a terminal *text* takes: two for wide characters, none for those that combine."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # a table of 1 MB that most output does not need

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _stamp(frame: Frame, several: bool) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(frame.time_ns // 1_000_000_000))
    name = f"{frame.tool} {frame.output}" if several else frame.tool
    return f"{clock}  {name}" + (f"  lost {frame.lost}" if frame.lost else "")


def _shown(columns: Iterable[Column]) -> list[Column]:
    """The columns for people."""
    return [column for column in columns if column.shown]


def _texts(columns: Sequence[Column], rows: Sequence[Row]) -> list[Sequence[str]]:
    """The texts of each column for people, one for each of *rows*."""
    return [column.texts(values) for column, values in by_column(columns, rows) if column.shown]


def _titles(shown: Sequence[Column], widths: Sequence[int]) -> str:
    return _line(shown, [column.title for column in shown], widths)


def _lines(shown: Sequence[Column], values: Sequence[Sequence[str]], widths: Sequence[int], count: int) -> list[str]:
    """The lines of *count* rows; *values* are their texts by column.

    Nearly all rows come from one template for ``%``, which counts characters and does not cut. Only those that this
    is wrong for are laid out one by one: with a text wider than its column, or one with characters of other widths.
    """
    if not values:
        return [""] * count
    # The last column has nothing behind it to be kept in line if it begins at the left.
    fixed = len(shown) if shown[-1].right else len(shown) - 1
    pairs = zip(shown[:fixed], widths, strict=False)
    template = "".join(f"%{width}s " if column.right else f"%-{width}s " for column, width in pairs)
    length = sum(widths[:fixed]) + fixed
    heads = map(template.__mod__, zip(*values[:fixed], strict=True)) if fixed else repeat("")
    lasts = values[-1] if fixed < len(shown) else repeat("", len(values[-1]))
    return [
        (head + last).rstrip() if len(head) == length and head.isascii() else _line(shown, row, widths)
        for row, head, last in zip(zip(*values, strict=True), heads, lasts)  # noqa: B905  # repeat() has no end
    ]


def _line(shown: Sequence[Column], texts: Sequence[str], widths: Sequence[int]) -> str:
    """*texts* side by side. One wider than its column takes the room of those behind it, which fall in line again."""
    parts: list[str] = []
    at = end = 0  # where the line is, and where it would be with no text too wide
    for column, text, width in zip(shown, texts, widths, strict=True):
        size = cells(text)
        room = max(0, end + width - at - size)
        parts.append(" " * room + text if column.right else text + " " * room)
        at += size + room + 1
        end += width + 1
    return " ".join(parts).rstrip()

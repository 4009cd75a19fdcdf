"""What the terminal shows, cell by cell, so that only what differs is sent.

Textual repaints regions: whole lines, and the whole screen when a dialog opens or closes. Over a slow line that is
most of what is sent. This stands between Textual and the terminal, applies what Textual writes to a copy of the screen,
and sends the difference.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from tuibpf.tui.pen import PLAIN, Ink, blank, ink, switch

__all__ = ["Picture"]

Cell = tuple[str, Ink]
Row = list[Cell | None]

_TOKENS = re.compile(r"\x1b\[(?:(\d*);?(\d*)H|([\d;]*)m)|(\n)|([^\x1b\n]+)")
_FOREIGN = re.compile(r"\x1b(?!\[[\d;]*[Hm])|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f]")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_CLEARS = re.compile(r"\x1b\[\?1049|\x1b\[[\d;]*m|\x1b\[\d*J")

# Going on over this many cells that did not change costs no more than a sequence that skips them.
_SHORTEST_SKIP = 5
_FEWEST_SCROLLED = 4
_SPACE: Cell = (" ", PLAIN)


class Picture:
    """The screen as the terminal has it. A cell is its text and its ink, None where it is not known.

    A character of two cells is held by the first; the second has an empty text.
    """

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._pen: Ink | None = None
        self._odd: set[int] = set()

    def forget(self) -> None:
        """Nothing of what the terminal shows is known: it was resized, switched, or written over by others."""
        self._rows.clear()
        self._odd.clear()
        self._pen = None

    def reduce(self, data: str) -> str:
        """What to send in the place of *data*. What is no picture (modes, questions) is sent as it is."""
        if _FOREIGN.search(data):
            if _CLEARS.search(data) or _SEQUENCE.sub("", data):
                self.forget()
            return data
        changed, odd, cursor = self._apply(data)
        for y in odd | (self._odd & changed.keys()):
            _mend(changed[y])
        parts = self._scroll(changed)
        for y in sorted(changed):
            parts += self._line(y, changed[y], y in odd or y in self._odd)
            self._rows[y] = changed[y]
        self._odd = (self._odd - changed.keys()) | odd
        if parts:
            parts.append(f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H")
        return "".join(parts)

    def _apply(self, data: str) -> tuple[dict[int, Row], set[int], tuple[int, int]]:
        """The rows that *data* touches as they will be, which of them hold odd widths, and where the cursor ends."""
        changed: dict[int, Row] = {}
        odd: set[int] = set()
        x = y = 0
        style = PLAIN
        for line, column, parameters, newline, text in _TOKENS.findall(data):
            if text:
                while len(self._rows) <= y:
                    self._rows.append([])
                row = changed.get(y)
                if row is None:
                    row = changed[y] = self._rows[y].copy()
                if x > len(row):
                    row.extend([None] * (x - len(row)))
                if text.isascii():
                    on_space = (" ", blank(style))
                    row[x : x + len(text)] = [on_space if c == " " else (c, style) for c in text]
                    x += len(text)
                else:
                    x = _put(row, x, text, style, odd, y)
            elif newline:
                x, y = 0, y + 1
            elif line or column:
                y, x = int(line or 1) - 1, int(column or 1) - 1
            else:
                style = ink(parameters)
        return changed, odd, (x, y)

    def _line(self, y: int, new: Row, whole: bool) -> list[str]:
        """What turns row *y* into *new*.

        *whole* is for a line with a character that terminals disagree on the width of: it is sent from its start.
        """
        old = self._rows[y]
        if old == new:
            return []
        known = len(old)
        if whole:
            places = [x for x, cell in enumerate(new) if cell is not None]
        else:
            places = [x for x, cell in enumerate(new) if cell is not None and (x >= known or cell != old[x])]
        if not places:
            return []
        parts: list[str] = []
        end = -1
        for x in places:
            if x < end:
                continue
            if end < 0:
                parts.append(f"\x1b[{y + 1};{x + 1}H")
            elif x - end >= _SHORTEST_SKIP or None in new[end:x]:
                parts.append(f"\x1b[{x - end}C")
            else:
                parts += [self._cell(cell) for cell in new[end:x] if cell is not None]
            cell = new[x]
            if cell is not None:
                parts.append(self._cell(cell))
            end = x + 1
        return parts

    def _cell(self, cell: Cell) -> str:
        text, style = cell
        pen = self._pen
        if pen is None:
            self._pen = style
            return f"\x1b[0m{switch(PLAIN, style)}{text}"
        if pen == style or (text == " " and blank(pen) == style):
            return text
        self._pen = style
        return switch(pen, style) + text

    def _scroll(self, changed: dict[int, Row]) -> list[str]:
        """Let the terminal move lines up that moved up, if that spares lines; ``_rows`` is as after that.

        Set the scrolling region (DECSTBM) and delete lines at its top (DL), which even the Linux console can.
        """
        best = (0, 0, 0, 0)
        for shift in range(1, len(changed)):
            for top, bottom, spared in self._moved(changed, shift):
                best = max(best, (spared, shift, top, bottom))
        spared, shift, top, bottom = best
        if spared < _FEWEST_SCROLLED:
            return []
        reset = "" if self._pen == PLAIN else "\x1b[0m"
        self._pen = PLAIN
        width = len(self._rows[top])
        self._rows[top : bottom + 1] = self._rows[top + shift : bottom + 1] + [[_SPACE] * width for _ in range(shift)]
        return [f"{reset}\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1};1H\x1b[{shift}M\x1b[r"]

    def _moved(self, changed: dict[int, Row], shift: int) -> list[tuple[int, int, int]]:
        """(first line, last line, lines spared) of each block that has moved up by *shift* lines.

        The last cell of a line does not count: a scroll bar stands there and stays.
        """
        found = []
        rows, height = self._rows, len(self._rows)
        start, spared = -1, 0
        for y in range(height - shift + 1):
            new = changed.get(y)
            same = y + shift < height and new is not None and bool(new) and new[:-1] == rows[y + shift][:-1]
            if same and new is not None:
                start = y if start < 0 else start
                spared += new[:-1] != rows[y][:-1]
            elif start >= 0:
                if all(line in changed for line in range(start, y + shift)):
                    found.append((start, y + shift - 1, spared))
                start, spared = -1, 0
        return found


def _mend(row: Row) -> None:
    """Where half of a wide character was written over, a terminal shows a space in the place of the other half."""
    wide = False
    for x, cell in enumerate(row):
        if cell is None:
            wide = False
            continue
        if (cell[0] == "") != wide:
            at = x if cell[0] == "" else x - 1
            left = row[at]
            if left is not None:
                row[at] = (" ", blank(left[1]))
        wide = cell[0] != "" and cell_len(cell[0]) > 1


def _put(row: Row, x: int, text: str, style: Ink, odd: set[int], y: int) -> int:
    """Put *text* with characters of any width into *row*; gives the cell after it."""
    for character in text:
        width = cell_len(character)
        cell: Cell = (character, blank(style) if character == " " else style)
        if width == 0:
            before = row[x - 1] if 0 < x <= len(row) else None
            if before is not None:
                row[x - 1] = (before[0] + character, before[1])
                odd.add(y)
            continue
        if width > 1:
            odd.add(y)
        row[x : x + width] = [cell, *[("", style)] * (width - 1)]
        x += width
    return x

"""A list of choices under the headings of their groups, with a cursor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from tuibpf.tui.choice import Choice
from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.widgets.line_view import LineView

__all__ = ["ChoiceList"]

_WIDEST_NAME = 24


class ChoiceList(LineView, can_focus=False):
    """Never has the focus: the search line keeps it, and its screen moves the cursor."""

    class Moved(Message):
        """The cursor is on another choice."""

    class Chosen(Message):
        """A choice was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: list[Choice] = []
        self._rows: list[Choice | str] = []
        self.cursor = 0

    @property
    def choice(self) -> Choice | None:
        return self._choices[self.cursor] if self._choices else None

    def show(self, choices: Sequence[Choice], grouped: bool) -> None:
        """Show *choices*, with a heading at each change of group if *grouped*; the cursor goes to the first."""
        self._choices = list(choices)
        self._rows = []
        group = None
        for choice in choices:
            if grouped and choice.group and choice.group != group:
                self._rows.append(choice.group)
            group = choice.group
            self._rows.append(choice)
        self.cursor = self.top = 0
        self.post_message(self.Moved())
        self.repaint()

    def count(self) -> int:
        return len(self._rows)

    def position(self) -> None:
        if not self._choices:
            return
        at = self._rows.index(self._choices[self.cursor])
        room = max(1, self.room())
        # The heading above the first of a group is shown with it.
        first = at - 1 if at and isinstance(self._rows[at - 1], str) else at
        self.top = min(max(self.top, at - room + 1), first)

    def line(self, index: int, width: int) -> Strip:
        row, palette = self._rows[index], self.palette
        if isinstance(row, str):
            return strip_of([(f" {row}", palette.header)], width, palette.header)
        ground = palette.selected if row is self.choice else None
        names = min(_WIDEST_NAME, max(cell_len(choice.name) for choice in self._choices))
        parts: list[Part] = [(f"  {fit(row.name, names)}  ", ground or palette.name)]
        if row.note:
            parts.append((f"{row.note}  ", ground or palette.warning))
        parts.append((fit(row.purpose, max(0, width - names - 4)), ground or palette.text))
        return strip_of(parts, width, ground)

    def move(self, lines: int) -> None:
        if self._choices:
            self.cursor = max(0, min(self.cursor + lines, len(self._choices) - 1))
            self.post_message(self.Moved())
            self.repaint()

    def scroll_lines(self, lines: int) -> None:
        self.move(1 if lines > 0 else -1)

    def on_click(self, event: events.Click) -> None:
        index = self.top + event.y
        if index < len(self._rows) and isinstance(row := self._rows[index], Choice):
            self.cursor = self._choices.index(row)
            self.repaint()
            self.post_message(self.Chosen())

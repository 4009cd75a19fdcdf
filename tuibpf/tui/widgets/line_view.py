"""A view that is drawn line by line, scrolls by itself, and repaints only the cells that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tuibpf.tui.strips import changed_span, strip_of
from tuibpf.tui.theme import Palette

if TYPE_CHECKING:
    from tuibpf.tui.app import Dashboard

__all__ = ["LineView", "Painted"]


class Painted(Widget):
    """A widget made of lines that are compared with what is on the screen before anything is sent.

    A subclass gives all its visible lines in ``paint``; ``repaint`` is called after a change of state. Textual's own
    ScrollView is not used, because its scrollbars and its virtual size cost a new layout of the whole screen for each
    row that comes in.
    """

    _shown: list[Strip]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown = []

    @property
    def dashboard(self) -> Dashboard:
        return self.app  # type: ignore[return-value]

    @property
    def palette(self) -> Palette:
        return self.dashboard.look.palette

    def paint(self, width: int, height: int) -> list[Strip]:
        """The visible lines, each *width* cells wide; at most *height* of them."""
        return []

    def repaint(self) -> None:
        """Draw what has changed since the last time, and nothing else."""
        width, height = self.size
        if not self.is_attached or not width or not height:
            return
        lines = self._lines(width, height)
        regions = []
        for y, line in enumerate(lines):
            old = self._shown[y] if y < len(self._shown) else None
            if old is not line and old != line:
                start, end = changed_span(old, line, width)
                regions.append(Region(start, y, end - start, 1))
        self._shown = lines
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Textual's Line API: the line *y* of what is in sight."""
        width, height = self.size
        if len(self._shown) != height or (self._shown and self._shown[0].cell_length != width):
            self._shown = self._lines(width, height)
        line = self._shown[y] if y < len(self._shown) else Strip.blank(width)
        return line.apply_style(self.rich_style)

    def notify_style_update(self) -> None:
        """A new theme, or a change of focus: nothing of what is on the screen can be relied upon."""
        self._shown = []
        super().notify_style_update()

    def _lines(self, width: int, height: int) -> list[Strip]:
        lines = self.paint(width, height)[:height]
        lines.extend(strip_of((), width) for _ in range(height - len(lines)))
        return lines


class LineView(Painted, can_focus=True):
    """A list of lines with a heading and a footing that do not scroll, and a cursor that a subclass may use.

    ``top`` is the index of the first line in sight, ``left`` the number of cells scrolled to the right.
    """

    DEFAULT_CSS = "LineView { height: 1fr; width: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "jump(0)", "Start", show=False),
        Binding("end,G", "jump(1)", "End", show=False),
        Binding("left,less_than_sign", "sideways(-8)", "Left", show=False),
        Binding("right,greater_than_sign", "sideways(8)", "Right", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.top = 0
        self.left = 0

    # What a subclass says.

    def count(self) -> int:
        """The number of lines there are."""
        return 0

    def line(self, index: int, width: int) -> Strip:
        """The line *index*, of *width* cells; the first ``left`` of them are out of sight."""
        return strip_of((), width)

    def heading(self, width: int) -> list[Strip]:
        return []

    def footing(self, width: int) -> list[Strip]:
        return []

    def position(self) -> None:
        """Set ``top`` before painting; the default only keeps it within bounds."""

    def room(self) -> int:
        """The number of lines between heading and footing."""
        width, height = self.size
        return max(0, height - len(self.heading(width)) - len(self.footing(width)))

    # How it is drawn.

    def paint(self, width: int, height: int) -> list[Strip]:
        heading, footing = self.heading(width), self.footing(width)
        room = max(0, height - len(heading) - len(footing))
        self.position()
        count = self.count()
        self.top = max(0, min(self.top, count - room))
        scrolls = count > room > 0
        inner = width - 1 if scrolls else width
        seen = range(self.top, min(count, self.top + room))
        lines = [self._aside(self.line(index, inner + self.left), inner) for index in seen]
        if scrolls:
            lines = [self._with_gauge(line, y, inner, room, count) for y, line in enumerate(lines)]
        lines.extend(strip_of((), width) for _ in range(room - len(lines)))
        return [*heading, *lines, *footing]

    def _aside(self, line: Strip, width: int) -> Strip:
        """The part of *line* that is in sight: *width* cells, from ``left`` on."""
        if not self.left and line.cell_length == width:
            return line
        return line.crop(self.left, self.left + width).adjust_cell_length(width)

    def _with_gauge(self, line: Strip, y: int, width: int, room: int, count: int) -> Strip:
        """*line* with a cell at its end that shows where in the whole this is."""
        size = max(1, room * room // count)
        start = (room - size) * self.top // max(1, count - room)
        on = start <= y < start + size
        cell = Segment("┃" if on else "│", self.palette.muted if on else self.palette.faint)
        return Strip([*line, cell], width + 1)

    # How it moves.

    def action_move(self, lines: int) -> None:
        self.top += lines
        self.repaint()

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.room() - 1))

    def action_jump(self, end: int) -> None:
        self.action_move(self.count() if end else -self.count())

    def action_sideways(self, cells: int) -> None:
        self.left = max(0, min(self.left + cells, 400))
        self.repaint()

    def scroll_lines(self, lines: int) -> None:
        """Scroll without touching the cursor, as a mouse wheel does."""
        self.top += lines
        self.repaint()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(3)

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

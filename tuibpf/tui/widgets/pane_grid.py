"""The panes, side by side as far as their lines can be read, and below each other."""

from __future__ import annotations

from textual import events
from textual.containers import Container

from tuibpf.tui.widgets.pane import Pane

__all__ = ["PaneGrid", "columns_for"]

_READABLE = 76
_NARROWEST = 38
_LOWEST = 6


def columns_for(count: int, width: int, height: int) -> int:
    """Into how many columns *count* panes go: as many as have readable lines, more only where panes get too low."""
    columns = max(1, min(count, width // _READABLE))
    while columns < count and height // -(-count // columns) < _LOWEST and width // (columns + 1) >= _NARROWEST:
        columns += 1
    return columns


class PaneGrid(Container):
    """Lays the panes out anew when their number or the terminal's size changes, and never else."""

    DEFAULT_CSS = "PaneGrid { layout: grid; width: 1fr; height: 1fr; grid-gutter: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self._alone: Pane | None = None

    @property
    def panes(self) -> list[Pane]:
        """All panes that stay, in their order."""
        return [child for child in self.children if isinstance(child, Pane) and not child.has_class("-closing")]

    def on_resize(self, event: events.Resize) -> None:
        self.lay_out()

    def lay_out(self) -> None:
        """Give each pane its number and its place; the last row is filled by what is in it."""
        panes = self.panes
        if self._alone not in panes:
            self._alone = None
        shown = [pane for pane in panes if self._alone in (None, pane)]
        for number, pane in enumerate(panes, 1):
            pane.set_number(number if len(panes) > 1 else 0)
            pane.display = pane in shown
        if not shown:
            return
        width, height = self.size
        columns = columns_for(len(shown), width, height)
        rows = -(-len(shown) // columns)
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = rows
        last = len(shown) - (rows - 1) * columns
        for index, pane in enumerate(shown):
            at = index % columns
            in_last_row = index >= (rows - 1) * columns
            ends_row = in_last_row and at == last - 1
            pane.styles.column_span = columns - at if ends_row else 1
            pane.set_class(at > 0, "-inner")

    def add(self, pane: Pane, instead_of: Pane | None = None) -> None:
        """Put *pane* behind the others, or in the place of *instead_of*, which is closed; it gets the focus."""
        if instead_of is not None and instead_of in self.panes:
            self.mount(pane, before=instead_of)
            self.take_out(instead_of, pane)
            return
        self.mount(pane)
        self.show(pane)
        self.lay_out()
        self.focus_soon(pane)

    def take_out(self, pane: Pane, then: Pane | None = None) -> None:
        """Close *pane*; the focus goes to *then*, else to its neighbour. Its feed ends in its own time."""
        place = self.panes.index(pane)
        pane.add_class("-closing")
        pane.feed.stop()
        left = self.panes
        then = then or (left[min(place, len(left) - 1)] if left else None)
        if then is not None:
            self.show(then)
        self.lay_out()
        self.focus_soon(then)
        pane.display = False
        pane.remove()

    def focus_soon(self, pane: Pane | None) -> None:
        """Give *pane* the focus, at once if it is there already."""
        if pane is not None and not pane.focus_view():
            self.call_after_refresh(pane.focus_view)

    def maximise(self, pane: Pane) -> None:
        """Show *pane* alone, or all of them again."""
        self._alone = None if self._alone is pane else pane
        self.lay_out()
        pane.focus_view()

    @property
    def maximised(self) -> Pane | None:
        return self._alone

    def show(self, pane: Pane) -> None:
        """Make sure that *pane* is in sight."""
        if self._alone is not None and self._alone is not pane:
            self._alone = pane
            self.lay_out()

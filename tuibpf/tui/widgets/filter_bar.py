"""The line at the foot of a pane in which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

__all__ = ["FilterBar"]


class FilterBar(Input):
    """Filters while it is typed. Enter keeps the filter and goes back to the rows, Esc drops it."""

    DEFAULT_CSS = """
    FilterBar { height: 1; width: 1fr; border: none; padding: 0 1; display: none; background: $panel; }
    FilterBar:focus { border: none; background: $panel; }
    FilterBar.-open { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", "Drop", show=False)]

    class Done(Message):
        """Back to the rows; *drop* when nothing is to be filtered any more."""

        def __init__(self, drop: bool) -> None:
            super().__init__()
            self.drop = drop

    def __init__(self) -> None:
        super().__init__(placeholder="only rows with this text; Enter keeps it, Esc shows all", compact=True)
        # A blinking cursor would send bytes twice a second for nothing.
        self.cursor_blink = False

    def action_drop(self) -> None:
        self.post_message(self.Done(drop=True))

    async def action_submit(self) -> None:
        self.post_message(self.Done(drop=not self.value))

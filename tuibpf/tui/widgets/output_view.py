"""What every view of a tool's output can be asked for, whichever its shape."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tuibpf.tui.widgets.line_view import LineView

__all__ = ["OutputView"]


class OutputView(LineView):
    """A view of one output. What makes no sense for a shape does nothing there.

    ``keys`` are the keys that the key bar shows for it, beside those of every pane.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Details", show=False),
        Binding("F", "follow", "Follow", show=False),
        Binding("escape", "follow", "Let go", show=False),
    ]

    keys: ClassVar[tuple[tuple[str, str], ...]] = ()

    def action_choose(self) -> None:
        """Show all of what is selected."""

    def action_follow(self) -> None:
        """Let go of the selection and show what is newest, or largest."""

    def pause(self, paused: bool) -> None:
        """Stop changing the picture, or go on with all that came meanwhile."""

    def set_filter(self, text: str) -> None:
        """Show only what has *text* in it; an empty one shows all."""

    def clear(self) -> None:
        """Forget all that is shown."""

    def sort_next(self) -> bool:
        """Order by the next column; False where nothing can be ordered."""
        return False

    def reverse(self) -> bool:
        """Turn the order round; False where nothing can be ordered."""
        return False

    def next_mode(self) -> bool:
        """Show the same data in another way; False where there is one way only."""
        return False

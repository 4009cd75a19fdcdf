"""A dialog with text: a row in full, what there is to know of a pane, help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tuibpf.diagnostics import printable
from tuibpf.tui.widgets.key_bar import KeyLine
from tuibpf.tui.widgets.text_view import Paragraph, TextView

__all__ = ["TextDialog"]


class TextDialog(ModalScreen[None]):
    """Shows *content* until Esc. What lies under it goes on meanwhile."""

    DEFAULT_CSS = """
    TextDialog { align: center middle; background: transparent; }
    TextDialog > Vertical {
        width: 90%; max-width: 100; height: 90%; max-height: 44;
        border: solid $border; background: $surface; border-title-color: $border;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark,i", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, title: str, content: Sequence[Paragraph]) -> None:
        super().__init__()
        self._title = printable(title).replace("[", "\\[")  # a border's title is read as markup
        self.view = TextView(content)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield self.view
            yield KeyLine([("j/k", "scroll"), ("esc", "close")])

    def on_mount(self) -> None:
        self.view.focus()

"""A list to choose from, with a search line: the picker of tools, the palette of commands, the themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tuibpf.tui.choice import Choice, search
from tuibpf.tui.widgets.choice_list import ChoiceList
from tuibpf.tui.widgets.key_bar import KeyLine
from tuibpf.tui.widgets.text_view import TextView

__all__ = ["Chooser", "Chosen"]


class Chosen(NamedTuple):
    """What was chosen, and whether its options are to be asked for first."""

    value: Any
    with_options: bool


class _Search(Input):
    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True)
        self.cursor_blink = False


class Chooser(ModalScreen[Chosen | None]):
    """Typing searches, the arrows move, Enter chooses, Esc goes back.

    *options_key* says whether Tab, which asks for a tool's options first, makes sense. *moved* is called with each
    choice that the cursor comes to, which lets a theme be seen before it is taken.
    """

    DEFAULT_CSS = """
    Chooser { align: center middle; background: transparent; }
    Chooser > Vertical {
        width: 90%; max-width: 110; height: 90%; max-height: 40;
        border: solid $border; background: $surface; border-title-color: $border;
    }
    Chooser.-small > Vertical { width: 60; height: 18; }
    Chooser Input, Chooser Input:focus {
        height: 1; border: none; padding: 0 1; background: $panel; width: 1fr;
    }
    Chooser TextView { height: 7; border-top: solid $border-blurred; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("enter", "choose(False)", "Open", show=False, priority=True),
        Binding("tab", "choose(True)", "Options", show=False, priority=True),
        Binding("escape", "dismiss(None)", "Back", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        placeholder: str = "type to search",
        options_key: bool = False,
        small: bool = False,
        moved: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__(classes="-small" if small else None)
        self._title = title
        self._choices = list(choices)
        self._options_key = options_key
        self._moved = moved
        self.search_line = _Search(placeholder)
        self.list = ChoiceList()
        self.details = TextView()

    def compose(self) -> ComposeResult:
        keys = [("↑↓", "move"), ("enter", "open" if self._options_key else "choose")]
        if self._options_key:
            keys.append(("tab", "options"))
        with Vertical() as box:
            box.border_title = self._title
            yield self.search_line
            yield self.list
            yield self.details
            yield KeyLine([*keys, ("esc", "back")])

    def on_mount(self) -> None:
        self.details.can_focus = False
        self.details.display = any(choice.details for choice in self._choices)
        self.list.show(self._choices, grouped=True)
        self.search_line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.list.show(search(self._choices, event.value), grouped=not event.value.strip())

    def on_choice_list_moved(self) -> None:
        choice = self.list.choice
        self.details.set_content(choice.details if choice else ())
        if choice is not None and self._moved is not None:
            self._moved(choice.value)

    def on_choice_list_chosen(self) -> None:
        self.action_choose(False)

    def action_move(self, lines: int) -> None:
        self.list.move(lines)

    def action_choose(self, with_options: bool) -> None:
        choice = self.list.choice
        if choice is not None:
            self.dismiss(Chosen(choice.value, with_options and self._options_key))

"""A tool's options, one a line, before it is started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label

from tuibpf.tool.option import Option, UsageError, Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.strips import strip_of
from tuibpf.tui.widgets.key_bar import KeyLine
from tuibpf.tui.widgets.line_view import Painted
from tuibpf.tui.widgets.text_view import Paragraph, TextView

__all__ = ["OptionForm"]


class _Flag(Painted, can_focus=True):
    """``[x]``. The space bar ticks; Enter starts the tool, wherever the cursor is."""

    DEFAULT_CSS = "_Flag { width: 14; height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "Tick", show=False)]

    def __init__(self, value: bool, id: str) -> None:
        super().__init__(id=id)
        self.value = value

    def paint(self, width: int, height: int) -> list[Strip]:
        style = self.palette.selected if self.has_focus else self.palette.strong
        return [strip_of([("[x]" if self.value else "[ ]", style)], width)]

    def action_tick(self) -> None:
        self.value = not self.value
        self.repaint()

    def on_click(self) -> None:
        self.action_tick()

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()


class _Entry(Input):
    def __init__(self, value: str, placeholder: str, id: str) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True)
        self.cursor_blink = False


class OptionForm(ModalScreen[dict[str, Value] | None]):
    """Gives the values of all options, or None. What can not be one is said below the fields, as on a command line."""

    DEFAULT_CSS = """
    OptionForm { align: center middle; background: transparent; }
    OptionForm > Vertical {
        width: 90%; max-width: 110; height: auto; max-height: 90%;
        border: solid $border; background: $surface; border-title-color: $border;
    }
    OptionForm VerticalScroll { height: auto; max-height: 20; }
    OptionForm Horizontal { height: 1; }
    OptionForm Label { width: 26; color: $foreground; }
    OptionForm .help { width: 1fr; color: $foreground; text-wrap: nowrap; text-overflow: ellipsis; padding-left: 1; }
    OptionForm Input, OptionForm Input:focus { width: 14; height: 1; border: none; padding: 0 1; background: $panel; }
    OptionForm Input:focus { background: $boost; text-style: underline; }
    OptionForm TextView { height: 2; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", show=False),
        Binding("up", "app.focus_previous", "Up", show=False),
        Binding("down", "app.focus_next", "Down", show=False),
        Binding("enter", "start", "Start", show=False),
    ]

    def __init__(self, tool: Tool, values: Mapping[str, Value]) -> None:
        super().__init__()
        self.tool = tool
        self._values = {**tool.defaults(), **values}
        self._error_at: Widget | None = None
        self._fields: dict[str, _Flag | _Entry] = {}
        self.message = TextView([Paragraph(tool.purpose, "muted")])

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Options of {self.tool.name}"
            with VerticalScroll(can_focus=False):
                for option in self.tool.options:
                    field = self._field(option)
                    self._fields[option.name] = field
                    with Horizontal():
                        # Markup is off: an option's words are those of a script.
                        yield Label(f" {option.usage}", markup=False)
                        yield field
                        yield Label(option.help, classes="help", markup=False)
            yield self.message
            yield KeyLine([("enter", "start"), ("space", "tick"), ("tab", "next"), ("esc", "back")])

    def on_mount(self) -> None:
        self.message.can_focus = False
        first = next(iter(self._fields.values()), None)
        if first is not None:
            first.focus()

    def _field(self, option: Option) -> _Flag | _Entry:
        value = self._values[option.name]
        name = f"option-{option.name}"
        if option.kind == "flag":
            return _Flag(bool(value), name)
        hint = "|".join(option.choices) or ("any" if option.default is None else str(option.default))
        return _Entry("" if value is None else str(value), hint, name)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say in full what the field is for, unless it is the one that has just been found wrong."""
        at, self._error_at = self._error_at, None
        if at is event.widget:
            return
        name = (event.widget.id or "").removeprefix("option-")
        option = next((option for option in self.tool.options if option.name == name), None)
        if option is not None:
            self.message.set_content([Paragraph(option.help, "muted")])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_start()

    def action_start(self) -> None:
        values: dict[str, Value] = {}
        for option in self.tool.options:
            field = self._fields[option.name]
            if isinstance(field, _Flag):
                values[option.name] = field.value
                continue
            text = field.value.strip() if option.kind != "string" else field.value
            try:
                values[option.name] = option.parse(text) if text else option.default
            except UsageError as error:
                self._error_at = field
                self.message.set_content([Paragraph(str(error), "error")])
                field.focus()
                return
        self.dismiss(values)

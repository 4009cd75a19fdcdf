"""What the dashboard asks: which tool, with which options, which command, which theme. And what follows the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tuibpf.tool.option import Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.choice import Choice
from tuibpf.tui.commands import SYSTEM, command_choices, theme_choices, tool_choices
from tuibpf.tui.screens.chooser import Chooser, Chosen
from tuibpf.tui.screens.option_form import OptionForm
from tuibpf.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tuibpf.tui.app import Dashboard

__all__ = ["ask_options", "pick_command", "pick_theme", "pick_tool"]


def pick_tool(app: Dashboard) -> None:
    """The picker: a tool is opened as it is, or after its options were asked for."""

    def picked(chosen: Chosen | None) -> None:
        if chosen is None:
            return
        if chosen.value is SYSTEM:
            app.open_host()
        elif chosen.with_options and chosen.value.options:
            ask_options(app, chosen.value, {})
        else:
            app.open_tool(chosen.value, {})

    choices = tool_choices(app.tools, app.lock)
    app.push_screen(Chooser("tools", choices, placeholder="type to search the tools", options_key=True), picked)


def ask_options(app: Dashboard, tool: Tool, values: Mapping[str, Value], instead_of: Pane | None = None) -> None:
    """The form of *tool*'s options, filled with *values*; then it is started, in the place of *instead_of*."""

    def start(answer: dict[str, Value] | None) -> None:
        if answer is not None:
            app.open_tool(tool, answer, instead_of)

    if tool.options:
        app.push_screen(OptionForm(tool, values), start)
    else:
        app.say(f"{tool.name} has no options")


def pick_command(app: Dashboard) -> None:
    """The palette: everything that can be done now."""

    def do(chosen: Chosen | None) -> None:
        if chosen is not None:
            chosen.value()

    app.push_screen(Chooser("commands", command_choices(app), placeholder="type to search"), do)


def pick_theme(app: Dashboard) -> None:
    """The themes; each is seen while the cursor is on it, and the one from before comes back with Esc."""
    before = app.look.name

    def taken(chosen: Chosen | None) -> None:
        app.use_look(chosen.value if chosen is not None else before)

    choices = [Choice(before, app.look.title), *theme_choices(app.looks, before)]
    app.push_screen(Chooser("theme", choices, small=True, moved=app.use_look), taken)

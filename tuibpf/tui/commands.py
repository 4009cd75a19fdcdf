"""The lists that the dashboard offers: tools, commands, themes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from tuibpf.diagnostics import NotSupported
from tuibpf.tool.tool import Tool
from tuibpf.tui.choice import Choice
from tuibpf.tui.theme import Look
from tuibpf.tui.widgets.text_view import Paragraph, paragraphs
from tuibpf.tui.widgets.tool_pane import ToolPane

if TYPE_CHECKING:
    from tuibpf.tui.app import Dashboard

__all__ = ["SYSTEM", "command_choices", "theme_choices", "tool_choices"]

SYSTEM: Final = "system"

_PANE_COMMANDS = (
    ("pause", "pause or go on", "p"),
    ("clear", "clear what is shown", "c"),
    ("filter", "show only rows with a text", "/"),
    ("sort", "sort the table by the next column", "s"),
    ("reverse", "turn the order round", "S"),
    ("mode", "next view of the histogram", "v"),
    ("maximise", "this pane alone, or all again", "m"),
    ("info", "about the tool: options, losses, cost", "i"),
    ("close", "close the pane", "x"),
)


def tool_choices(tools: Sequence[Tool], lock: NotSupported | None) -> list[Choice]:
    """A choice for each tool, by family, with the reason where it can not be used; and the host's own pane."""
    choices = [_tool_choice(tool, lock) for tool in tools]
    about = [Paragraph("Load, processors, memory, disks, network and processes, by psutil; needs no privilege.")]
    return [*choices, Choice(SYSTEM, "system", "what the kernel tells everybody", "host", details=about)]


def _tool_choice(tool: Tool, lock: NotSupported | None) -> Choice:
    if tool.error is not None:
        return Choice(tool, tool.name, tool.error.message, tool.family, "broken", paragraphs(tool.error.render()))
    details = [Paragraph(tool.purpose, "strong")]
    if lock is not None:
        details += [Paragraph(lock.reason, "warning", "locked"), Paragraph(lock.remedy or "", "text", "remedy")]
    if tool.options:
        details += [Paragraph(option.help, "text", option.usage.strip()) for option in tool.options]
    return Choice(tool, tool.name, tool.purpose, tool.family, "locked" if lock is not None else "", details)


def theme_choices(looks: Mapping[str, Look], current: str) -> list[Choice]:
    """A choice for each theme but the one in use."""
    return [Choice(look.name, look.title) for look in looks.values() if look.name != current]


def command_choices(app: Dashboard) -> list[Choice]:
    """Everything that can be done now, for the palette; the value of a choice is what does it."""
    choices: list[Choice] = []

    def add(group: str, name: str, purpose: str, run: Callable[[], object]) -> None:
        choices.append(Choice(run, name, purpose, group))

    pane = app.pane
    if pane is not None:
        for name, purpose, key in _PANE_COMMANDS:
            add("this pane", name, f"{purpose} ({key})", partial(app.run_pane_action, name))
        if isinstance(pane, ToolPane):
            add("this pane", "options", "change the tool's options (o)", partial(app.run_pane_action, "options"))
    for tool in app.tools:
        add("tools", tool.name, tool.purpose, partial(app.open_tool, tool, {}))
    add("tools", "system", "what the kernel tells everybody", app.open_host)
    for look in app.looks.values():
        add("themes", f"theme {look.name}", look.title, partial(app.use_look, look.name))
    add("dashboard", "add", "choose a tool by family (a)", app.action_add)
    add("dashboard", "help", "what the keys do (?)", app.action_help)
    add("dashboard", "quit", "detach every probe and leave (q)", app.exit)
    return choices

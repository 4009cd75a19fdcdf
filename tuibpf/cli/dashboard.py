"""``tuibpf`` and ``tuibpf TOOL…``: the dashboard, with these tools open."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from tuibpf.tool.discover import find_tool
from tuibpf.tool.option import UsageError, Value, near, parse_arguments
from tuibpf.tool.tool import Tool

__all__ = ["COMMANDS", "dashboard", "read_tools"]

COMMANDS = ("run", "list", "check", "dump", "doctor", "help")


def dashboard(words: Sequence[str]) -> int:
    """Open the dashboard with the tools in *words*, each followed by its options. Returns the exit code."""
    requests = read_tools(words)
    from tuibpf.tui import run

    gc.freeze()
    gc.enable()
    return run(requests)


def read_tools(words: Sequence[str]) -> list[tuple[Tool, dict[str, Value]]]:
    """The tools in *words* with the values of their options."""
    requests = []
    left = list(words)
    while left:
        if left[0].startswith("-"):
            raise UsageError(f"no such option: {left[0]}", "tuibpf --help shows what there is")
        tool = _find(left[0])
        spellings = {text: option for option in tool.options for text in (option.short, option.long) if text}
        # The first word that is neither an option nor the value of one is the next tool.
        parsed = parse_arguments(spellings, left[1:], stop_at_word=True)
        requests.append((tool, {option.name: parsed.values[option.name] for option in tool.options}))
        left = parsed.words
    return requests


def _find(name: str) -> Tool:
    try:
        return find_tool(name)
    except UsageError as error:
        if hint := near(name, COMMANDS):
            raise UsageError(f"no such tool or command: {name!r}", hint) from None
        raise UsageError(f"no such tool or command: {name!r}", error.hint) from None

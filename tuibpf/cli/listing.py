"""``tuibpf list``: the tools, their families, and whether this kernel can run each."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps

from tuibpf.cli.manual import command_help, wants_help
from tuibpf.cli.speech import OutputClosed, say, tell
from tuibpf.diagnostics import CompileError, MissingEvent, NotSupported, printable
from tuibpf.ir.target import Target
from tuibpf.tool.discover import discover
from tuibpf.tool.option import Option, UsageError, parse_arguments
from tuibpf.tool.tool import Tool

__all__ = ["list_tools", "obstacle"]

FORM = Option("-o", "-o", "--output", "string", "table", ("table", "json"), help="how to write it")


def list_tools(arguments: Sequence[str]) -> int:
    """The command ``list``. Returns the exit code."""
    if wants_help(arguments):
        tell(command_help("list"))
        return 0
    parsed = parse_arguments({"-o": FORM, "--output": FORM}, arguments)
    if parsed.words:
        raise UsageError(f"list takes no argument {parsed.words[0]!r}")
    target, reason = _target()
    try:
        if parsed.values["-o"] == "json":
            for tool in discover():
                tell(dumps(_item(tool, obstacle(tool, target) if target else reason)) + "\n")
        else:
            _table(target, reason)
    except OutputClosed:
        return 0
    _say_what_is_missing()
    return 0


def obstacle(tool: Tool, target: Target) -> str | None:
    """Why *tool* can not be run on this kernel, in one line; None if it can, as far as compiling it shows."""
    from tuibpf.compiler import compile_script

    if tool.error is not None:
        return _first_line(tool.error.render())
    try:
        compile_script(tool.source, tool.defaults(), target)
    except MissingEvent as error:
        return error.diagnostic.message
    except CompileError as error:
        return _first_line(error.diagnostic.render())
    except NotSupported as error:
        return _first_line(f"{error.what}: {error.reason}")
    return None


def _target() -> tuple[Target | None, str]:
    """The running kernel to compile for, or why there is none."""
    from tuibpf.kernel.machine import running_target

    try:
        return running_target(), ""
    except NotSupported as error:
        return None, _first_line(f"{error.what}: {error.reason}")


def _table(target: Target | None, reason: str) -> None:
    tools = discover()
    width = max((len(tool.name) for tool in tools), default=0)
    family = None
    for tool in tools:
        if tool.family != family:
            tell(("\n" if family is not None else "") + f"{printable(tool.family)}\n")
            family = tool.family
        tell(f"  {tool.name:{width}}  {printable(tool.purpose)}\n")
        if told := obstacle(tool, target) if target else reason:
            tell(f"  {'':{width}}  not here: {printable(told)}\n")


def _item(tool: Tool, reason: str | None) -> dict[str, object]:
    return {
        "tool": tool.name,
        "family": tool.family,
        "purpose": tool.purpose,
        "path": tool.path,
        "available": reason is None,
        "reason": reason,
    }


def _say_what_is_missing() -> None:
    from tuibpf.kernel import privileges

    if lacking := privileges.missing():
        say(f"note: this user lacks {' and '.join(lacking)} to run them", f"  remedy: {privileges.remedy()}")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]

"""``tuibpf check``: compile for this kernel, load nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuibpf.cli.manual import command_help, wants_help
from tuibpf.cli.speech import say, tell
from tuibpf.diagnostics import CompileError, NotSupported, printable
from tuibpf.tool.discover import find_tool
from tuibpf.tool.option import Option, UsageError, Value, parse_arguments
from tuibpf.tool.tool import Tool

__all__ = ["check", "read_tool", "variants"]


def check(arguments: Sequence[str]) -> int:
    """The command ``check``. Returns the exit code."""
    if wants_help(arguments):
        tell(command_help("check"))
        return 0
    from tuibpf.compiler import compile_script
    from tuibpf.kernel.machine import running_target

    tool, values, given = read_tool("check", arguments)
    target = running_target()
    bundle = compile_script(tool.source, values, target)
    programs = {program.name: program.slots for program in bundle.programs}
    compiled = 1
    for usage, variant in variants(tool) if not given else ():
        try:
            bundle = compile_script(tool.source, variant, target)
        except CompileError:
            say(f"with {usage}:")
            raise
        except NotSupported as error:
            say(f"note: not checked with {usage}: {error.what}: {error.reason}")
            continue
        compiled += 1
        programs.update({program.name: program.slots for program in bundle.programs})
    told = "program" if len(programs) == 1 else "programs"
    tell(f"{printable(tool.path)}: ok, {len(programs)} {told}, {sum(programs.values())} instructions")
    tell(f", compiled {compiled} times\n" if compiled > 1 else "\n")
    return 0


def read_tool(
    command: str, arguments: Sequence[str], own: Mapping[str, Option] | None = None
) -> tuple[Tool, dict[str, Value], frozenset[str]]:
    """The tool that *arguments* name, the values of its options and of *own*, and which of them were given."""
    before = parse_arguments(own or {}, arguments, stop_at_word=True)
    if not before.words:
        raise UsageError(f"{command} which tool or file?", "tuibpf list shows the tools")
    tool = find_tool(before.words[0])
    theirs = {spelling: option for option in tool.options for spelling in (option.short, option.long) if spelling}
    after = parse_arguments({**(own or {}), **theirs}, before.words[1:])
    if after.words:
        raise UsageError(f"{tool.name} takes no argument {after.words[0]!r}")
    values = {name: value for name, value in after.values.items() if name in after.given or name not in before.given}
    return tool, {**before.values, **values}, after.given | before.given


def variants(tool: Tool) -> Iterator[tuple[str, dict[str, Value]]]:
    """Values that switch on one option at a time, with how that is written: an option's branch is else not compiled."""
    for option in tool.options:
        for value in _samples(option):
            usage = option.long if option.kind == "flag" else f"{option.long} {value}"
            yield usage, {**tool.defaults(), option.name: value}


def _samples(option: Option) -> tuple[Value, ...]:
    if option.kind == "flag":
        return (not option.default,)
    if option.choices:
        return tuple(choice for choice in option.choices if choice != option.default)
    if option.kind == "string":
        return ("x",)
    return (max(option.minimum or 0, min(1, option.maximum if option.maximum is not None else 1)),)

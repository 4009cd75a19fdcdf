"""``tuibpf dump``: what the compiler made of a script, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence

from tuibpf.cli.check import read_tool
from tuibpf.cli.manual import command_help, wants_help
from tuibpf.cli.speech import OutputClosed, clean, tell
from tuibpf.tool.option import Option, UsageError, near

__all__ = ["dump"]

_AFTER = Option("--after", None, "--after", "string", help="that stage alone", metavar="STAGE")


def dump(arguments: Sequence[str]) -> int:
    """The command ``dump``. Returns the exit code; a compile error comes after the stages that went well."""
    if wants_help(arguments):
        tell(command_help("dump"))
        return 0
    from tuibpf.compiler import compile_stages
    from tuibpf.kernel.machine import running_target

    tool, values, _ = read_tool("dump", arguments, {"--after": _AFTER})
    wanted = values.pop("--after")
    names = []
    try:
        for stage in compile_stages(tool.source, values, running_target()):
            names.append(stage.name)
            if wanted is None:
                tell(("\n" if len(names) > 1 else "") + f"; {stage.name}\n")
            if wanted is None or stage.name == wanted:
                tell(clean(stage.text.rstrip("\n")) + "\n")
    except OutputClosed:
        return 0
    if wanted is not None and wanted not in names:
        hint = near(str(wanted), names) or f"the stages are {', '.join(names)}"
        raise UsageError(f"no such stage: {wanted!r}", hint)
    return 0

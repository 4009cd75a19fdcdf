"""What ``--help`` says, of tuibpf, of each command and of each tool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuibpf.cli.speech import clean, tell
from tuibpf.tool.option import Option, UsageError, near
from tuibpf.tool.tool import Tool

__all__ = ["HELP", "command_help", "help_command", "run_help", "wants_help"]

HELP = """\
Observability tools for the terminal, compiled from Python to eBPF when they are opened.

usage: tuibpf                                    the dashboard, at the tool picker
       tuibpf TOOL [OPTIONS] [TOOL [OPTIONS]]…   the dashboard, with these tools open
       tuibpf COMMAND …

commands:
  run TOOL      without the dashboard: data on stdout, speech on stderr
  list          the tools, and whether this kernel can run each
  check TOOL    compile a tool or a file for this kernel, and load nothing
  dump TOOL     every stage of the compiler, down to the instructions
  doctor        what works on this machine, what does not, and what to do
  help lang     the language in which tools are written; help lang WORD tells more of a word

  -h, --help      this, or the help of a command or tool: tuibpf run execsnoop --help
  -V, --version   the version

examples:
  sudo tuibpf                             look around
  sudo tuibpf execsnoop biolatency -D     new processes beside the latency of each disk
  sudo tuibpf run tcptop -n 10            the ten busiest connections of the next second
  sudo tuibpf run execsnoop -o json | jq .args
  tuibpf check ./mytool.py                needs no privileges

exit codes: 0 done, 1 the tool failed, 2 usage, 3 not possible here (privilege, feature)
"""

_COMMANDS = {
    "list": """\
The tools by family, and whether this kernel can run each, else why not.

usage: tuibpf list [-o table|json]

examples:
  tuibpf list
  tuibpf list -o json | jq -r 'select(.available).tool'
""",
    "check": """\
Compile a tool for this kernel and load nothing. Needs no privileges, but the formats of plain tracepoints
can only be read by root. Without options, every option is tried too, so that no branch goes unseen.

usage: tuibpf check FILE|TOOL [TOOL OPTIONS]

examples:
  tuibpf check execsnoop
  tuibpf check ./mytool.py -p 1
""",
    "dump": """\
Every stage of the compiler: the typed operations after the front end and after each pass, the
instructions, the maps. Needs no privileges.

usage: tuibpf dump FILE|TOOL [TOOL OPTIONS] [--after STAGE]

  --after STAGE   that stage alone

examples:
  tuibpf dump biolatency -D
  tuibpf dump execsnoop --after instructions
""",
    "doctor": """\
What works on this machine, what does not, and what to do: kernel, BTF, privileges, tracefs, features.
Ends with 0 if the tools can run, else with 3.

usage: tuibpf doctor [-o table|json]

examples:
  tuibpf doctor
  sudo tuibpf doctor -o json | jq 'select(.ok | not)'
""",
}

_RUN = """\
A tool without the dashboard: data on stdout, speech on stderr. Ctrl-C ends it.

usage: tuibpf run TOOL [TOOL OPTIONS] [-o table|json|csv] [-d SECONDS] [-i SECONDS] [-n ROWS]

"""

_RUN_END = """\

Before TOOL, options are those above. After it, one that the tool has too is the tool's.
-o json writes one object a line, and as the last line on stderr a summary object.

examples:
  sudo tuibpf run execsnoop -x -o json -d 60
  sudo tuibpf run -n 20 execsnoop -n bash     twenty rows of commands named bash
  sudo tuibpf run biolatency -D -i 10
  tuibpf run tcptop --help                    the options of a tool
"""


_TOOL_EXAMPLES = """\
examples:
  sudo tuibpf {name}                    in the dashboard
  sudo tuibpf run {name} -o json --duration 10
"""


def wants_help(arguments: Sequence[str]) -> bool:
    """Whether *arguments* ask for help, before any ``--``."""
    words = list(arguments)
    words = words[: words.index("--")] if "--" in words else words
    return "--help" in words or "-h" in words


def command_help(name: str) -> str:
    """The help of a command."""
    return run_help(None) if name == "run" else _COMMANDS[name]


def run_help(tool: Tool | None) -> str:
    """The help of ``run``, or what *tool* is, with its options and those that ``run`` adds."""
    from tuibpf.cli.run import OPTIONS

    if tool is None:
        return _RUN + _options("options:", OPTIONS) + _RUN_END
    taken = {spelling for option in tool.options for spelling in (option.short, option.long)}
    free = [_without(option, taken) for option in OPTIONS]
    parts = [tool.usage.strip() + "\n"]
    if tool.options:
        parts.append(_options("options:", tool.options))
    parts.append(_options("options of every tool:", [option for option in free if option is not None]))
    name = tool.name if tool.family != "own" else tool.path
    parts.append(_TOOL_EXAMPLES.format(name=name))
    return clean("\n".join(parts))


def help_command(words: Sequence[str]) -> int:
    """``tuibpf --help``, ``tuibpf help``, ``tuibpf help COMMAND``, ``tuibpf help lang [WORD]``."""
    if not words:
        tell(HELP)
    elif words[0] == "lang":
        from tuibpf.cli.language import language_help

        return language_help(words[1:])
    elif words[0] in _COMMANDS or words[0] == "run":
        tell(command_help(words[0]))
    else:
        from tuibpf.tool.discover import find_tool

        try:
            tell(run_help(find_tool(words[0])))
        except UsageError as error:
            hint = near(words[0], ["run", *_COMMANDS]) or error.hint
            raise UsageError(f"no such command or tool: {words[0]!r}", hint) from None
    return 0


def _without(option: Option, taken: set[str | None]) -> Option | None:
    """*option* of ``run`` with what is left of its spellings after the tool took its own."""
    left = [spelling for spelling in (option.short, option.long) if spelling and spelling not in taken]
    if not left:
        return None
    return option._replace(short=left[0] if len(left) > 1 else None, long=left[-1])


def _options(title: str, options: Iterable[Option]) -> str:
    lines = [title]
    usages = [(option.usage, option) for option in options]
    width = min(30, max(len(usage) for usage, _ in usages))
    for usage, option in usages:
        told = option.help
        if option.default not in (None, False):
            told += f" (default {option.default})"
        lines.append(f"  {usage:{width}}   {told}")
    return "\n".join(lines) + "\n"

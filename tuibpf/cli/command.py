"""Which command it is, and how it ends: owns the exit codes, and what is said on stderr.

A command's module is imported when it is asked for, so that ``run`` pays for nothing that it does not use.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum

from tuibpf.cli.speech import say, tell
from tuibpf.cli.stop import die_quietly
from tuibpf.diagnostics import CompileError, MissingEvent, NotSupported
from tuibpf.tool.option import UsageError

__all__ = ["Exit", "run_command"]


class Exit(IntEnum):
    """What the process ends with."""

    DONE = 0
    FAILED = 1  # the tool failed: the compiler, the verifier or the kernel refused it
    USAGE = 2
    IMPOSSIBLE = 3  # not here: a privilege or a feature is missing


Command = Callable[[Sequence[str]], int]


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; every error ends here, as a few words on stderr."""
    _replace_closed_streams()
    die_quietly()
    try:
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except UsageError as error:
        say(f"error: {error.message}", f"  hint: {error.hint}" if error.hint else "")
        return Exit.USAGE
    except CompileError as error:
        say(error.diagnostic.render())
        return Exit.IMPOSSIBLE if isinstance(error, MissingEvent) else Exit.FAILED
    except NotSupported as error:
        say(f"not possible here: {error.what}: {error.reason}", f"  remedy: {error.remedy}" if error.remedy else "")
        return Exit.IMPOSSIBLE
    except KeyboardInterrupt:
        return Exit.DONE
    except OSError as error:
        say(f"error: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return Exit.FAILED
    except Exception as error:
        if os.environ.get("TUIBPF_DEBUG"):
            raise
        say(f"internal error: {type(error).__name__}: {error}", "  hint: TUIBPF_DEBUG=1 shows where; please report it")
        return Exit.FAILED


def _dispatch(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in ("-h", "--help", "help"):
        from tuibpf.cli.manual import help_command

        return help_command(words[1:])
    if first in ("-V", "--version"):
        from tuibpf import __version__

        tell(f"tuibpf {__version__}\n")
        return Exit.DONE
    if command := _command(first):
        return command(words[1:])
    from tuibpf.cli.dashboard import dashboard

    return dashboard(words)


def _command(name: str) -> Command | None:
    if name == "run":
        from tuibpf.cli.run import run

        return run
    if name == "list":
        from tuibpf.cli.listing import list_tools

        return list_tools
    if name == "check":
        from tuibpf.cli.check import check

        return check
    if name == "dump":
        from tuibpf.cli.dump import dump

        return dump
    if name == "doctor":
        from tuibpf.cli.doctor import doctor

        return doctor
    return None


def _replace_closed_streams() -> None:
    """Where the caller closed stdout or stderr, give them a sink: the next file opened would take their number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r+", encoding="utf-8"))

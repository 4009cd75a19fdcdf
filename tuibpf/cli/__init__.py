"""The command line: arguments → session → view."""

import gc
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; every error ends in it, as a few words on stderr."""
    # Launching allocates much and lets go of little: looking for garbage meanwhile would cost a twentieth of the time,
    # half of it while modules are imported.
    gc.disable()
    try:
        from tuibpf.cli.command import run_command

        return run_command(arguments)
    finally:
        gc.enable()

"""Data goes to stdout, speech to stderr; neither ever ends in a traceback when the other side is gone."""

from __future__ import annotations

import errno
import os
import sys

from tuibpf.diagnostics import printable

__all__ = ["OutputClosed", "clean", "say", "tell"]

# Nobody reads any more: a closed pipe, a terminal that is gone.
_GONE = frozenset({errno.EPIPE, errno.EIO, errno.ECONNRESET})


class OutputClosed(Exception):
    """Whoever read stdout is gone, so there is nothing left to do."""


def clean(text: str) -> str:
    """*text* of several lines, without any other control character."""
    return "\n".join(map(printable, text.split("\n")))


def say(*lines: str) -> None:
    """Write *lines* to stderr, without the empty ones and without control characters."""
    text = "".join(f"{clean(line)}\n" for line in lines if line)
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _sink(sys.stderr)


def tell(text: str) -> None:
    """Write *text* to stdout, at once. Raises OutputClosed if nobody reads it, OSError if it can not be written."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except UnicodeEncodeError:
        # A terminal of the old kind: what it has no sign for is escaped.
        encoding = sys.stdout.encoding
        tell(text.encode(encoding, "backslashreplace").decode(encoding))
    except OSError as error:
        _sink(sys.stdout)
        if error.errno in _GONE:
            raise OutputClosed from None
        raise OSError(error.errno, f"stdout can not be written: {error.strerror}") from error


def _sink(stream: object) -> None:
    """Let what is still in *stream*'s buffer go nowhere, or the interpreter complains about it when it ends."""
    try:
        fd = stream.fileno()  # type: ignore[attr-defined]
        sink = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(sink, fd)
        os.close(sink)
    except (OSError, ValueError):
        return

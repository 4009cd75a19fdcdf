"""The argument vector of a process: cut apart, and written so that a shell takes it back and no terminal is hurt."""

from typing import NamedTuple, Self

__all__ = ["UNREADABLE", "Arguments", "quote_argument"]

UNREADABLE = "(unreadable)"
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"
_PLAIN_OR_SPACE = _PLAIN + b" "
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e", "'": "\\'", "\\": "\\\\"}


class Arguments(NamedTuple):
    """Some or all of the arguments of a process; *truncated* when there was more than could be kept."""

    values: tuple[bytes, ...]
    truncated: bool

    @classmethod
    def parse(cls, captured: bytes, total: int) -> Self:
        """The vector in *captured*, the NUL-terminated strings of which the process had *total* bytes."""
        values = captured.removesuffix(b"\0").split(b"\0") if captured else ()
        return cls(tuple(values), len(captured) < total)

    def first(self, limit: int) -> Self:
        """At most *limit* of the arguments."""
        return self._replace(values=self.values[:limit], truncated=True) if len(self.values) > limit else self

    @property
    def unreadable(self) -> bool:
        """There were arguments, and none of them could be read."""
        return self.truncated and not self.values

    def plain(self) -> str:
        """The arguments with spaces between them, neither quoted nor escaped: to search in, never to be shown."""
        return b" ".join(self.values).decode("utf-8", "backslashreplace")

    def text(self, quote: bool = False) -> str:
        """The arguments as a shell would take them, each in quotes if *quote*, with a mark where they were cut."""
        if self.unreadable:
            return UNREADABLE
        line = None if quote else self._bare()
        if line is None:
            line = " ".join(quote_argument(value, quote) for value in self.values)
        return line + " …" if self.truncated else line

    def _bare(self) -> str | None:
        """The line if no argument needs quotes: seen at once, not for each of them."""
        line = b" ".join(self.values)
        if line.translate(None, _PLAIN_OR_SPACE) or line.count(b" ") >= len(self.values) or not all(self.values):
            return None
        return line.decode("ascii")


def quote_argument(argument: bytes, always: bool = False) -> str:
    """*argument* as one word of a shell: bare if it can be, else in quotes; ``$'…'`` where it is not printable.

    The result has no control characters and gives the same bytes back when bash reads it.
    """
    if argument and not always and not argument.translate(None, _PLAIN):
        return argument.decode("ascii")
    try:
        text = argument.decode("utf-8")
    except UnicodeDecodeError:
        return _ansi_quote(argument.decode("utf-8", "surrogateescape"))
    if not text.isprintable():
        return _ansi_quote(text)
    return "'" + text.replace("'", "'\\''") + "'"


def _ansi_quote(text: str) -> str:
    """*text* in bash's ``$'…'``; bytes outside UTF-8 come as lone surrogates."""
    return "$'" + "".join(map(_ansi_escape, text)) + "'"


def _ansi_escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    # Octal takes at most three digits, so that what follows can not be mistaken for one more of them.
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))

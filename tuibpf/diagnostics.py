"""What went wrong, where, and what to do: the one form in which every error reaches the user."""

from typing import NamedTuple

# Neither here nor in any other module that a launch imports: `from __future__ import annotations` would have
# NamedTuple compile the text of each annotation, 2.5 ms in all.

__all__ = ["CompileError", "Diagnostic", "MissingEvent", "NotSupported", "Source", "Span", "printable"]

_TAB = "    "
_WIDEST_LINE = 160


class Span(NamedTuple):
    """A range of a source text: lines count from 1, columns from 0, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source(NamedTuple):
    """The text of a probe script and the name to show for it."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """The text of line *number* (from 1), or an empty string past the end."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


def printable(text: str) -> str:
    """*text* with every character that could steer a terminal replaced by its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


class Diagnostic(NamedTuple):
    """One error: a message, the place in a source where there is one, and a hint that says what to write instead."""

    message: str
    source: Source | None = None
    span: Span | None = None
    hint: str | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """The error as it is shown: ``file:line:col``, the source line, carets, the hint and the notes."""
        lines = []
        if self.source is not None and self.span is not None:
            lines.append(
                f"{printable(self.source.name)}:{self.span.line}:{self.span.column + 1}: error: {self.message}"
            )
            lines.extend(self._excerpt(self.source.line(self.span.line), self.span))
        elif self.source is not None:
            lines.append(f"{printable(self.source.name)}: error: {self.message}")
        else:
            lines.append(f"error: {self.message}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        lines.extend(f"  note: {note}" for note in self.notes)
        return "\n".join(lines)

    @staticmethod
    def _excerpt(text: str, span: Span) -> list[str]:
        """The source line and the carets under the span, cut to a window around it when the line is very long."""
        start = min(span.column, len(text))
        end = min(span.end_column, len(text)) if span.end_line == span.line else len(text)
        first = max(0, start - _WIDEST_LINE // 2) if len(text) > _WIDEST_LINE else 0
        shown = text[first : first + _WIDEST_LINE]
        before = printable(shown[: start - first].replace("\t", _TAB))
        marked = printable(shown[start - first : end - first].replace("\t", _TAB))
        after = printable(shown[end - first :].replace("\t", _TAB))
        gutter = f"{span.line:5} | "
        carets = " " * (len(gutter) - 2) + "| " + " " * len(before) + "^" * max(1, len(marked))
        return [f"{gutter}{before}{marked}{after}".rstrip(), carets]


class CompileError(Exception):
    """A probe script that can not be compiled, or that the kernel's verifier refused."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.render())
        self.diagnostic = diagnostic


class MissingEvent(CompileError):
    """A probe for an event that this kernel does not have: the script may be right, and the kernel too old for it."""


class NotSupported(Exception):
    """What this kernel, this machine or this user can not do: what is missing, why, and the remedy."""

    def __init__(self, what: str, reason: str, remedy: str | None = None) -> None:
        super().__init__(f"{what}: {reason}" + (f"\n  remedy: {remedy}" if remedy else ""))
        self.what = what
        self.reason = reason
        self.remedy = remedy

"""Text that does not change: an error, a row in full, help."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len
from textual.strip import Strip

from tuibpf.tui.strips import Part, fit, strip_of, wrap
from tuibpf.tui.widgets.line_view import LineView

__all__ = ["Paragraph", "TextView", "paragraphs"]

# The excerpt of a script in a diagnostic, and the carets under it: broken, they would point at nothing.
_EXCERPT = re.compile(r" *\d* \| ")


class Paragraph:
    """A label, which stands in a column of its own, and a text, which is wrapped. Styles are roles of the palette."""

    __slots__ = ("label", "role", "text")

    def __init__(self, text: str, role: str = "text", label: str = "") -> None:
        self.text = text
        self.role = role
        self.label = label


def paragraphs(text: str) -> list[Paragraph]:
    """A diagnostic, or any text of lines, with its first line standing out and its hints marked."""
    result = []
    for number, line in enumerate(text.split("\n")):
        head = line.lstrip()
        role = "error" if number == 0 else "warning" if head.startswith(("hint:", "remedy:")) else "text"
        result.append(Paragraph(line, "bar" if _EXCERPT.match(line) else role))
    return result


class TextView(LineView):
    """Paragraphs, wrapped to the width there is. The lines of an excerpt of a script are never wrapped."""

    def __init__(self, content: Iterable[Paragraph] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = list(content)
        self._width = -1
        self._lines_of_text: list[tuple[str, str, str]] = []

    def set_content(self, content: Iterable[Paragraph]) -> None:
        self._content = list(content)
        self._width = -1
        self.top = 0
        self.repaint()

    @property
    def text(self) -> str:
        """All of it, unwrapped."""
        return "\n".join(f"{item.label}  {item.text}" if item.label else item.text for item in self._content)

    def count(self) -> int:
        width = max(0, self.size.width - 1)
        if width != self._width:
            self._width = width
            self._lines_of_text = list(self._wrapped(width))
        return len(self._lines_of_text)

    def line(self, index: int, width: int) -> Strip:
        label, text, role = self._lines_of_text[index]
        palette = self.palette
        parts: list[Part] = [(label, palette.muted)] if label else []
        return strip_of([*parts, (text, getattr(palette, role))], width)

    def _wrapped(self, width: int) -> Iterable[tuple[str, str, str]]:
        labels = max((cell_len(item.label) for item in self._content), default=0)
        column = min(labels + 2, max(2, width // 2))
        for item in self._content:
            indent = column if item.label else 1
            label = fit(" " + item.label, indent - 1) + " " if item.label else " "
            if _EXCERPT.match(item.text):
                yield "", fit(item.text, cell_len(item.text)), item.role
                continue
            body = item.text.lstrip(" ")
            lead = " " * (len(item.text) - len(body))
            for line in wrap(body, width - indent - len(lead)):
                yield label, lead + line, item.role
                label = " " * indent

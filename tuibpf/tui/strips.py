"""Lines of cells: text fitted to fixed widths, and what of a line has changed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tuibpf.diagnostics import printable

__all__ = ["Part", "changed_span", "fit", "strip_of", "wrap"]

Part = tuple[str, Style]


def fit(text: str, width: int, right: bool = False) -> str:
    """*text* in exactly *width* cells, padded at one side or cut with an ellipsis; nothing in it steers a terminal."""
    if not text.isprintable():
        text = printable(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length == width:
        return text
    if length < width:
        return " " * (width - length) + text if right else text + " " * (width - length)
    if width <= 0:
        return ""
    return text[: width - 1] + "…" if text.isascii() else set_cell_size(text, width - 1) + "…"


def wrap(text: str, width: int) -> list[str]:
    """*text* in lines of at most *width* cells, broken at spaces if it has any; nothing in it steers a terminal."""
    text, width = printable(text), max(1, width)
    lines = []
    while cell_len(text) > width:
        head = set_cell_size(text, width)
        # A character of two cells that does not fit is replaced by a space, which is not in the text.
        if not text.startswith(head):
            head = head[:-1] or text[:1]
        space = head.rfind(" ", len(head) // 2)
        cut = space + 1 if space > 0 and text[len(head) : len(head) + 1] != " " else len(head)
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    lines.append(text)
    return lines


def strip_of(parts: Iterable[Part], width: int, ground: Style | None = None) -> Strip:
    """A line of exactly *width* cells; neighbours of one style become one segment, since each change of style is sent.

    *ground* is the style of what is left over at the end, and lies under all parts.
    """
    segments: list[Segment] = []
    used = 0
    for text, style in parts:
        if used >= width or not text:
            continue
        length = len(text) if text.isascii() else cell_len(text)
        if used + length > width:
            text, length = set_cell_size(text, width - used), width - used
        used += length
        if ground is not None:
            style = ground + style
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + text, style)
        else:
            segments.append(Segment(text, style))
    if used < width:
        rest = " " * (width - used)
        style = ground or Style.null()
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + rest, style)
        else:
            segments.append(Segment(rest, style))
    return Strip(segments, width)


def changed_span(old: Strip | None, new: Strip, width: int) -> tuple[int, int]:
    """The first cell and the cell after the last one in which two lines of *width* cells differ."""
    if old is None or old.cell_length != width:
        return 0, width
    before, after = list(old), list(new)
    start = _common_cells(before, after)
    end = width - _common_cells(before[::-1], after[::-1], backwards=True)
    return (start, end) if start < end else (0, width)


def _common_cells(before: list[Segment], after: list[Segment], backwards: bool = False) -> int:
    """The number of cells at the start (or end) of two lines that are the same in text and style."""
    cells = 0
    for old, new in zip(before, after, strict=False):
        if old == new:
            cells += old.cell_length
            continue
        if old.style == new.style and old.text.isascii() and new.text.isascii():
            a, b = (old.text[::-1], new.text[::-1]) if backwards else (old.text, new.text)
            same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
            cells += same
        break
    return cells

"""Frames as text, JSON or CSV: data on a stream, for people, for programs, for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from tuibpf.tool.frame import Frame

__all__ = ["FORMATS", "View", "Write", "open_view", "template"]

FORMATS = ("table", "json", "csv")

Write = Callable[[str], object]


class View(Protocol):
    """What writes frames. One frame may be shown in several calls; nothing is held back between two of them."""

    def begin(self, heads: Sequence[Frame]) -> None:
        """Write what stands above everything; *heads* are the outputs that are to come, as empty frames."""
        ...

    def show(self, frame: Frame) -> None:
        """Write *frame*."""
        ...


def open_view(
    form: str, write: Write, *, rows_on_screen: Callable[[], int] | None = None, stamped: bool = False
) -> View:
    """The view for *form*, one of ``FORMATS``. Its module alone is imported.

    In text, with *rows_on_screen* (the number of lines of a terminal) a table overwrites the one before it, and
    *stamped* puts the time above every histogram.
    """
    if form == "json":
        from tuibpf.view.json import JsonView

        return JsonView(write)
    if form == "csv":
        from tuibpf.view.csv import CsvView

        return CsvView(write)
    from tuibpf.view.text import TextView

    return TextView(write, rows_on_screen, stamped=stamped)


def template(parts: Iterable[str | None]) -> str:
    """A template for ``%``: the *parts* one after the other, each None a place for a value."""
    return "".join("%s" if part is None else part.replace("%", "%%") for part in parts)

"""Comma-separated values: a header line, then a line for each row, or for each bucket of a histogram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuibpf.diagnostics import printable
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column, Row, by_column, each, printables
from tuibpf.tool.frame import Distribution, Frame
from tuibpf.view import Write, template

__all__ = ["CsvView"]

_BUCKET = ("unit", "lo", "hi", "count")

Cells = Mapping[str, Iterable[object]]


class CsvView:
    """All fields with raw values, as in JSON; arguments as a shell takes them; null as nothing.

    Control characters are escaped, so that every row is one line and no terminal is steered. A tool with several
    outputs has one header with the fields of all, and names the output of a line first.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._names: list[str] = []
        self._several = False

    def begin(self, heads: Sequence[Frame]) -> None:
        self._several = len(heads) > 1
        names = ["output"] if self._several else []
        for head in heads:
            names += [name for column in _told(head) for name in _names(column)]
            names += _BUCKET if head.shape == "histogram" else ()
        self._names = list(dict.fromkeys(names))
        self._write(",".join(map(_quoted, self._names)) + "\n")

    def show(self, frame: Frame) -> None:
        lines = self._lines(frame.output, _cells_by_name(frame.columns, frame.rows))
        for one in frame.distributions:
            lines += self._lines(frame.output, _bucket_cells(frame, one))
        if lines:
            self._write("".join(lines))

    def _lines(self, output: str, cells: Cells) -> list[str]:
        """A line for each row of *cells*, all from one template; what they have no values for stays empty."""
        fixed = dict.fromkeys(self._names, "")
        if self._several:
            fixed["output"] = _quoted(output)
        placed = [name for name in self._names if name in cells and not fixed[name]]
        parts: list[str | None] = []
        for name in self._names:
            parts += (",", None if name in placed else fixed[name])
        line = template((*parts[1:], "\n"))
        lines = list(map(line.__mod__, zip(*(cells[name] for name in placed), strict=True)))
        # An empty line is no row to those that read it.
        return ['""\n' if line == "\n" else line for line in lines] if len(self._names) == 1 else lines


def _told(frame: Frame) -> list[Column]:
    """All columns of a row; of a histogram's key only those that tell one from another, the rest being 0."""
    return [column for column in frame.columns if column.shown or frame.shape != "histogram"]


def _names(column: Column) -> tuple[str, ...]:
    return (column.name, f"{column.name}_truncated") if column.display == "arguments" else (column.name,)


def _cells_by_name(columns: Sequence[Column], rows: Sequence[Row]) -> Cells:
    cells: dict[str, Iterable[object]] = {}
    for column, values in by_column(columns, rows):
        cells.update(_cells(column, values))
    return cells


def _bucket_cells(frame: Frame, one: Distribution) -> Cells:
    if not one.buckets:
        return {}
    key = _cells_by_name(frame.columns, [one.key] * len(one.buckets))
    bounds_and_counts = zip(*one.buckets, strict=True)
    return {**key, **dict(zip(_BUCKET, ([_quoted(frame.unit)] * len(one.buckets), *bounds_and_counts), strict=True))}


def _cells(column: Column, values: Sequence[Any]) -> dict[str, Iterable[object]]:
    """What stands for *values*, by name: one, or two for arguments, which may be incomplete."""
    if column.display == "arguments":
        truncated = each(_cell, [value.truncated for value in values])
        lines = [Arguments(value.values, False).text() for value in values]
        return {column.name: _all_quoted(lines), f"{column.name}_truncated": truncated}
    kind = column.raw_type(values)
    if kind is int:
        return {column.name: values}
    if kind is str:
        return {column.name: _all_quoted(values)}
    return {column.name: each(lambda value: _cell(column.json(value)), values)}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(printable(str(value)))


def _all_quoted(values: Sequence[str]) -> Sequence[str]:
    """*values* as cells; where none has anything to escape or to quote, which is seen at once, as they are."""
    values = printables(values)
    together = "".join(values)
    return [_quoted(value) for value in values] if "," in together or '"' in together else values


def _quoted(text: str) -> str:
    """A string without control characters as a cell, in quotes where a reader would take it apart."""
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text

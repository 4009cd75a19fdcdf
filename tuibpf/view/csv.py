"""Comma-separated values: a header line, then a line for each row, or for each bucket of a histogram."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from tuibpf.diagnostics import printable
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column
from tuibpf.tool.frame import Frame
from tuibpf.view import Write

__all__ = ["CsvView"]

_BUCKET = ("unit", "lo", "hi", "count")


class CsvView:
    """All fields with raw values, as in JSON; arguments as a shell takes them; null as nothing.

    Control characters are escaped, so that every row is one line and no terminal is steered. A tool with several
    outputs has one header with the fields of all, and names the output of a line first.
    """

    def __init__(self, write: Write) -> None:
        self._parts: list[str] = []
        self._writer = csv.writer(_Lines(self._parts), lineterminator="\n")
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
        self._writer.writerow(self._names)
        self._flush()

    def show(self, frame: Frame) -> None:
        if self._several:
            for item in _items(frame):
                self._writer.writerow([{**item, "output": frame.output}.get(name, "") for name in self._names])
        else:
            self._writer.writerows([item[name] for name in self._names] for item in _items(frame))
        self._flush()

    def _flush(self) -> None:
        if self._parts:
            self._write("".join(self._parts))
            self._parts.clear()


class _Lines:
    """What ``csv.writer`` takes for a file."""

    def __init__(self, parts: list[str]) -> None:
        self.write = parts.append


def _told(frame: Frame) -> list[Column]:
    """All columns of a row; of a histogram's key only those that tell one from another, the rest being 0."""
    return [column for column in frame.columns if column.shown or frame.shape != "histogram"]


def _items(frame: Frame) -> Iterator[dict[str, Any]]:
    for row in frame.rows:
        yield _fields(frame.columns, row)
    for one in frame.distributions:
        key = _fields(frame.columns, one.key)
        for bucket in one.buckets:
            yield {**key, "unit": frame.unit, "lo": bucket.lo, "hi": bucket.hi, "count": bucket.count}


def _names(column: Column) -> tuple[str, ...]:
    return (column.name, f"{column.name}_truncated") if column.display == "arguments" else (column.name,)


def _fields(columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, Arguments):
            fields[column.name] = Arguments(value.values, False).text()
            fields[f"{column.name}_truncated"] = _cell(value.truncated)
        else:
            fields[column.name] = _cell(column.json(value))
    return fields


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value

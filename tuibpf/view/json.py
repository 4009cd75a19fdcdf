"""One JSON object a line: a row of a stream or a table, or a histogram.

Everything outside ASCII is escaped, so neither a terminal nor a log viewer can be steered by what a process is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json import JSONEncoder
from json.encoder import encode_basestring_ascii
from typing import Any

from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import Column, by_column, each
from tuibpf.tool.frame import Distribution, Frame
from tuibpf.view import Write, template

__all__ = ["JsonView"]

_encode = JSONEncoder(check_circular=False).encode


class JsonView:
    """Rows as ``{"tool": …, <field>: …}``, histograms as ``{"tool": …, "key": …, "unit": …, "buckets": […]}``.

    Values are raw: integers in the declared unit, strings, null. The *key* of a histogram is an object of its fields,
    null without any. A tool with several outputs names the one that a line belongs to in ``"output"``.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._several = False

    def begin(self, heads: Sequence[Frame]) -> None:
        self._several = len(heads) > 1

    def show(self, frame: Frame) -> None:
        source = {"tool": frame.tool, "output": frame.output} if self._several else {"tool": frame.tool}
        if frame.shape == "histogram":
            lines = "".join(_encode({**source, **_histogram(frame, one)}) + "\n" for one in frame.distributions)
        else:
            lines = _rows(frame, source)
        if lines:
            self._write(lines)


def _rows(frame: Frame, source: dict[str, str]) -> str:
    """A line for every row, all from one template: ``{"tool": "execsnoop", "pid": %s, "comm": %s}``."""
    cells: dict[str, Iterable[object]] = {}
    for column, values in by_column(frame.columns, frame.rows):
        cells.update(_cells(column, values))
    # A field that is called like a part of the source stands in its place.
    fields = {**source, **cells}
    parts: list[str | None] = []
    for name in fields:
        parts += (", " if parts else "{", _encode(name), ": ", None if name in cells else _encode(source[name]))
    line = template((*parts, "}\n"))
    return "".join(map(line.__mod__, zip(*(cells[name] for name in fields if name in cells), strict=True)))


def _cells(column: Column, values: Sequence[Any]) -> dict[str, Iterable[object]]:
    """What stands for *values* in JSON, by key: one, or two for arguments, which may be incomplete."""
    if column.display == "arguments":
        truncated = each(_encode, [value.truncated for value in values])
        return {column.name: map(_arguments, values), f"{column.name}_truncated": truncated}
    kind = column.raw_type(values)
    if kind is int:
        return {column.name: values}
    if kind is str:
        return {column.name: map(encode_basestring_ascii, values)}
    return {column.name: each(lambda value: _encode(column.json(value)), values)}


def _arguments(value: Arguments) -> str:
    texts = [argument.decode("utf-8", "backslashreplace") for argument in value.values]
    return f"[{', '.join(map(encode_basestring_ascii, texts))}]"


def _histogram(frame: Frame, one: Distribution) -> dict[str, Any]:
    # A field that is not shown does not tell these histograms apart: it holds 0, which would read as a value.
    pairs = zip(frame.columns, one.key, strict=True)
    key = {name: item for column, value in pairs if column.shown for name, item in column.items(value).items()}
    buckets = [{"lo": bucket.lo, "hi": bucket.hi, "count": bucket.count} for bucket in one.buckets]
    return {"key": key or None, "unit": frame.unit, "buckets": buckets}

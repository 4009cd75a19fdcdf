"""One JSON object a line: a row of a stream or a table, or a histogram.

Everything outside ASCII is escaped, so neither a terminal nor a log viewer can be steered by what a process is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from json import JSONEncoder
from typing import Any

from tuibpf.tool.frame import Distribution, Frame
from tuibpf.view import Write

__all__ = ["JsonView"]


class JsonView:
    """Rows as ``{"tool": …, <field>: …}``, histograms as ``{"tool": …, "key": …, "unit": …, "buckets": […]}``.

    Values are raw: integers in the declared unit, strings, null. The *key* of a histogram is an object of its fields,
    null without any. A tool with several outputs names the one that a line belongs to in ``"output"``.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._encode = JSONEncoder(check_circular=False).encode
        self._several = False

    def begin(self, heads: Sequence[Frame]) -> None:
        self._several = len(heads) > 1

    def show(self, frame: Frame) -> None:
        if frame.shape == "histogram":
            lines = [self._encode({**self._source(frame), **_histogram(frame, one)}) for one in frame.distributions]
        else:
            columns, source, encode = frame.columns, self._source(frame), self._encode
            lines = []
            for row in frame.rows:
                item = dict(source)
                for column, value in zip(columns, row, strict=True):
                    item.update(column.items(value))
                lines.append(encode(item))
        if lines:
            self._write("\n".join(lines) + "\n")

    def _source(self, frame: Frame) -> dict[str, Any]:
        return {"tool": frame.tool, "output": frame.output} if self._several else {"tool": frame.tool}


def _histogram(frame: Frame, one: Distribution) -> dict[str, Any]:
    # A field that is not shown does not tell these histograms apart: it holds 0, which would read as a value.
    pairs = zip(frame.columns, one.key, strict=True)
    key = {name: item for column, value in pairs if column.shown for name, item in column.items(value).items()}
    buckets = [{"lo": bucket.lo, "hi": bucket.hi, "count": bucket.count} for bucket in one.buckets]
    return {"key": key or None, "unit": frame.unit, "buckets": buckets}

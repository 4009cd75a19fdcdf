"""The ``format`` of a tracepoint in tracefs: where its fields lie in the record that a probe is handed."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["FormatField", "parse_format"]


class FormatField(NamedTuple):
    """A field of an event as its ``format`` in tracefs tells it: *offset* and *size* in bytes."""

    declaration: str
    offset: int
    size: int
    signed: bool


_FIELD = re.compile(
    r"^\s*field:(?P<decl>[^;]+);\s*offset:(?P<offset>\d+);\s*size:(?P<size>\d+);\s*signed:(?P<signed>[01]);",
    re.MULTILINE,
)
_NAME = re.compile(r"([A-Za-z_]\w*)\s*(?:\[[^\]]*\])?\s*$")


def parse_format(text: str) -> dict[str, FormatField]:
    """The fields of a tracepoint by name, from its ``format`` file (kernel/trace/trace_events.c)."""
    found = {}
    for match in _FIELD.finditer(text):
        name = _NAME.search(match["decl"])
        if name is not None:
            found[name[1]] = FormatField(
                match["decl"], int(match["offset"]), int(match["size"]), match["signed"] == "1"
            )
    return found

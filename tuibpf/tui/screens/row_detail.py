"""A row with the whole text of each field, those included that the pane does not show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuibpf.tool.arguments import Arguments, quote_argument
from tuibpf.tool.column import Column
from tuibpf.tui.widgets.text_view import Paragraph

__all__ = ["row_paragraphs"]


def row_paragraphs(columns: Sequence[Column], row: Sequence[Any]) -> list[Paragraph]:
    """Each field under its title; where people and machines see a number differently, both; each argument by itself."""
    result = []
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, Arguments):
            result += _arguments(column, value)
            continue
        text = column.text(value)
        raw = column.json(value)
        if isinstance(raw, int) and not isinstance(raw, bool) and text != str(raw):
            text += f"   ({raw})"
        result.append(Paragraph(text, "text", column.title))
    return result


def _arguments(column: Column, value: Arguments) -> list[Paragraph]:
    if value.unreadable or len(value.values) < 2:
        return [Paragraph(column.text(value), "path", column.title)]
    lines = [Paragraph(column.text(value), "path", column.title)]
    lines += [Paragraph(quote_argument(word), "text", f"[{number}]") for number, word in enumerate(value.values)]
    if value.truncated:
        lines.append(Paragraph("… more than could be captured", "warning", ""))
    return lines

"""What each view writes for rows, value by value in the plainest way: what the batched way is compared with."""

import csv
import io
import json

from tuibpf.diagnostics import printable
from tuibpf.tool.arguments import Arguments
from tuibpf.view.text import cells


def json_lines(frame):
    lines = []
    for row in frame.rows:
        item = {"tool": frame.tool}
        for column, value in zip(frame.columns, row, strict=True):
            item.update(column.items(value))
        lines.append(json.dumps(item) + "\n")
    return "".join(lines)


def csv_lines(frame):
    def cell(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        return printable(value) if isinstance(value, str) else value

    def fields(row):
        found = {}
        for column, value in zip(frame.columns, row, strict=True):
            if isinstance(value, Arguments):
                found[column.name] = Arguments(value.values, False).text()
                found[f"{column.name}_truncated"] = cell(value.truncated)
            else:
                found[column.name] = cell(column.json(value))
        return found

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = {}
    for column in frame.columns:
        names[column.name] = None
        if column.display == "arguments":
            names[f"{column.name}_truncated"] = None
    writer.writerow(names)
    writer.writerows([fields(row)[name] for name in names] for row in frame.rows)
    return out.getvalue()


def text_lines(frame, *, fixed_widths):
    shown = [(place, column) for place, column in enumerate(frame.columns) if column.shown]
    rows = [[column.text(row[place]) for place, column in shown] for row in frame.rows]
    widths = [column.width for _, column in shown]
    if not fixed_widths:
        widths = [max([width, *(cells(row[at]) for row in rows)]) for at, width in enumerate(widths)]
    return [_line(shown, row, widths) for row in [[column.title for _, column in shown], *rows]]


def _line(shown, texts, widths):
    line, end = "", 0
    for at, ((_, column), text, width) in enumerate(zip(shown, texts, widths, strict=True)):
        gap = " " if at else ""
        end += len(gap) + width
        room = " " * max(0, end - cells(line) - len(gap) - cells(text))
        line += gap + (room + text if column.right else text + room)
    return line.rstrip()

"""What the keys do."""

from __future__ import annotations

from tuibpf.tui.widgets.text_view import Paragraph

__all__ = ["help_paragraphs"]

_HELP: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Anywhere",
        (
            ("a", "add a tool (Tab in the list: with options)"),
            (": or ctrl+p", "all commands, with search"),
            ("tab, 1-9", "the next pane, the pane of that number"),
            ("t", "choose a theme"),
            ("?", "this help"),
            ("ctrl+l", "draw the screen anew"),
            ("ctrl+z", "suspend; fg comes back, tools go on meanwhile"),
            ("q or ctrl+c", "quit; every probe is detached"),
        ),
    ),
    (
        "In a pane",
        (
            ("j k, arrows", "move; a selected row keeps its place while others come and go"),
            ("g G, pages", "the start, the end, a page"),
            ("< >", "scroll sideways"),
            ("Enter", "the selected row in full, a histogram's counts"),
            ("mouse", "click and wheel; with shift it selects text, as the terminal does"),
            ("F or Esc", "let go of the selection, follow what is newest"),
            ("/", "show only rows with a text; Esc shows all again"),
            ("s S", "sort a table by the next column, turn the order round"),
            ("v", "a histogram: total, last interval, heat map over time"),
            ("p", "pause the picture; nothing is lost meanwhile"),
            ("c", "clear what is shown"),
            ("o", "change the tool's options and start it again"),
            ("i", "about the tool: options, losses by reason, cost"),
            ("m or z", "this pane alone, or all again"),
            ("x", "close the pane; its probes are detached"),
        ),
    ),
    (
        "In a pane's title",
        (
            ("rows/s", "rows of a stream; events/s where the kernel counts by itself"),
            ("lost", "what could not be counted since the start: i tells why"),
            ("ns/event", "kernel time that one event costs"),
            ("% CPU", "kernel time of the probes, as a share of one CPU"),
        ),
    ),
)


def help_paragraphs() -> list[Paragraph]:
    lines: list[Paragraph] = []
    for title, keys in _HELP:
        if lines:
            lines.append(Paragraph(""))
        lines.append(Paragraph(title, "strong"))
        lines += [Paragraph(text, "text", key) for key, text in keys]
    return lines

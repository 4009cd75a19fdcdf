"""A histogram as lines: bars from zero, or shades over time; percentiles as the bounds of their buckets."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from rich.cells import cell_len
from textual.strip import Strip

from tuibpf.tool.display import display_of
from tuibpf.tui.figures import short_count
from tuibpf.tui.model.scale import StableScale
from tuibpf.tui.model.spread import Tally
from tuibpf.tui.strips import Part, fit, strip_of
from tuibpf.tui.theme import Palette

__all__ = ["bars", "heat_map", "summary", "value_text"]

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = " ░▒▓█"
_LABEL = 17
_COUNT = 7
_SHARES = ((0.50, "p50"), (0.95, "p95"), (0.99, "p99"))

Bounds = Sequence[tuple[int, int]]


def value_text(value: int, unit: str) -> str:
    """A value of a histogram's unit, with the unit that fits."""
    return display_of(unit).text(value, {}, False)


def summary(label: str, tally: Tally | None, unit: str, width: int, palette: Palette) -> list[Strip]:
    """The key, how many values there are, their mean and percentiles: in a line where it has room, else in two.

    All that is known of a percentile is its bucket, so it is given as what it stays below: ``p99 <512us``.
    """
    count = tally.count if tally else 0
    head: list[Part] = [(f" {label}  " if label else " ", palette.name), (f"{count:,} values", palette.text)]
    if not tally or not count:
        return [strip_of(head, width)]
    facts = [("mean", value_text(tally.sum // count, unit))]
    facts += [(name, _below(bound, unit)) for share, name in _SHARES if (bound := tally.percentile(share)) is not None]
    facts.append(("max", _below(tally.buckets()[-1][1], unit)))
    words: list[Part] = []
    room = width
    for name, text in facts:
        room -= len(name) + len(text) + 3
        if room >= 0:
            words += [(f"  {name} ", palette.muted), (text, palette.text)]
    if sum(cell_len(text) for text, _ in [*head, *words]) <= width:
        return [strip_of([*head, *words], width)]
    return [strip_of(head, width), strip_of(words, width)]


def _below(bound: int, unit: str) -> str:
    """All that is known of a value in a bucket that ends at *bound*."""
    return f"<{value_text(bound + 1, unit)}"


def bars(
    bounds: Bounds, tally: Tally | None, unit: str, width: int, palette: Palette, scale: StableScale, fine: bool
) -> list[Strip]:
    """An axis and a bar for every bucket; the fullest stands out. A count that is not zero is never invisible."""
    counts = tally.counts if tally else {}
    highest = max(counts.values(), default=0)
    top = scale.fit(highest)
    room = max(4, width - _LABEL - _COUNT - 3)
    end = short_count(top)
    axis: list[Part] = [
        (" " * (_LABEL + _COUNT + 2) + "0", palette.muted),
        ("─" * max(0, room - 1 - len(end)), palette.faint),
        (end, palette.muted),
    ]
    lines = [strip_of(axis, width)]
    for lo, hi in bounds:
        count = counts.get((lo, hi), 0)
        style = palette.bar_peak if count and count == highest else palette.bar
        parts: list[Part] = [
            (_range(lo, hi, unit), palette.muted),
            (fit(short_count(count), _COUNT, right=True), palette.text if count else palette.faint),
            ("  ", palette.text),
            (_bar(count, top, room, fine), style),
        ]
        lines.append(strip_of(parts, width))
    return lines


def heat_map(
    bounds: Bounds,
    history: Sequence[Tally | None],
    unit: str,
    width: int,
    palette: Palette,
    scale: StableScale,
    shades: bool,
) -> list[Strip]:
    """A line for every bucket, the largest values on top; a column for every interval, the newest at the right."""
    room = max(4, width - _LABEL - 2)
    seen = history[-room:]
    highest = max((count for tally in seen if tally for count in tally.counts.values()), default=0)
    top = scale.fit(highest)
    lines = []
    for lo, hi in reversed(bounds):
        parts: list[Part] = [(_range(lo, hi, unit) + " ", palette.muted), (" " * (room - len(seen)), palette.text)]
        parts += [_shade(tally.counts.get((lo, hi), 0) if tally else 0, top, palette, shades) for tally in seen]
        lines.append(strip_of(parts, width))
    ago = f"{len(seen)} intervals ago"
    legend: list[Part] = [
        (" " * (_LABEL + 1 + room - len(seen)), palette.text),
        (fit(ago if len(seen) > len(ago) + 4 else "", max(0, len(seen) - 3)) + "now", palette.muted),
    ]
    lines.append(strip_of(legend, width))
    lines.append(strip_of([(" " * (_LABEL + 1) + "1 ", palette.muted), *_ramp(top, palette, shades)], width))
    return lines


def _range(lo: int, hi: int, unit: str) -> str:
    """``128us – 256us``, the second bound excluded."""
    return fit(f"{value_text(lo, unit):>7} – {value_text(hi + 1, unit):<7}", _LABEL)


def _bar(count: int, top: int, room: int, fine: bool) -> str:
    if not count:
        return ""
    eighths = max(1, round(count * room * 8 / top))
    if not fine:
        return "█" * max(1, eighths // 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].rstrip()


def _shade(count: int, top: int, palette: Palette, shades: bool) -> Part:
    """One cell: the logarithm of *count* against that of *top*, so that a few slow ones show beside many fast."""
    if not count:
        return " ", palette.text
    share = log2(1 + count) / log2(1 + max(top, count))
    if shades and len(palette.heat) > 1:
        return " ", palette.heat_grounds[min(len(palette.heat) - 1, round(share * (len(palette.heat) - 1)))]
    glyph = _SHADES[max(1, min(4, round(share * 4)))]
    return glyph, palette.heat_inks[min(len(palette.heat) - 1, round(share * (len(palette.heat) - 1)))]


def _ramp(top: int, palette: Palette, shades: bool) -> list[Part]:
    steps = 8
    cells = [_shade(max(1, round(top ** (step / (steps - 1)))), top, palette, shades) for step in range(steps)]
    return [*((glyph * 2, style) for glyph, style in cells), (f" {short_count(top)} in an interval", palette.muted)]

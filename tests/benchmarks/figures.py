"""How figures are told: the smallest, the median and the largest of each row, with ratios between rows of one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

__all__ = ["Wanted", "read_arguments", "spread", "table", "tell"]


class Wanted(NamedTuple):
    """What a command line asks for: how many *rounds*, and whether without the peers."""

    rounds: int
    alone: bool


def tell(text: str = "") -> None:
    """A line on stdout, at once: whoever waits sees how far it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def spread(values: Iterable[float], digits: int = 1) -> tuple[str, str, str]:
    """(smallest, median, largest), as text; dashes where there is nothing."""
    found = sorted(values)
    if not found:
        return "-", "-", "-"
    low, middle, high = (f"{value:.{digits}f}" for value in (found[0], median(found), found[-1]))
    return low, middle, high


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they need to be, the first one flush left."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    for line in lines:
        first, *others = (text.ljust(width) if not at else text.rjust(width)
                          for at, (text, width) in enumerate(zip(line, widths, strict=True)))  # fmt: skip
        tell("  ".join((first, *others)).rstrip())


def read_arguments(description: str | None, rounds: int) -> Wanted:
    """The options that all benchmarks have; *rounds* is how many there are if none is given."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds, help=f"how many rounds (default {rounds})")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    wanted = parser.parse_args()
    if wanted.rounds < 1:
        parser.error("at least one round")
    return Wanted(wanted.rounds, wanted.alone)

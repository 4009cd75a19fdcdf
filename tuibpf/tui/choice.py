"""What can be chosen from a list: tools, commands, themes. And which of them a search means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuibpf.tui.widgets.text_view import Paragraph

__all__ = ["Choice", "search"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry: the *value* that it stands for, its name, what it is for, and the group that it belongs to.

    *note* is a mark beside the name (``locked``), *details* is what is shown while the cursor is on it.
    """

    value: Any
    name: str
    purpose: str = ""
    group: str = ""
    note: str = ""
    details: Sequence[Paragraph] = field(default=())


def search(choices: Iterable[Choice], words: str) -> list[Choice]:
    """Those that have each of the *words* in name, group or purpose; the best first, else in their own order."""
    wanted = words.casefold().split()
    if not wanted:
        return list(choices)
    found = []
    for place, choice in enumerate(choices):
        name, rest = choice.name.casefold(), f"{choice.group} {choice.purpose}".casefold()
        ranks = [_rank(word, name, rest) for word in wanted]
        if None not in ranks:
            found.append((sum(rank for rank in ranks if rank is not None), place, choice))
    return [choice for _, _, choice in sorted(found, key=lambda item: item[:2])]


def _rank(word: str, name: str, rest: str) -> int | None:
    """0 for the best match; None for none."""
    if name.startswith(word):
        return 0
    if word in name:
        return 1
    if word in rest:
        return 3
    letters = iter(name)
    return 2 if all(letter in letters for letter in word) else None

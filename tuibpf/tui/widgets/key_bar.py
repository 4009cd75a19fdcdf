"""The last line: the keys that do something where we are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tuibpf.tui.strips import Part, strip_of
from tuibpf.tui.theme import Palette
from tuibpf.tui.widgets.line_view import Painted

__all__ = ["KeyBar", "KeyLine"]

_ALWAYS = (("a", "add"), ("x", "close"), ("z", "max"), ("t", "theme"), ("?", "help"), (":", "menu"), ("q", "quit"))
_NEVER_DROPPED = frozenset({"a", "?", "q"})


class KeyLine(Painted):
    """The keys of a dialog, in one line."""

    DEFAULT_CSS = "KeyLine { height: 1; width: 1fr; }"

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def paint(self, width: int, height: int) -> list[Strip]:
        return [strip_of(_parts(self._keys, self.palette), width)]


class KeyBar(Painted):
    """Keys and their words. For want of room, those that are the least needed are left out."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[tuple[str, str], ...] = ()

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        self._keys = tuple(keys)
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        keys = [_ALWAYS[0], *self._keys, *_ALWAYS[1:]]
        droppable = [key for key in reversed(keys) if key[0] not in _NEVER_DROPPED]
        while droppable and sum(len(key) + len(word) + 3 for key, word in keys) > width:
            keys.remove(droppable.pop(0))
        return [strip_of(_parts(keys, self.palette), width)]


def _parts(keys: Sequence[tuple[str, str]], palette: Palette) -> list[Part]:
    parts: list[Part] = []
    for key, word in keys:
        parts += [(f" {key}", palette.key), (f" {word} ", palette.key_text)]
    return parts

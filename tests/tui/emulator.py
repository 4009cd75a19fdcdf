"""A terminal that understands what the dashboard's pictures are made of, to compare screens with."""

from __future__ import annotations

import re

from rich.cells import cell_len

from tuibpf.tui.pen import PLAIN, Ink, blank, ink

_OTHER = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_=>]|[()][A-Z0-9])|\r")
_TOKENS = re.compile(r"\x1b\[([\d;]*)([HCMrm])|(\n)|([^\x1b\n])")


class Emulator:
    """A screen of *width* × *height* cells. A sequence that it does not know is an error, unless it is *lenient*."""

    def __init__(self, width: int, height: int, lenient: bool = False) -> None:
        self.lenient = lenient
        self.width, self.height = width, height
        self.cells = [self._blank_line() for _ in range(height)]
        self.x = self.y = 0
        self.ink = PLAIN
        self.region = (0, height - 1)

    def _blank_line(self) -> list[tuple[str, Ink]]:
        return [(" ", PLAIN)] * self.width

    def feed(self, data: str) -> None:
        at = 0
        while at < len(data):
            match = _TOKENS.match(data, at)
            if match is None and self.lenient:
                other = _OTHER.match(data, at)
                at = other.end() if other else at + 1
                continue
            assert match is not None, f"not understood: {data[at : at + 20]!r}"
            at = match.end()
            parameters, final, newline, character = match.groups()
            if character:
                self._put(character)
            elif newline:
                self.x, self.y = 0, min(self.y + 1, self.height - 1)
            else:
                self._obey(parameters, final)

    def _obey(self, parameters: str, final: str) -> None:
        numbers = [int(part) for part in parameters.split(";") if part]
        if final == "H":
            self.y, self.x = (numbers or [1, 1])[0] - 1, (numbers or [1, 1])[1] - 1
        elif final == "C":
            self.x += numbers[0]
        elif final == "m":
            before = [*self.ink.attributes, self.ink.foreground, self.ink.background]
            self.ink = ink(";".join([*filter(None, before), parameters or "0"]))
        elif final == "r":
            self.region = (numbers[0] - 1, numbers[1] - 1) if numbers else (0, self.height - 1)
            self.x = self.y = 0
        else:
            top, bottom = self.region
            assert top <= self.y <= bottom
            for _ in range(numbers[0]):
                del self.cells[self.y]
                self.cells.insert(bottom, self._blank_line())

    def _put(self, character: str) -> None:
        width = cell_len(character)
        if self.y >= self.height:
            return
        line = self.cells[self.y]
        if width == 0:
            if not 0 < self.x <= self.width:
                return
            before = line[self.x - 1]
            line[self.x - 1] = (before[0] + character, before[1])
            return
        if self.x < self.width:
            self._break_wide(line, self.x)
            self._break_wide(line, self.x + width)
            line[self.x] = (character, self.ink)
            for extra in range(1, width):
                line[self.x + extra] = ("", self.ink)
        self.x += width

    def _break_wide(self, line: list[tuple[str, Ink]], x: int) -> None:
        """What will be written up to, or from, cell *x* takes half of the wide character that spans it."""
        if 0 < x < self.width and line[x][0] == "":
            line[x - 1] = line[x] = (" ", line[x][1])

    def shown(self) -> list[list[tuple[str, Ink]]]:
        """The cells as they can be told apart: the foreground of a space can not be seen."""
        return [[(text, blank(style) if text == " " else style) for text, style in line] for line in self.cells]

    def text(self) -> list[str]:
        return ["".join(text for text, _ in line).rstrip() for line in self.cells]

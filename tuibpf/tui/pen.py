"""Colours and attributes as a terminal keeps them (SGR, ECMA-48 §8.3.117), and the shortest way from one to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["PLAIN", "Ink", "blank", "ink", "switch"]


class Ink(NamedTuple):
    """What is set after a reset: attributes (bold, reverse, …), foreground and background, each as SGR parameters."""

    attributes: frozenset[str]
    foreground: str
    background: str


PLAIN = Ink(frozenset(), "", "")

# Attributes that can be seen on a space: underline, blink, reverse, strike, double underline, overline.
_ON_SPACES = frozenset({"4", "5", "6", "7", "9", "21", "53"})


@lru_cache(maxsize=4096)
def ink(parameters: str) -> Ink:
    """The ink that a sequence of SGR *parameters*, given after a reset, leaves."""
    attributes: set[str] = set()
    foreground = background = ""
    codes = parameters.split(";")
    at = 0
    while at < len(codes):
        code = codes[at]
        if code in ("38", "48"):
            size = 5 if codes[at + 1 : at + 2] == ["2"] else 3
            color = ";".join(codes[at : at + size])
            if code == "38":
                foreground = color
            else:
                background = color
            at += size
            continue
        at += 1
        number = int(code) if code.isdigit() else 0
        if number == 0:
            attributes.clear()
            foreground = background = ""
        elif 30 <= number <= 37 or 90 <= number <= 97:
            foreground = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            background = code
        elif number == 39:
            foreground = ""
        elif number == 49:
            background = ""
        else:
            attributes.add(code)
    return Ink(frozenset(attributes), foreground, background)


@lru_cache(maxsize=4096)
def blank(style: Ink) -> Ink:
    """What of *style* can be seen on a space; the rest need not be set for one."""
    seen = style.attributes & _ON_SPACES
    return Ink(seen, style.foreground if seen else "", style.background)


@lru_cache(maxsize=16384)
def switch(before: Ink, after: Ink) -> str:
    """The sequence that takes a terminal from one ink to another."""
    if before == after:
        return ""
    codes = []
    if before.attributes <= after.attributes:
        codes += sorted(after.attributes - before.attributes)
        if before.foreground != after.foreground:
            codes.append(after.foreground or "39")
        if before.background != after.background:
            codes.append(after.background or "49")
    else:
        # There is no telling which terminal knows how to end a single attribute (22 ends bold and dim, 21 neither).
        codes += ["0", *sorted(after.attributes)]
        codes += [color for color in (after.foreground, after.background) if color]
    return f"\x1b[{';'.join(codes)}m"

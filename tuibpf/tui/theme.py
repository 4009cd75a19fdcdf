"""Themes: one TOML file each, with Textual's own colours and the styles that the views draw with."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.color import Color as RichColor
from rich.style import Style
from textual.theme import Theme

import tuibpf

__all__ = ["Look", "Palette", "ThemeError", "load_look", "load_looks", "theme_directories"]

_NONE = Style.null()
_REVERSE = Style(reverse=True)


class ThemeError(ValueError):
    """A theme file that can not be used; the text says which and why."""


@dataclass(frozen=True)
class Palette:
    """The styles of the views. Every view takes them from here, so that a theme is one file and nothing else."""

    muted: Style = _NONE
    faint: Style = _NONE
    strong: Style = _NONE
    header: Style = _NONE
    header_sorted: Style = _NONE
    identity: Style = _NONE
    name: Style = _NONE
    path: Style = _NONE
    good: Style = _NONE
    warning: Style = _NONE
    error: Style = _NONE
    selected: Style = _REVERSE
    selected_idle: Style = _NONE
    bar: Style = _NONE
    bar_peak: Style = _NONE
    frame: Style = _NONE
    frame_focused: Style = _NONE
    title: Style = _NONE
    title_focused: Style = _NONE
    top: Style = _NONE
    top_brand: Style = _NONE
    top_muted: Style = _NONE
    key: Style = _NONE
    key_text: Style = _NONE
    heat: tuple[str, ...] = ("white",)
    text: Style = field(default=_NONE)

    @cached_property
    def heat_grounds(self) -> tuple[Style, ...]:
        """The ramp as backgrounds, from few to many."""
        return tuple(Style(bgcolor=color) for color in self.heat)

    @cached_property
    def heat_inks(self) -> tuple[Style, ...]:
        """The ramp as foregrounds, for terminals where shade must come from the character too."""
        return tuple(Style(color=color) for color in self.heat)


@dataclass(frozen=True)
class Look:
    """A theme as loaded: what Textual needs and what the views need."""

    name: str
    title: str
    theme: Theme
    palette: Palette


def theme_directories() -> list[Path]:
    """Where themes are looked for; a later directory's theme takes the place of an earlier one of the same name."""
    package = Path(tuibpf.__file__).parent
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return [package.parent / "themes", package / "_themes", package / "themes", config / "tuibpf" / "themes"]


def load_look(path: Path) -> Look:
    """The theme in the file *path*. Raises ThemeError with the file's name and the reason."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        name = str(data.get("name", path.stem))
        theme = Theme(
            name=name,
            dark=bool(data.get("dark", True)),
            ansi=bool(data.get("ansi", False)),
            variables={str(key): str(value) for key, value in data.get("variables", {}).items()},
            **data["colors"],
        )
        theme.to_color_system().generate()
        return Look(name, str(data.get("title", name)), theme, _palette(data.get("data", {})))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.name}: {error}") from error
    except Exception as error:  # Textual and Rich raise several types for a bad colour, a bad style, a wrong key
        raise ThemeError(f"{path.name}: {type(error).__name__}: {error}") from error


def load_looks() -> tuple[dict[str, Look], list[str]]:
    """All themes by name, and what is wrong with those that can not be used. There is always one."""
    looks: dict[str, Look] = {}
    problems: list[str] = []
    for directory in theme_directories():
        for path in sorted(directory.glob("*.toml")) if directory.is_dir() else ():
            try:
                look = load_look(path)
            except ThemeError as error:
                problems.append(str(error))
            else:
                looks[look.name] = look
    if not looks:
        looks["plain"] = Look("plain", "Plain", Theme(name="plain", primary="#4fb3c8"), Palette())
    return looks, problems


def _palette(data: dict[str, Any]) -> Palette:
    roles = {item.name for item in fields(Palette)}
    unknown = sorted(set(data) - roles)
    if unknown:
        raise ThemeError(f"unknown style {unknown[0]!r} in [data]")
    styles: dict[str, Any] = {role: Style.parse(value) for role, value in data.items() if role != "heat"}
    if "heat" in data:
        heat = tuple(str(color) for color in data["heat"])
        for color in heat:
            RichColor.parse(color)
        styles["heat"] = heat or Palette.heat
    return Palette(**styles)

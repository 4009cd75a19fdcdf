"""The themes that come with tuibpf, and what happens to one that is wrong."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from rich.color import Color

from tuibpf.tui.terminal import few_colors, fine_glyphs
from tuibpf.tui.theme import Palette, ThemeError, load_look, load_looks

THEMES = sorted((Path(__file__).parents[2] / "themes").glob("*.toml"))


def test_there_are_at_least_three() -> None:
    looks, problems = load_looks()
    assert len(looks) >= 3
    assert problems == []
    assert len({look.title for look in looks.values()}) == len(looks)


@pytest.mark.parametrize("path", THEMES, ids=lambda path: path.stem)
def test_a_theme_gives_every_style(path: Path) -> None:
    look = load_look(path)
    assert look.name == path.stem
    for field in fields(Palette):
        if field.name not in ("text", "heat"):
            assert getattr(look.palette, field.name), field.name
    assert len(look.palette.heat) >= 5


@pytest.mark.parametrize("path", [path for path in THEMES if path.stem != "terminal"], ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "role", ["text", "muted", "identity", "warning", "error", "name", "path", "selected", "header"]
)
def test_text_can_be_read(path: Path, role: str) -> None:
    """A contrast of 3:1 at the least (WCAG 2.1, 1.4.11), 7:1 for the theme that promises it."""
    look = load_look(path)
    style = getattr(look.palette, role)
    ground = style.bgcolor or Color.parse(look.theme.background or "")
    ink = style.color or Color.parse(look.theme.foreground or "")
    wanted = 7.0 if look.name == "contrast" else 3.0
    assert _contrast(ink, ground) >= wanted


def _contrast(one: Color, other: Color) -> float:
    def luminance(color: Color) -> float:
        parts = [c / 255 for c in color.get_truecolor()]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[colors", "own.toml: "),
        ("name = 'own'", "own.toml: KeyError: 'colors'"),
        ("[colors]\nprimary = 'nonsense'", "own.toml: "),
        ("[colors]\nprimary = '#ffffff'\n[data]\nnosuch = 'red'", "unknown style 'nosuch' in [data]"),
        ("[colors]\nprimary = '#ffffff'\n[data]\nmuted = 'no such colour'", "own.toml: "),
    ],
)
def test_a_wrong_theme_is_told_and_the_rest_are_there(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tuibpf" / "themes"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(text)
    with pytest.raises(ThemeError):
        load_look(folder / "own.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    looks, problems = load_looks()
    assert len(looks) >= 3
    assert len(problems) == 1
    assert reason in problems[0]


def test_a_theme_of_ones_own_takes_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tuibpf" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("name = 'paper'\ntitle = 'Mine'\n[colors]\nprimary = '#123456'\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_looks()[0]["paper"].title == "Mine"


@pytest.mark.parametrize(
    ("environ", "few", "fine"),
    [
        ({"TERM": "xterm-256color"}, False, True),
        ({"TERM": "linux"}, True, False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, True),
        ({}, True, True),
    ],
)
def test_what_a_terminal_can(environ: dict[str, str], few: bool, fine: bool) -> None:
    assert few_colors(environ) is few
    assert fine_glyphs(environ) is fine

from __future__ import annotations

import pytest

from tuibpf.tui.pen import PLAIN, Ink, blank, ink, switch


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("1", Ink(frozenset({"1"}), "", "")),
        ("1;38;2;10;20;30;48;5;7", Ink(frozenset({"1"}), "38;2;10;20;30", "48;5;7")),
        ("31;42", Ink(frozenset(), "31", "42")),
        ("97;104;7", Ink(frozenset({"7"}), "97", "104")),
        ("31;39;42;49", PLAIN),
        ("1;31;0;4", Ink(frozenset({"4"}), "", "")),
    ],
)
def test_ink(parameters: str, expected: Ink) -> None:
    assert ink(parameters) == expected


def test_only_what_a_space_shows_counts_on_one() -> None:
    assert blank(ink("1;31;42")) == ink("42")
    assert blank(ink("4;31;42")) == ink("4;31;42")


@pytest.mark.parametrize("before", ["", "1", "31", "1;31;44", "4;38;2;1;2;3"])
@pytest.mark.parametrize("after", ["", "1", "32", "1;31;44", "7;48;2;1;2;3"])
def test_switch_leads_from_one_to_the_other(before: str, after: str) -> None:
    sequence = switch(ink(before), ink(after))
    assert ink(before + ";" + sequence[2:-1] if sequence else before) == ink(after)


def test_the_same_ink_needs_nothing() -> None:
    assert switch(ink("1;31"), ink("31;1")) == ""

"""Without privileges every command says what is missing and how to get it."""

from __future__ import annotations


def test_version_and_help_need_nothing(as_nobody):
    assert as_nobody("--version").stdout.startswith("tuibpf ")
    assert "examples:" in as_nobody("run", "execsnoop", "--help").stdout

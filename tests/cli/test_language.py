"""``tuibpf help lang``: what it shows of the language, as wide as the terminal, and of one word."""

import pytest

from tuibpf.cli import main
from tuibpf.cli.language import language_text, word_text
from tuibpf.cli.vocabulary import read_families, read_rules

ENTRIES = [*(entry for family in read_families() for entry in family.entries), *read_rules()]


@pytest.mark.parametrize("columns", [50, 80, 100])
def test_it_is_as_wide_as_the_terminal(columns):
    lines = language_text(columns).splitlines()
    longest = max(map(len, lines))
    assert columns - 10 < longest <= columns


def test_it_has_every_word_and_every_subject():
    text = language_text(80)
    assert all(" ".join(entry.names) in text for entry in ENTRIES)


def test_code_stays_in_one_line_and_marks_are_gone():
    text = language_text(60)
    assert "`x: u32 = 0`" in text
    assert "``" not in text
    assert "\N{NO-BREAK SPACE}" not in text


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.names[0])
def test_a_word_has_its_signature_its_text_and_its_example(entry):
    for name in entry.names:
        text = word_text(name, 80)
        assert text.startswith(entry.signature[:20])
        assert all(f"  {line}".rstrip() + "\n" in text for line in entry.example.splitlines())
        assert text.count("\nrefused:\n") == len(entry.refused)


def test_one_page():
    assert (
        word_text("Comm", 50)
        == """\
Comm: 16 bytes

  The name of a task, `task_struct.comm`.

example (declarations, then what is in a probe of sched_switch, with its tasks prev and next):
  switches = Table(Comm, Count)

  switches[next.comm].count += 1
"""
    )


def test_signatures():
    first_lines = {word: word_text(word, 100).partition("\n")[0] for word in ("now", "Hash", "tp_btf", "u8", "Text")}
    assert first_lines == {
        "now": "now() -> int", "Hash": "Hash(key, value, entries: int = 10240)", "tp_btf": "@tp_btf(event: str)",
        "u8": "u8", "Text": "Text[size]",
    }  # fmt: skip


@pytest.mark.parametrize("word", ["pop", "Hash.pop", "Hash"])
def test_methods_are_told_with_their_owner(word):
    text = word_text(word, 80)
    assert text.startswith("Hash(")
    assert "  hash.pop(key)\n    The value of key, which is taken out, or None.\n" in text


@pytest.mark.parametrize("word", ["@tp_btf", "now()", "for", "if", "//", "/"])
def test_words_are_found_as_they_are_written(word, capsys):
    assert main(["help", "lang", word]) == 0
    assert "\nexample" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Hsh"], "error: no such word of the language: 'Hsh'\n  hint: did you mean Hash or LruHash?\n"),
        (["xyzzy"], "error: no such word of the language: 'xyzzy'\n  hint: tuibpf help lang shows them all\n"),
        (["a\x1b[2J"], "error: no such word of the language: 'a\\x1b[2J'\n  hint: tuibpf help lang shows them all\n"),
        (["for", "if"], "error: help lang takes one word\n  hint: tuibpf help lang shows them all\n"),
    ],
)
def test_unknown_words(words, said, capsys):
    assert main(["help", "lang", *words]) == 2
    assert capsys.readouterr() == ("", said)


def test_names_of_the_kernel_are_pointed_out(capsys):
    assert main(["help", "lang", "TCP_LISTEN"]) == 2
    assert "names of the kernel's enumerations" in capsys.readouterr().err


def test_the_general_help_knows_it(capsys):
    assert main(["help"]) == 0
    assert "help lang" in capsys.readouterr().out

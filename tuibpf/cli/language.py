"""``tuibpf help lang [WORD]``: the manual of the probe language, as wide as the terminal is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from shutil import get_terminal_size
from textwrap import indent, wrap

from tuibpf.cli.speech import OutputClosed, tell
from tuibpf.cli.vocabulary import Entry, find_entry, read_families, read_rules, split_example
from tuibpf.tool.option import UsageError, near

__all__ = ["language_help", "language_text", "word_text"]

_NARROWEST, _WIDEST = 50, 100  # columns; longer lines are hard to read
_LONGEST_NAME = 16
_NO_BREAK = "\N{NO-BREAK SPACE}"
_HEAD = (
    "A probe script is a small Python file that tuibpf compiles for the running kernel: tools are such files, and so "
    "is what you write yourself. What it may say is a part of Python, with the words below."
)
_TAIL = (
    "``tuibpf help lang WORD`` tells more of a word or a subject, with an example: ``help lang Hash``, "
    "``help lang for``, ``help lang integers``."
)


def language_help(words: Sequence[str]) -> int:
    """The command ``help lang``. Returns 0; raises ``UsageError`` for a word that there is not."""
    columns = max(_NARROWEST, min(get_terminal_size().columns, _WIDEST))
    if len(words) > 1:
        raise UsageError("help lang takes one word", "tuibpf help lang shows them all")
    with suppress(OutputClosed):
        tell(word_text(words[0], columns) if words else language_text(columns))
    return 0


def language_text(columns: int) -> str:
    """The language in lines of at most *columns* characters: its rules, then all words with a line or two each."""
    return "\n".join(_overview(columns)) + "\n"


def word_text(word: str, columns: int) -> str:
    """All that is told of *word*; lines of examples are as long as they are."""
    entry = find_entry(word) or find_entry(word.removeprefix("@").removesuffix("()"))
    if entry is None:
        raise UsageError(f"no such word of the language: {word!r}", near(word, _names()) or _elsewhere(word))
    return "\n".join(_page(entry, columns)) + "\n"


def _overview(columns: int) -> Iterator[str]:
    yield "The language of probe scripts"
    yield ""
    yield from _wrapped(_HEAD, columns)
    for rule in read_rules():
        yield ""
        yield rule.names[0]
        yield from _wrapped(f"{rule.purpose} {rule.text}", columns, "  ")
    for family in read_families():
        yield ""
        yield from _wrapped(family.purpose, columns)
        for entry in family.entries:
            yield from _line(entry, columns)
    yield ""
    yield from _wrapped(_TAIL, columns)


def _line(entry: Entry, columns: int) -> Iterator[str]:
    """A word and what it is; a long name has a line of its own."""
    name, margin = " ".join(entry.names), " " * (_LONGEST_NAME + 4)
    first, *more = _wrapped(entry.purpose, columns, margin)
    if len(name) > _LONGEST_NAME:
        yield f"  {name}"
        yield first
    else:
        yield f"  {name:{_LONGEST_NAME}}  {first.strip()}"
    yield from more


def _page(entry: Entry, columns: int) -> Iterator[str]:
    yield from wrap(entry.signature, columns, subsequent_indent="    ", break_long_words=False)
    yield ""
    yield from _wrapped(f"{entry.purpose}\n\n{entry.text}".strip(), columns, "  ")
    for signature, text in entry.methods:
        yield ""
        yield f"  {signature}"
        yield from _wrapped(text, columns, "    ")
    if entry.example:
        yield ""
        yield f"example{_place(entry.example)}:"
        yield indent(entry.example, "  ")
    for refused in entry.refused:
        yield ""
        yield "refused:"
        yield indent(refused, "  ")


def _place(example: str) -> str:
    """Where an example stands that is no whole script."""
    top, body = split_example(example)
    if not body:
        return ""
    return f" ({'declarations, then ' if top else ''}what is in a probe of sched_switch, with its tasks prev and next)"


def _wrapped(text: str, columns: int, margin: str = "") -> Iterator[str]:
    """Paragraphs as lines; the marks of reStructuredText go, but for the quotes of code."""
    plain = re.sub(r"(?<![\w*`])\*(\w+)\*(?![\w*`])", r"\1", text)
    plain = re.sub(
        r"``(.+?)``", lambda code: "`" + " ".join(code[1].split()).replace(" ", _NO_BREAK) + "`", plain, flags=re.DOTALL
    )
    for number, paragraph in enumerate(plain.split("\n\n")):
        if number:
            yield ""
        lines = wrap(
            re.sub("[ \n]+", " ", paragraph), columns, initial_indent=margin, subsequent_indent=margin,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
        yield from (line.replace(_NO_BREAK, " ") for line in lines)


def _names() -> list[str]:
    entries = [*read_rules(), *(entry for family in read_families() for entry in family.entries)]
    return [name for entry in entries for name in entry.names]


def _elsewhere(word: str) -> str:
    if word.isupper():
        return "names of the kernel's enumerations, such as IPPROTO_TCP, can be used too"
    return "tuibpf help lang shows them all"

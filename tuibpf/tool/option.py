"""The options of a tool, and of tuibpf itself: how they are declared and how a command line is read.

A parser of its own, since argparse costs 8 ms of a launch and can not stop at a tool's name and go on with its options.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

__all__ = ["Option", "Parsed", "UsageError", "Value", "near", "parse_arguments"]

Value = int | float | str | bool | None
Kind = Literal["flag", "integer", "number", "string"]
_Take = Callable[["Option", str, str | None], None]

_LARGEST = {"pid": 1 << 22, "tid": 1 << 22, "port": 65535, "uid": (1 << 32) - 1, "gid": (1 << 32) - 1}
_MARKS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class UsageError(Exception):
    """A command line that makes no sense: what is wrong with it, and what may have been meant."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message + (f" ({hint})" if hint else ""))
        self.message = message
        self.hint = hint


def near(name: str, known: Iterable[str]) -> str:
    """``did you mean …?`` with the names most like *name*, or nothing."""
    from difflib import get_close_matches  # only an error needs it

    matches = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(matches)}?" if matches else ""


class Option(NamedTuple):
    """One option: ``-p``, ``--pid``. A flag is given or not; the other kinds take a value.

    *display* is a display type, where the value is one (``pid``, ``uid``); it decides what may be written.
    """

    name: str
    short: str | None
    long: str
    kind: Kind
    default: Value = None
    choices: tuple[str, ...] = ()
    help: str = ""
    metavar: str = ""
    display: str = ""
    minimum: int | None = None
    maximum: int | None = None

    def parse(self, text: str) -> Value:
        """The value that *text* stands for; a UsageError if it can not be one."""
        if self.kind == "string":
            if self.choices and text not in self.choices:
                choices = ", ".join(self.choices)
                raise UsageError(f"{self.long} is one of {choices}, not {text!r}", near(text, self.choices))
            return text
        if self.kind == "flag":
            if text.lower() not in _MARKS:
                raise UsageError(f"{self.long} is yes or no, not {text!r}")
            return _MARKS[text.lower()]
        number = self._number(text)
        low, high = self._range()
        if low is not None and number < low:
            raise UsageError(f"{self.long} is at least {low}, not {text}")
        if high is not None and number > high:
            raise UsageError(f"{self.long} is at most {high}, not {text}")
        return number

    def _range(self) -> tuple[int | None, int | None]:
        """The least and the largest number: as declared, and no more than makes sense for the display type."""
        low, high = self.minimum, self.maximum
        if self.kind == "number" and low is None:
            low = 0
        if self.display in _LARGEST:
            most = _LARGEST[self.display]
            return max(low or 0, 0), most if high is None else min(high, most)
        return low, high

    def _number(self, text: str) -> int | float:
        if self.kind == "number":
            try:
                number = float(text)
            except ValueError:
                number = float("nan")
            if number - number != 0:  # infinite, or not a number
                raise UsageError(f"{self.long} is a number, not {text!r}")
            return number
        try:
            return int(text, 0)
        except ValueError:
            pass
        if self.display == "uid":
            from pwd import getpwnam

            try:
                return getpwnam(text).pw_uid
            except KeyError:
                raise UsageError(f"{self.long} is a user's number or name, not {text!r}") from None
        if self.display in ("error", "syscall"):
            return self._named(text)
        raise UsageError(f"{self.long} is a whole number, not {text!r}")

    def _named(self, text: str) -> int:
        """The number of an error or a system call."""
        if self.display == "error":
            from errno import errorcode

            numbers, what = {name: number for number, name in errorcode.items()}, "an error"
        else:
            from tuibpf.tool.syscalls import syscall_names

            numbers, what = {name: number for number, name in syscall_names().items()}, "a system call"
        if text not in numbers:
            raise UsageError(f"{self.long} is {what}'s number or name, not {text!r}", near(text, numbers))
        return numbers[text]

    @property
    def usage(self) -> str:
        """How it is written: ``-p, --pid PID``."""
        value = "" if self.kind == "flag" else " " + (self.metavar or "|".join(self.choices) or self.long[2:].upper())
        return (f"{self.short}, " if self.short else "    ") + self.long + value


class Parsed(NamedTuple):
    """What a command line said: a value for every option, those that were given, and the words that are no options."""

    values: dict[str, Value]
    given: frozenset[str]
    words: list[str]


def parse_arguments(options: Mapping[str, Option], arguments: Sequence[str], *, stop_at_word: bool = False) -> Parsed:
    """Read *arguments*. *options* maps every spelling (``-p``, ``--pid``) to its option.

    ``-x -n 5``, ``-xn5``, ``--rows 5`` and ``--rows=5`` are all understood, and ``--`` ends the options. With
    *stop_at_word* the first word that is no option, and all that follows it, is left in *words*.
    """
    values: dict[str, Value] = {option.name: option.default for option in options.values()}
    given: set[str] = set()
    words: list[str] = []
    left = list(reversed(arguments))

    def take(option: Option, spelling: str, attached: str | None) -> None:
        if attached is None and option.kind != "flag":
            if not left:
                raise UsageError(f"{spelling} needs a value: {option.usage.strip()}")
            attached = left.pop()
        values[option.name] = True if attached is None else option.parse(attached)
        given.add(option.name)

    while left:
        word = left.pop()
        if word == "--":
            words.extend(reversed(left))
            break
        if word.startswith("--"):
            spelling, equals, attached = word.partition("=")
            take(_find(options, spelling), spelling, attached if equals else None)
        elif word.startswith("-") and word != "-":
            _take_bundle(options, word, take)
        else:
            words.append(word)
            if stop_at_word:
                words.extend(reversed(left))
                break
    return Parsed(values, frozenset(given), words)


def _take_bundle(options: Mapping[str, Option], word: str, take: _Take) -> None:
    """Short options in one word: ``-xU``, ``-n5``."""
    rest = word[1:]
    while rest:
        spelling, rest = f"-{rest[0]}", rest[1:]
        option = _find(options, spelling)
        if option.kind == "flag":
            take(option, spelling, None)
        else:
            take(option, spelling, rest or None)
            return


def _find(options: Mapping[str, Option], spelling: str) -> Option:
    if spelling not in options:
        raise UsageError(f"no such option: {spelling}", near(spelling, options))
    return options[spelling]

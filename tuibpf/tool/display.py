"""The display types of the language: what each kind of value looks like, once for every view.

A raw value is what a row holds and what JSON, CSV and recordings keep; its text is what a person reads. A text never
holds a control character, whatever a process put into its name. The names are those of ``tuibpf.lang``, in lower case.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tuibpf.diagnostics import printable
from tuibpf.tool.arguments import Arguments

__all__ = ["UNITS", "Display", "block_flags", "bytes_text", "display_of", "duration_text"]

Names = Mapping[int, str]
JsonValue = int | str | bool | list[str] | None

# The words for a histogram's scale, as the classic tools have them.
UNITS = {"nanoseconds": "nsecs", "microseconds": "usecs", "milliseconds": "msecs", "kibibytes": "kbytes"}

_V4_MAPPED = bytes(10) + b"\xff\xff"
_OPERATION_BITS = 8  # REQ_OP_BITS, include/linux/blk_types.h


class Display(NamedTuple):
    """How one display type is shown: its column's width and side, its text and its JSON value.

    Both functions take the raw value, the names of an enumeration's values, and whether arguments are quoted.
    """

    width: int
    right: bool
    text: Callable[[Any, Names, bool], str]
    json: Callable[[Any, Names, bool], JsonValue]

    @property
    def is_raw(self) -> bool:
        """Whether the JSON value is the raw value, so that there is nothing to ask for each value."""
        return self.json is _raw

    @property
    def plain_text(self) -> Callable[[Any], str] | None:
        """The function of the value alone, ``str`` or ``printable``, that gives the text of a number or a string."""
        return _PLAIN_TEXTS.get(self.text)


@lru_cache(maxsize=256)
def _clock_text(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _scaled(value: float, units: tuple[str, ...], step: int) -> str:
    """*value* with the largest unit that leaves it below *step*, in at most four digits."""
    sign, value, unit = ("-" if value < 0 else ""), abs(value), 0
    while value >= step - 0.5 and unit < len(units) - 1:
        value /= step
        unit += 1
    digits = 0 if unit == 0 or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{sign}{value:.{digits}f}{units[unit]}"


def duration_text(value: int, unit: str = "nanoseconds") -> str:
    """A duration in *unit* for people: ``0ns``, ``1.50us``, ``23.4ms``, ``3600s``."""
    first = ("nanoseconds", "microseconds", "milliseconds").index(unit)
    return _scaled(value, ("ns", "us", "ms", "s")[first:], 1000)


def bytes_text(value: int) -> str:
    """A size for people, in steps of 1024: ``512``, ``1.50K``, ``23.4M``."""
    return _scaled(value, ("", "K", "M", "G", "T", "P", "E"), 1024)


def _address_text(value: bytes) -> str:
    """An IPv4 or IPv6 address; IPv4 inside IPv6 is shown as the IPv4 that went over the wire."""
    from socket import AF_INET, AF_INET6, inet_ntop  # costs 5 ms, and most tools have no address

    if len(value) == 16 and value.startswith(_V4_MAPPED):
        value = value[12:]
    return inet_ntop(AF_INET if len(value) == 4 else AF_INET6, value)


def _device_text(value: int) -> str:
    """A dev_t as the kernel holds it, 12 bits of major above 20 of minor (include/linux/kdev_t.h)."""
    return f"{value >> 20}:{value & 0xFFFFF}"


def _signal_text(value: int) -> str:
    from signal import Signals

    try:
        return Signals(value).name
    except ValueError:
        return str(value)


def _error_text(value: int) -> str:
    from errno import errorcode

    return errorcode.get(value, str(value))


def _syscall_text(value: int) -> str:
    from tuibpf.tool.syscalls import syscall_names

    return syscall_names().get(value, str(value))


# Some have other values on other processors, which Python knows. O_LARGEFILE is 0 for it: the kernel adds that.
_OPEN_FLAGS = ("O_CREAT", "O_EXCL", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_NONBLOCK", "O_SYNC", "O_DSYNC", "O_ASYNC",
               "O_DIRECT", "O_TMPFILE", "O_DIRECTORY", "O_NOFOLLOW", "O_NOATIME", "O_CLOEXEC", "O_PATH")  # fmt: skip


def _open_flags_text(value: int) -> str:
    """The way of access, then the flags; one that has the bits of another (O_SYNC those of O_DSYNC) comes first."""
    if value < 0:
        return "?"
    parts = [("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")[value & os.O_ACCMODE]]
    left = value & ~os.O_ACCMODE
    for name in _OPEN_FLAGS:
        bits = getattr(os, name)
        if left & bits == bits:
            parts.append(name)
            left &= ~bits
    return "|".join(parts + ([f"{left:#o}"] if left else []))


def _known(value: int) -> int | None:
    """A number that is -1 where it is not known."""
    return None if value < 0 else value


def _words(name: str) -> str:
    """``REQ_FAILFAST_DEV`` as ``FailfastDev``."""
    bare = name.removeprefix("__").removeprefix("REQ_").removeprefix("OP_")
    return "".join(part.capitalize() for part in bare.split("_"))


def block_flags(value: int, names: Names, _quote: bool = False) -> str:
    """The flags of a block request, then its operation: ``Sync-Write``.

    Below 256 *names* has the operations, from there on the flags, one bit each.
    """
    operation = value & ((1 << _OPERATION_BITS) - 1)
    flags = value - operation
    parts = []
    for bit, name in sorted(names.items()):
        if bit >> _OPERATION_BITS and flags & bit:
            parts.append(_words(name))
            flags &= ~bit
    if flags:
        parts.append(f"{flags:#x}")
    parts.append(_words(names[operation]) if operation in names else f"Op{operation}")
    return "-".join(parts)


def _name_text(value: int, names: Names, _quote: bool) -> str:
    return printable(names[value]) if value in names else str(value)


def _arguments_json(value: Arguments) -> list[str]:
    return [argument.decode("utf-8", "backslashreplace") for argument in value.values]


def _plain(shown: Callable[[Any], Any]) -> Callable[[Any, Names, bool], Any]:
    """A display function that needs the value alone."""
    return lambda value, _names, _quote: shown(value)


_raw = _plain(lambda value: value)
_number_text = _plain(str)
_string_text = _plain(printable)
_PLAIN_TEXTS: dict[Callable[..., str], Callable[[Any], str]] = {_number_text: str, _string_text: printable}


def _number(width: int) -> Display:
    return Display(width, True, _number_text, _raw)


def _quantity(width: int, text: Callable[[Any], str]) -> Display:
    """A number that people read in another form than machines."""
    return Display(width, True, _plain(text), _raw)


def _word(width: int, text: Callable[[Any], str]) -> Display:
    """A value that is the same string to people and to machines."""
    return Display(width, False, _plain(text), _plain(text))


def _string(width: int) -> Display:
    return Display(width, False, _string_text, _raw)


_DISPLAYS: dict[str, Display] = {
    "time": _quantity(8, lambda wall_ns: _clock_text(wall_ns // 1_000_000_000)),
    "elapsed": _quantity(9, lambda ns: f"{ns / 1e9:.3f}"),
    "pid": _number(7),
    "tid": _number(7),
    "uid": _number(6),
    "gid": _number(6),
    "cpu": _number(3),
    "count": _number(10),
    "integer": _number(12),
    "errno": _number(4),
    "port": _number(5),
    "descriptor": _number(4),
    "error": Display(7, False, _plain(_error_text), _raw),
    "mode": Display(4, True, _plain(lambda value: "?" if value < 0 else f"{value:04o}"), _plain(_known)),
    "openflags": Display(18, False, _plain(_open_flags_text), _plain(_known)),
    "syscall": _word(20, _syscall_text),
    "signal": Display(9, False, _plain(_signal_text), _raw),
    "nanoseconds": _quantity(7, duration_text),
    "microseconds": _quantity(7, lambda us: duration_text(us, "microseconds")),
    "milliseconds": _quantity(7, lambda ms: duration_text(ms, "milliseconds")),
    "bytes": _quantity(6, bytes_text),
    "kibibytes": _quantity(9, lambda count: f"{count / 1024:.1f}"),
    "address": _word(15, _address_text),
    "device": _word(7, _device_text),
    "pointer": _word(18, lambda value: f"{value:#018x}"),
    "comm": _string(16),
    "disk": _string(12),
    "path": _string(40),
    "text": _string(24),
    "boolean": Display(3, False, _plain(lambda value: "yes" if value else "no"), _plain(bool)),
    "enumeration": Display(12, False, _name_text, _name_text),
    "block_flags": Display(20, False, block_flags, block_flags),
    "arguments": Display(40, False, lambda value, _names, quote: value.text(quote), _plain(_arguments_json)),
}


def display_of(name: str) -> Display:
    """How the display type *name* is shown; a plain integer type of the language is shown as an integer."""
    return _DISPLAYS.get(name) or _DISPLAYS["integer"]

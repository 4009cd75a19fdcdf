"""Values of ours as bytes and back: named tuples and enumerations as ``marshal`` writes plain lists and tuples.

A list stands for one of our values: the number of its type, then its parts. All else stands for itself. Reading gives
plain values, calls the types below and nothing else, so no code can come in; ``pickle`` would run what it is told to.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from typing import Any

from tuibpf.diagnostics import Source, Span
from tuibpf.program import (
    Bundle,
    Field,
    HistogramOutput,
    Hook,
    HookKind,
    Line,
    Map,
    MapType,
    Program,
    Record,
    Relocation,
    StreamOutput,
    TableOutput,
)
from tuibpf.tool.option import Option

__all__ = ["from_bytes", "to_bytes"]

_TYPES: tuple[Callable[..., object], ...] = (
    Bundle, Field, HistogramOutput, Hook, HookKind, Line, Map, MapType, Option, Program, Record, Relocation, Source,
    Span, StreamOutput, TableOutput,
)  # fmt: skip
_NUMBERS: dict[object, int] = {known: number for number, known in enumerate(_TYPES)}
_PLAIN = {bool, bytes, float, int, str, type(None)}


def to_bytes(value: object) -> bytes:
    """*value*, which consists of plain values, tuples, and the types above; ``ValueError`` if it does not."""
    return marshal.dumps(_plain(value))


def from_bytes(data: bytes) -> object:
    """The value again, equal and of the same types; ``ValueError`` if *data* is not what ``to_bytes`` gave."""
    try:
        return _value(marshal.loads(data))
    except (EOFError, IndexError, TypeError) as error:
        raise ValueError(f"no value of ours: {error}") from error


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _NUMBERS:
        return [_NUMBERS[kind], *map(_plain, value if isinstance(value, tuple) else (value.value,))]
    if kind is tuple:
        return tuple(map(_plain, value))
    if kind in _PLAIN:
        return value
    raise ValueError(f"{kind.__name__} can not be written")


def _value(plain: object) -> object:
    if isinstance(plain, list):
        return _TYPES[plain[0]](*map(_value, plain[1:]))
    if isinstance(plain, tuple):
        return tuple(map(_value, plain))
    return plain

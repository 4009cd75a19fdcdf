"""From records, as the kernel wrote them, to rows of raw values: a column at a time, so that it is done in C."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

from tuibpf.program import Field, Record
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.clock import Clock
from tuibpf.tool.column import Column

__all__ = ["Decoder", "text_of"]

Row = tuple[Any, ...]
Convert = Callable[[Sequence[Any]], Iterable[Any]]

_STRINGS = frozenset({"comm", "disk", "path", "text"})


@lru_cache(maxsize=8192)
def text_of(raw: bytes) -> str:
    """The string in a fixed buffer, up to its NUL; what is not UTF-8 as ``\\xNN``, so that any file can take it."""
    return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")


class Decoder:
    """Decodes the records of one layout.

    Values that a row holds in another form than the record: strings become ``str``, ``time`` nanoseconds since the
    epoch, ``elapsed`` nanoseconds since the start of the session, a tail ``Arguments`` or ``str``.
    """

    def __init__(self, record: Record, clock: Clock) -> None:
        self.struct = Struct(record.format)
        self.has_tail = record.tail is not None
        self._clock = clock
        self._converts = [
            (index, convert) for index, item in enumerate(record.fields) if (convert := self._convert(item))
        ]
        self._filters = [
            (index, Column.of(item), item.contains) for index, item in enumerate(record.fields) if item.contains
        ]
        self._tail_at = next((index for index, item in enumerate(record.fields) if item.tail), 0)
        self._tail = record.tail

    def rows(self, values: list[Row]) -> list[Row]:
        """Rows from unpacked records of a fixed layout, those alone that ``contains`` of its fields keeps."""
        rows = self.all_rows(values)
        return [row for row in rows if self.keeps(row)] if self._filters else rows

    def all_rows(self, values: list[Row]) -> list[Row]:
        """A row for each of *values*, kept or not."""
        return self._converted(list(zip(*values, strict=True))) if values and self._converts else values

    def rows_with_tail(self, records: list[bytes]) -> list[Row]:
        """Rows from whole records whose layout ends in a tail; one too short for its layout is left out."""
        size = self.struct.size
        whole = [record for record in records if len(record) >= size]
        columns: list[Sequence[Any]] = list(zip(*map(self.struct.unpack_from, whole), strict=True))
        if not columns:
            return []
        captured, totals = columns[self._tail_at : self._tail_at + 2]
        tails = [record[size : size + count] for record, count in zip(whole, captured, strict=True)]
        columns[self._tail_at : self._tail_at + 2] = [self._tail_values(tails, totals)]
        rows = self._converted(columns)
        return [row for row in rows if self.keeps(row)] if self._filters else rows

    def _converted(self, columns: list[Sequence[Any]]) -> list[Row]:
        """Rows from columns as they were unpacked; a tail is what it is in a row by now."""
        converted: list[Iterable[Any]] = [*columns]
        for index, convert in self._converts:
            converted[index] = convert(columns[index])
        return list(zip(*converted, strict=True))

    def _tail_values(self, tails: Sequence[bytes], totals: Sequence[int]) -> list[Any]:
        """*tails* as ``Arguments`` or ``str``; *totals* are the bytes that each had before it was cut."""
        assert self._tail is not None
        if self._tail.display != "arguments":
            pairs = zip(tails, totals, strict=True)
            return [text_of(tail) + ("…" if len(tail) < total else "") for tail, total in pairs]
        vectors = list(map(Arguments.parse, tails, totals))
        limit = self._tail.limit
        return vectors if limit is None else [vector.first(limit) for vector in vectors]

    def _convert(self, item: Field) -> Convert | None:
        if item.tail:
            return None
        if item.display in _STRINGS:
            return lambda column: map(text_of, column)
        if item.display == "time":
            return self._wall
        if item.display == "elapsed":
            return self._since_start
        return None

    def _wall(self, column: Sequence[int]) -> list[int]:
        offset_ns = self._clock.wall_offset_ns
        return [value + offset_ns for value in column]

    def _since_start(self, column: Sequence[int]) -> list[int]:
        start_ns = self._clock.start_ns
        return [value - start_ns for value in column]

    def keeps(self, row: Row) -> bool:
        """Whether each field of *row* contains what it is to contain."""
        return all(column.matches(row[index], wanted) for index, column, wanted in self._filters)

"""A column: one field of an output, with everything that a view needs to show it.

A stream may bring millions of rows a second. So a view takes the values of a column at once (``by_column``), what it
would decide for each value is decided for all, and no Python code runs for a value that needs none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from tuibpf.diagnostics import printable
from tuibpf.program import Field, Record
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.display import JsonValue, display_of

__all__ = ["Column", "Row", "by_column", "columns_of", "each", "printables"]

Row = tuple[Any, ...]


class Column(NamedTuple):
    """How the values of a field are shown. *name* is the key in JSON, *title* the heading for people.

    *display* is a display type (see ``tuibpf.tool.display``); *shown* is false for a field that only machines get.
    *names* are the names of an enumeration's values; *quote* asks for every argument in quotes. *key* is true for the
    columns that together tell a table's rows, or a tool's histograms, from each other.
    """

    name: str
    title: str
    display: str
    shown: bool = True
    names: Mapping[int, str] = {}
    quote: bool = False
    key: bool = False

    @classmethod
    def of(cls, item: Field, key: bool = False) -> Self:
        """The column that shows a field of the compiler's."""
        return cls(item.name, printable(item.title), item.display, item.shown, dict(item.names), item.quote, key)

    @property
    def width(self) -> int:
        """The cells to set aside: fixed, so that little is repainted over a slow link. A text may be longer."""
        return max(display_of(self.display).width, len(self.title))

    @property
    def right(self) -> bool:
        """Whether the column is aligned to the right, as numbers are."""
        return display_of(self.display).right

    def text(self, value: Any) -> str:
        """*value* for people: one line, without any control character."""
        return display_of(self.display).text(value, self.names, self.quote)

    def texts(self, values: Sequence[Any]) -> Sequence[str]:
        """What ``text`` gives for each of *values*, of which there is at least one."""
        plain = display_of(self.display).plain_text
        if plain is str:
            return list(map(str, values))
        if plain is printable and _only(str, values):
            return printables(values)
        if self.display == "arguments":
            return list(map(self.text, values))  # seldom equal, and slow to compare
        return each(self.text, values)

    def json(self, value: Any) -> JsonValue:
        """*value* for machines: an integer in the declared unit, a string, a list of strings, a boolean or None."""
        return display_of(self.display).json(value, self.names, self.quote)

    def raw_type(self, values: Sequence[Any]) -> type | None:
        """``int`` or ``str`` if all *values* are of just that type and machines get them as they are, else None."""
        kinds = set(map(type, values)) if display_of(self.display).is_raw else set()
        return int if kinds == {int} else str if kinds == {str} else None

    def items(self, value: Any) -> dict[str, JsonValue]:
        """The keys and values that stand for *value* in JSON: one, or two for arguments, which may be incomplete."""
        items = {self.name: self.json(value)}
        if isinstance(value, Arguments):
            items[f"{self.name}_truncated"] = value.truncated
        return items

    def matches(self, value: Any, wanted: str) -> bool:
        """Whether the text of *value*, before any quoting, contains *wanted*."""
        return wanted in (value.plain() if isinstance(value, Arguments) else self.text(value))


def columns_of(key: Record | None, value: Record | None = None) -> tuple[Column, ...]:
    """The columns of a row: those of its key, then those of its value."""
    keys = (Column.of(item, key=True) for item in key.fields) if key else ()
    values = (Column.of(item) for item in value.fields) if value else ()
    return (*keys, *values)


def by_column(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[tuple[Column, Row]]:
    """Each of *columns* with its values in all *rows*; nothing if there are no rows."""
    return zip(columns, zip(*rows, strict=True), strict=True) if rows else iter(())


def each(function: Callable[[Any], str], values: Sequence[Any]) -> list[str]:
    """*function* of every value, called once for those that are equal; there is at least one."""
    if not _only(type(values[0]), values):
        return list(map(function, values))  # 1 and True are equal, and do not look the same
    different = set(values)
    known = dict(zip(different, map(function, different), strict=True))
    return list(map(known.__getitem__, values))


def printables(values: Sequence[str]) -> Sequence[str]:
    """*values* with every character that could steer a terminal escaped; nearly always they have none."""
    return values if "".join(values).isprintable() else each(printable, values)


def _only(kind: type, values: Iterable[object]) -> bool:
    """Whether all *values* are of just this type; a bool is no int."""
    return set(map(type, values)) == {kind}

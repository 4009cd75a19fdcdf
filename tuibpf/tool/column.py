"""A column: one field of an output, with everything that a view needs to show it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from tuibpf.diagnostics import printable
from tuibpf.program import Field, Record
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.display import JsonValue, display_of

__all__ = ["Column", "columns_of"]


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

    def json(self, value: Any) -> JsonValue:
        """*value* for machines: an integer in the declared unit, a string, a list of strings, a boolean or None."""
        return display_of(self.display).json(value, self.names, self.quote)

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

"""A tool: one probe script, under the name by which it is started."""

from typing import NamedTuple, Self

from tuibpf.diagnostics import CompileError, Diagnostic, Source
from tuibpf.tool.option import Option, Value

__all__ = ["Tool"]


class Tool(NamedTuple):
    """What is known of a tool before it is compiled.

    *purpose* is the first line of its documentation, *usage* all of it. A file that can not be read as a tool has
    an *error*, and neither purpose nor options.
    """

    name: str
    family: str
    path: str
    source: Source
    purpose: str = ""
    usage: str = ""
    options: tuple[Option, ...] = ()
    error: Diagnostic | None = None

    def checked(self) -> Self:
        """The tool itself; a CompileError if it has an error."""
        if self.error is not None:
            raise CompileError(self.error)
        return self

    def defaults(self) -> dict[str, Value]:
        """The values of its options when none is given."""
        return {option.name: option.default for option in self.options}

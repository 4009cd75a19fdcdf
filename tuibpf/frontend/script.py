"""A probe script as Python's own parser reads it: the tree, the places in the text, and where errors are raised."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from typing import NoReturn

from tuibpf.diagnostics import CompileError, Diagnostic, Source, Span, printable

__all__ = ["Script", "near"]

_BLOCKS = frozenset({ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match})
_LONGEST_TEXT = 1 << 18  # characters; the largest tool of the catalogue has 8,000


def near(name: str, known: Iterable[str]) -> str | None:
    """A hint with the names most like *name*, or None if there is none."""
    from difflib import get_close_matches  # only an error needs it

    head = name[:2].lower()
    names = sorted(set(known))
    if len(names) > 2000:
        names = [one for one in names if one[:2].lower() == head]
    matches = get_close_matches(name, names, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(f'`{match}`' for match in matches)}?" if matches else None


class Script:
    """The tree of a script. Raises ``CompileError`` if its text is not Python."""

    def __init__(self, source: Source) -> None:
        self.source = source
        if len(source.text) > _LONGEST_TEXT:
            raise CompileError(Diagnostic(f"the script is longer than {_LONGEST_TEXT} characters", source))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(source.text, printable(source.name))
        except SyntaxError as error:
            raise self._syntax_error(error) from None
        except (ValueError, RecursionError, MemoryError) as error:
            reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
            raise CompileError(Diagnostic(f"the script can not be parsed: {printable(reason)}", source)) from None
        self._lines = source.text.split("\n")
        self._is_ascii = source.text.isascii()
        if "\\u" in source.text or "\\U" in source.text:
            self._refuse_surrogates()

    def span(self, node: ast.AST) -> Span:
        """Where *node* stands. Python counts columns in bytes of UTF-8; a definition is marked by its first line."""
        line, column, end_line, end = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        if type(node) in _BLOCKS:
            return Span(line, self._characters(line, column), line, len(self._text(line)))
        if self._is_ascii:
            return Span(line, column, end_line, end)
        return Span(line, self._characters(line, column), end_line, self._characters(end_line, end))

    def error(self, node: ast.AST, message: str, hint: str | None = None) -> NoReturn:
        """Refuse the script because of *node*."""
        raise CompileError(Diagnostic(message, self.source, self.span(node), hint))

    def _refuse_surrogates(self) -> None:
        """Refuse strings such as ``"\\ud800"``, which no encoding has: neither the kernel nor a terminal takes them."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    node.value.encode()
                except UnicodeEncodeError:
                    self.error(node, "this string has half a character", 'write it out, or by \\x in a b"…"')

    def _text(self, line: int) -> str:
        return self._lines[line - 1].rstrip("\r") if 0 < line <= len(self._lines) else ""

    def _characters(self, line: int, column: int) -> int:
        text = self._text(line)
        return column if text.isascii() else len(text.encode()[:column].decode("utf-8", "ignore"))

    def _syntax_error(self, error: SyntaxError) -> CompileError:
        message = f"Python's syntax: {printable(error.msg)}"
        if error.lineno is None:
            return CompileError(Diagnostic(message, self.source))
        start = max((error.offset or 1) - 1, 0)
        end_line = max(error.end_lineno or error.lineno, error.lineno)
        end = max((error.end_offset or 0) - 1, start + 1 if end_line == error.lineno else 0)
        return CompileError(Diagnostic(message, self.source, Span(error.lineno, start, end_line, end)))

"""The header of a script: what a picker and a command line need to know of a tool before it is compiled."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tuibpf.diagnostics import Source
from tuibpf.frontend.option import OptionDeclaration, is_option, read_option
from tuibpf.frontend.script import Script

__all__ = ["Header", "read_header", "script_options"]


class Header(NamedTuple):
    """*purpose* is the first line of the script's docstring, *doc* all of it."""

    purpose: str
    doc: str
    options: tuple[OptionDeclaration, ...]


def read_header(source: Source) -> Header:
    """Read the docstring and the options of *source*. Raises ``CompileError`` where they are none."""
    script = Script(source)
    # Not cleaned of indentation, which would import inspect: 4 ms for what a script does not have at its top.
    doc = (ast.get_docstring(script.tree, clean=False) or "").strip()
    return Header(doc.partition("\n")[0], doc, tuple(script_options(script).values()))


def script_options(script: Script) -> dict[str, OptionDeclaration]:
    """The options of a script by the name of their variable. Two of one spelling are refused."""
    found: dict[str, OptionDeclaration] = {}
    spellings: set[str] = set()
    for node in script.tree.body:
        if isinstance(node, ast.Assign) and is_option(node.value):
            assert isinstance(node.value, ast.Call)
            target = node.targets[0]
            if len(node.targets) > 1 or not isinstance(target, ast.Name):
                script.error(target, "an option is given to one name")
            option = read_option(script, target.id, node.value)
            for spelling in filter(None, (option.short, option.long)):
                if spelling in spellings:
                    script.error(node.value, f"there are two options {spelling}")
                spellings.add(spelling)
            if option.name in found:
                script.error(target, f"`{option.name}` is defined twice")
            found[option.name] = option
    return found

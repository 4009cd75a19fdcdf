"""Options: ``by_disk = Option("-D", "--disks", help="one histogram per disk")``, as the command line knows them."""

from __future__ import annotations

import ast
from typing import Literal, NamedTuple

from tuibpf import lang
from tuibpf.frontend.script import Script, near

__all__ = ["OptionDeclaration", "is_option", "read_option"]

_WORDS = ("help", "type", "default", "choices", "minimum", "maximum", "metavar")


class OptionDeclaration(NamedTuple):
    """An option that a script declares; *display* is the display type of its value (``pid``), if it has one."""

    name: str
    short: str | None
    long: str
    kind: Literal["flag", "integer", "string"]
    default: int | str | bool | None
    choices: tuple[str, ...]
    help: str
    metavar: str
    display: str
    minimum: int | None
    maximum: int | None


def is_option(node: ast.expr) -> bool:
    """Whether an expression is a call of ``Option``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Option"


def read_option(script: Script, name: str, call: ast.Call) -> OptionDeclaration:
    """The declaration in ``name = Option(…)``. All of it is literal, since it is read before compiling."""
    short, long = _flags(script, name, call)
    words: dict[str, ast.expr] = {}
    for keyword in call.keywords:
        if keyword.arg not in _WORDS:
            script.error(keyword, f"Option has no argument `{keyword.arg}`", near(keyword.arg or "", _WORDS))
        words[keyword.arg] = keyword.value
    if "help" not in words:
        script.error(call, "an option needs a help text", 'add help="…"')
    help_text, metavar = (_text(script, words[word]) if word in words else "" for word in ("help", "metavar"))
    choices = _choices(script, words["choices"]) if "choices" in words else ()
    kind, display, low, high = _type(script, words.get("type"), bool(choices))
    minimum, maximum = (_integer(script, words[word]) if word in words else None for word in ("minimum", "maximum"))
    default = _default(script, words["default"], kind) if "default" in words else False if kind == "flag" else None
    if choices and default is not None and default not in choices:
        script.error(words["default"], f"the default {default!r} is none of the choices")
    if kind == "integer":
        minimum, maximum = low if minimum is None else minimum, high if maximum is None else maximum
        if isinstance(default, int) and not (minimum or default) <= default <= (maximum or default):
            script.error(words["default"], f"the default {default} is not from {minimum} to {maximum}")
    elif minimum is not None or maximum is not None:
        script.error(call, "only a number has a minimum and a maximum")
    return OptionDeclaration(name, short, long, kind, default, choices, help_text, metavar, display, minimum, maximum)


def _flags(script: Script, name: str, call: ast.Call) -> tuple[str | None, str]:
    short, long = None, "--" + name.replace("_", "-")
    given: set[bool] = set()
    for node in call.args:
        flag = _text(script, node)
        if (is_long := flag.startswith("--")) in given:
            script.error(node, f"an option has one {'long' if is_long else 'short'} spelling", "leave this one out")
        given.add(is_long)
        if flag.startswith("--") and flag[2:].replace("-", "").isalnum() and flag.isascii():
            long = flag
        elif len(flag) == 2 and flag[0] == "-" and flag[1].isalnum() and flag.isascii():
            short = flag
        else:
            script.error(node, f"{flag!r} is no option", 'write one such as "-p" or "--pid"')
    return short, long


def _type(
    script: Script, node: ast.expr | None, has_choices: bool
) -> tuple[Literal["flag", "integer", "string"], str, int | None, int | None]:
    """Kind, display type, and the range of the type of an option."""
    if node is None:
        return "string" if has_choices else "flag", "", None, None
    known = getattr(lang, node.id, None) if isinstance(node, ast.Name) and node.id in lang.__dict__ else None
    if known is lang.Text or known is lang.Path:
        return "string", "", None, None
    bits = getattr(known, "bits", 0)
    if not isinstance(node, ast.Name) or not bits:
        script.error(
            node, "an option's type is an integer type, a display type of one, or Text", "write e.g. `type=Pid`"
        )
    signed = bool(getattr(known, "signed", False))
    plain = node.id[:1] in "us" and node.id[1:].isdigit()
    return "integer", "" if plain else node.id.lower(), -(1 << bits - 1) if signed else 0, (1 << bits - signed) - 1


def _literal(script: Script, node: ast.expr) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        script.error(node, "what an option declares must be written out", "write a literal")


def _text(script: Script, node: ast.expr) -> str:
    value = _literal(script, node)
    return value if isinstance(value, str) else script.error(node, "a string is wanted here")


def _integer(script: Script, node: ast.expr) -> int:
    value = _literal(script, node)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    script.error(node, "an integer is wanted here")


def _choices(script: Script, node: ast.expr) -> tuple[str, ...]:
    value = _literal(script, node)
    if isinstance(value, tuple) and value and all(isinstance(item, str) for item in value):
        return value
    script.error(node, "choices are a tuple of strings", 'write `choices=("a", "b")`')


def _default(script: Script, node: ast.expr, kind: str) -> int | str | bool | None:
    value = _literal(script, node)
    wanted = {"flag": bool, "integer": int, "string": str}[kind]
    if value is None or type(value) is wanted:
        return value  # type: ignore[return-value]
    script.error(node, f"the default of this option is a {wanted.__name__}, not {value!r}")

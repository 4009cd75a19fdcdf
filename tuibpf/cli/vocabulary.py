"""The words of the language as the manual knows them: read from the source of ``tuibpf.lang``, which is all docstrings.

The source is parsed and not imported: constants have their text too, and signatures are as they were written.

The text of a word has a fixed form: a line that says what it is, then paragraphs, then ``Example:`` with a piece of
script indented under it, then any number of ``Refused:`` with what the compiler does not take. An example in which
there is a hook is a script but for its import. Of one without, declarations stand at the top of a script, and the rest
in a probe of ``sched_switch``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from textwrap import dedent
from typing import NamedTuple

__all__ = ["Entry", "Family", "find_entry", "read_families", "read_rules", "split_example"]

_EXAMPLE, _REFUSED = "Example:", "Refused:"


class Entry(NamedTuple):
    """One word, or several of one meaning. *methods* has the signature and the text of each method that has one."""

    names: tuple[str, ...]
    signature: str
    purpose: str
    text: str
    example: str
    refused: tuple[str, ...]
    methods: tuple[tuple[str, str], ...] = ()


class Family(NamedTuple):
    """Words of one kind, and what these are."""

    name: str
    purpose: str
    entries: tuple[Entry, ...]


# The kinds of words and the modules that declare them; the first of these lists them in its __all__.
_FAMILIES = {
    "declarations": ("declarations",),
    "hooks": ("hooks",),
    "types": ("types", "quantities"),
    "functions": ("functions",),
    "constants": ("constants",),
}
_Definition = ast.FunctionDef | ast.ClassDef | ast.Assign


@cache
def read_rules() -> tuple[Entry, ...]:
    """The rules, by subject."""
    return _table("rules", "RULES")


@cache
def read_families() -> tuple[Family, ...]:
    """All words by kind, those of Python last."""
    found = [_family(name, [_parse(module) for module in modules]) for name, modules in _FAMILIES.items()]
    return (*found, Family("Python", _purpose_of(_parse("python")), _table("python", "WORDS")))


def find_entry(word: str) -> Entry | None:
    """The entry of a word, a method (``pop``, ``Hash.pop``) or a subject of the rules; None if there is none."""
    entries = [entry for family in read_families() for entry in family.entries]
    for entry in (*entries, *read_rules()):
        if word in entry.names:
            return entry
    owner, _, method = word.rpartition(".")
    for entry in entries if method.isidentifier() else ():
        methods = {signature.partition("(")[0].partition(".")[2] for signature, _ in entry.methods}
        if method in methods and owner in ("", *entry.names):
            return entry
    return None


def split_example(text: str) -> tuple[str, str]:
    """An example as what stands at the top of a script, and what stands in a probe of ``sched_switch``."""
    nodes = ast.parse(text).body
    if any(isinstance(node, ast.FunctionDef) and node.decorator_list for node in ast.walk(ast.Module(nodes, []))):
        return text, ""
    parts: dict[bool, list[str]] = {True: [], False: []}
    lines, start = text.split("\n"), 0
    for node in nodes:
        assert node.end_lineno is not None
        parts[_is_declaration(node)] += lines[start : node.end_lineno]
        start = node.end_lineno
    return "\n".join(parts[True]).strip("\n"), "\n".join(parts[False]).strip("\n")


def _is_declaration(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id=maker))):
            return any(maker in entry.names for entry in read_families()[0].entries if maker != "exists")
    return False


def _parse(module: str) -> ast.Module:
    return ast.parse(files("tuibpf.lang").joinpath(f"{module}.py").read_text(encoding="utf-8"))


def _purpose_of(tree: ast.Module) -> str:
    return (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")


def _table(module: str, name: str) -> tuple[Entry, ...]:
    """The entries of a table of texts: the words of each key share one."""
    texts: dict[str, str] = ast.literal_eval(dict(_assignments(_parse(module)))[name].value)
    return tuple(_entry(tuple(words.split()), words.replace(" ", ", "), text) for words, text in texts.items())


def _family(name: str, trees: list[ast.Module]) -> Family:
    known = {name: found for tree in trees for name, found in _definitions(tree)}
    listed: list[str] = ast.literal_eval(dict(_assignments(trees[0]))["__all__"].value)
    entries = []
    for word in listed:
        node, text = known[word]
        methods = tuple(_methods(word, node)) if isinstance(node, ast.ClassDef) else ()
        entries.append(_entry((word,), _signature(word, node, name, known), text)._replace(methods=methods))
    return Family(name, _purpose_of(trees[0]), tuple(entries))


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.Assign]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name, node


def _definitions(tree: ast.Module) -> Iterator[tuple[str, tuple[_Definition, str]]]:
    """What a module declares, with its docstring; that of a constant is the string behind it."""
    for node, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        match node, following:
            case ((ast.ClassDef() | ast.FunctionDef()), _):
                yield node.name, (node, ast.get_docstring(node) or "")
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, (node, cleandoc(text))


def _entry(names: tuple[str, ...], signature: str, text: str) -> Entry:
    paragraphs: list[str] = []
    blocks: dict[str, list[str]] = {_EXAMPLE: [], _REFUSED: []}
    into = paragraphs
    for line in cleandoc(text).split("\n"):
        if line in blocks:
            into = blocks[line]
            into.append("")
        elif into is paragraphs:
            into.append(line)
        else:
            into[-1] += line + "\n"
    purpose, _, rest = "\n".join(paragraphs).strip().partition("\n\n")
    example, *more = map(_dedented, blocks[_EXAMPLE] or [""])
    if more:
        raise ValueError(f"{names[0]} has two examples")
    return Entry(names, signature, purpose.replace("\n", " "), rest, example, tuple(map(_dedented, blocks[_REFUSED])))


def _dedented(block: str) -> str:
    return dedent(block).strip("\n")


def _signature(word: str, node: _Definition, family: str, known: dict[str, tuple[_Definition, str]]) -> str:
    if isinstance(node, ast.Assign):
        return f"{word} = {ast.unparse(node.value)}"
    if isinstance(node, ast.FunctionDef):
        return f"{'@' if family == 'hooks' else ''}{word}{_parameters(node)}{_result(node)}"
    if family == "types":
        return _type_signature(word, node, known)
    maker: ast.ClassDef | None = node
    while maker is not None:
        for part in maker.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                return f"{word}{_parameters(part, skipped=1)}"
        base = maker.bases[0].id if maker.bases and isinstance(maker.bases[0], ast.Name) else ""
        found = known.get(base)
        maker = found[0] if found is not None and isinstance(found[0], ast.ClassDef) else None
    return word


def _type_signature(word: str, node: ast.ClassDef, known: dict[str, tuple[_Definition, str]]) -> str:
    """``Pid: s32``, ``Comm: 16 bytes``, ``Text[size]``."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__class_getitem__":
            return f"{word}[{part.args.args[1].arg}]"
    base = node.bases[0].id if node.bases and isinstance(node.bases[0], ast.Name) else ""
    if base == "Memory":
        sizes = [part.value for part in node.body if isinstance(part, ast.Assign)]
        return f"{word}: {ast.unparse(sizes[0])} bytes" if sizes else word
    return f"{word}: {base}" if base in known and base != "Integer" else word


def _methods(word: str, node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and (text := ast.get_docstring(part)):
            name = f"{word.lower()}[key]" if part.name == "__getitem__" else f"{word.lower()}.{part.name}"
            yield name + ("" if part.name == "__getitem__" else _parameters(part, skipped=1)), text


def _parameters(node: ast.FunctionDef, skipped: int = 0) -> str:
    """The parameters as they were written, less what says nothing: ``Any``."""
    arguments = node.args
    plain, named = arguments.args[skipped:], arguments.kwonlyargs
    defaults = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
    parts = [_parameter(arg, default) for arg, default in zip(plain, defaults, strict=True)]
    if arguments.vararg is not None:
        parts.append(f"*{_parameter(arguments.vararg)}")
    elif named:
        parts.append("*")
    parts += [_parameter(arg, default) for arg, default in zip(named, arguments.kw_defaults, strict=True)]
    if arguments.kwarg is not None:
        parts.append(f"**{_parameter(arguments.kwarg)}")
    return f"({', '.join(parts)})"


def _parameter(arg: ast.arg, default: ast.expr | None = None) -> str:
    type = ast.unparse(arg.annotation) if arg.annotation is not None else "Any"
    name = arg.arg if type == "Any" else f"{arg.arg}: {type}"
    if default is None:
        return name
    value = ast.unparse(default)
    return f"{name}={value}" if type == "Any" else f"{name} = {value}"


def _result(node: ast.FunctionDef) -> str:
    result = ast.unparse(node.returns) if node.returns is not None else "Any"
    return f" -> {result}" if result in ("int", "bool") else ""

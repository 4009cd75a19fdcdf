"""Types as C writes them."""

from typing import TYPE_CHECKING

from tuibpf.btf.kinds import (
    Array,
    BtfError,
    DeclTag,
    Enum,
    Float,
    Forward,
    Function,
    FunctionPrototype,
    Int,
    Pointer,
    Qualifier,
    Section,
    Struct,
    Type,
    Typedef,
    Union,
    Variable,
)  # fmt: skip

if TYPE_CHECKING:
    from tuibpf.btf.btf import Btf

__all__ = ["declare"]

_LONGEST_CHAIN = 64
_MOST_PARAMETERS = 16  # the kernel's functions that BPF may meet have 12 at most (MAX_BPF_FUNC_ARGS, linux/bpf.h)


def declare(btf: "Btf", type_id: int, depth: int = 0) -> str:
    """The type as a C declaration without a name. Inner function types show ``...`` for their parameters.

    C writes a type from the inside out, so this walks from the outermost pointer to the base and wraps a declarator
    on the way: what follows a name to its right (``[16]``, ``(void *)``) and, to its left, the pointers.
    """
    declarator = ""
    qualifiers: list[str] = []
    tags: list[str] = []
    for _ in range(_LONGEST_CHAIN):
        found = btf.type(type_id)
        match found:
            case Pointer():
                inside = " ".join([*tags, *qualifiers])
                declarator = f"*{inside}{' ' if inside and declarator else ''}{declarator}"
                qualifiers, tags = [], []
                type_id = found.target
            case Qualifier():
                (tags if found.is_tag else qualifiers).append(f"__{found.name}" if found.is_tag else found.name)
                type_id = found.target
            case Array():
                declarator = f"{_wrapped(declarator)}[{found.count}]"
                type_id = found.element
            case FunctionPrototype():
                declarator = f"{_wrapped(declarator)}({_parameters(btf, found, depth)})"
                type_id = found.returns
            case _:
                base = " ".join([*qualifiers, _base(found), *tags])
                return f"{base} {declarator}" if declarator else base
    raise BtfError(f"type {type_id} is a declaration that never ends")


def _wrapped(declarator: str) -> str:
    """A declarator that ``[…]`` or ``(…)`` is to follow. A pointer binds less tightly, so it needs parentheses."""
    return f"({declarator})" if declarator.startswith("*") else declarator


def _parameters(btf: "Btf", prototype: FunctionPrototype, depth: int) -> str:
    if depth:
        return "..."
    shown = [declare(btf, parameter.type, depth + 1) for parameter in prototype.parameters[:_MOST_PARAMETERS]]
    if prototype.is_variadic or len(prototype.parameters) > _MOST_PARAMETERS:
        shown.append("...")
    return ", ".join(shown) or "void"


def _base(found: Type) -> str:
    match found:
        case Struct() | Union() | Enum() | Forward():
            is_union = isinstance(found, Union) or (isinstance(found, Forward) and found.is_union)
            word = "union" if is_union else "enum" if isinstance(found, Enum) else "struct"
            return f"{word} {found.name or '(anonymous)'}"
        case Int() | Float() | Typedef() | Function() | Variable() | Section() | DeclTag():
            return found.name
        case _:
            return "void"

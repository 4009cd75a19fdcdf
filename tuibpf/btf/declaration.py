"""Types as C writes them."""

from typing import TYPE_CHECKING

from tuibpf.btf.kinds import (
    Array, BtfError, Enum, Forward, FunctionPrototype, Kind, Pointer, Qualifier, Struct, Typedef, Union, Void,
)  # fmt: skip

if TYPE_CHECKING:
    from tuibpf.btf.btf import Btf

__all__ = ["declare"]

_LONGEST_CHAIN = 64


def declare(btf: "Btf", type_id: int, depth: int = 0) -> str:
    """The type as a C declaration without a name. Inner function types show ``...`` for their parameters.

    C writes a type from the inside out, so this walks from the outermost pointer to the base and wraps a declarator
    on the way: what follows a name to its right (``[16]``, ``(void *)``) and, to its left, the pointers.
    """
    declarator, qualifiers, tags = "", [], []
    for _ in range(_LONGEST_CHAIN):
        found = btf.type(type_id)
        match found:
            case Pointer():
                inside = " ".join([*tags, *qualifiers])
                declarator = f"*{inside}{' ' if inside and declarator[:1].isidentifier() else ''}{declarator}"
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

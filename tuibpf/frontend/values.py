"""What an expression of a script can be while it is compiled."""

from __future__ import annotations

import ast

from tuibpf.frontend.layout import Layout, StructLayout
from tuibpf.ir.ops import Op
from tuibpf.ir.types import IntType
from tuibpf.program import HistogramOutput, StreamOutput, TableOutput

__all__ = [
    "Conflict", "Constant", "FunctionValue", "HashValue", "HistogramValue", "KernelPlace", "KernelPointer", "Method",
    "Place", "Scalar", "StreamValue", "TableValue", "TupleValue", "TypeValue", "Value", "Word",
]  # fmt: skip


class Value:
    """Something that a name can stand for. *article* names it in errors."""

    __slots__ = ()
    article = "a value"


class Constant(Value):
    """Known at launch: an integer, a truth value, a string, a tuple of these, or None."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    @property
    def article(self) -> str:  # type: ignore[override]
        return "None" if self.value is None else f"the constant {self.value!r}"


class Scalar(Value):
    """An integer in a register. It may be missing if *present* is set: then *present* is 0, and so is *op*.

    *most* is the largest value that the script itself bounds it to, where it does (by ``min``).
    """

    __slots__ = ("most", "op", "present", "type")
    article = "an integer"

    def __init__(self, op: Op, type: IntType, present: Op | None = None, most: int | None = None) -> None:
        self.op = op
        self.type = type
        self.present = present
        self.most = most


class KernelPointer(Value):
    """A pointer to a type of the kernel (its BTF id). *direct*: the verifier lets it be followed by plain loads."""

    __slots__ = ("direct", "op", "target")
    article = "a pointer of the kernel"

    def __init__(self, op: Op, target: int, direct: bool) -> None:
        self.op = op
        self.target = target
        self.direct = direct


class KernelPlace(Value):
    """A structure or an array inside the kernel's memory, not read yet."""

    __slots__ = ("direct", "offset", "op", "type")
    article = "a structure of the kernel"

    def __init__(self, op: Op, offset: int, type: int, direct: bool) -> None:
        self.op = op
        self.offset = offset
        self.type = type
        self.direct = direct


class Place(Value):
    """Memory of the script's own: on the stack, or in an entry of *map*.

    It may be missing if *present* is set, until that is known not to be 0.
    """

    __slots__ = ("layout", "map", "offset", "op", "present")
    article = "a structure"

    def __init__(self, op: Op, offset: int, layout: Layout, map: str = "", present: Op | None = None) -> None:
        self.op = op
        self.offset = offset
        self.layout = layout
        self.map = map
        self.present = present

    @property
    def shared(self) -> bool:
        """Whether other processors may write to it."""
        return bool(self.map)


class TupleValue(Value):
    """Several values side by side, as in ``a, b = c, d``."""

    __slots__ = ("values",)
    article = "a tuple"

    def __init__(self, values: list[Value]) -> None:
        self.values = values


class Conflict(Value):
    """A name that stands for different things, depending on the way control came."""

    __slots__ = ("hint", "reason")

    def __init__(self, reason: str, hint: str = "give it one meaning on all of them") -> None:
        self.reason = reason
        self.hint = hint


class TypeValue(Value):
    """A type: integers convert, structures are built by calling it."""

    __slots__ = ("layout", "name")
    article = "a type"

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.layout = layout


class FunctionValue(Value):
    """A function of the script."""

    __slots__ = ("node",)
    article = "a function"

    def __init__(self, node: ast.FunctionDef) -> None:
        self.node = node


class Word(Value):
    """A function of the language."""

    __slots__ = ("name",)
    article = "a function of the language"

    def __init__(self, name: str) -> None:
        self.name = name


class HashValue(Value):
    """A hash map of the script."""

    __slots__ = ("key", "loss", "map", "name", "value")
    article = "a map"

    def __init__(self, name: str, key: Layout, value: Layout, loss: int) -> None:
        self.name = self.map = name
        self.key = key
        self.value = value
        self.loss = loss


class StreamValue(Value):
    """A stream of rows."""

    __slots__ = ("name", "output", "row")
    article = "a stream"

    def __init__(self, output: StreamOutput, row: StructLayout) -> None:
        self.name = output.name
        self.output = output
        self.row = row


class TableValue(Value):
    """A table; its map's key is the epoch and then *key*."""

    __slots__ = ("key", "name", "output", "value")
    article = "a table"

    def __init__(self, output: TableOutput, key: Layout, value: StructLayout) -> None:
        self.name = output.name
        self.output = output
        self.key = key
        self.value = value


class HistogramValue(Value):
    """A histogram; *chosen* is the key that ``histogram[key]`` picked, wrapped so that None is one too."""

    __slots__ = ("chosen", "key", "name", "output")
    article = "a histogram"

    def __init__(
        self, output: HistogramOutput, key: Layout | None, chosen: tuple[Value, ast.expr] | None = None
    ) -> None:
        self.name = output.name
        self.output = output
        self.key = key
        self.chosen = chosen


class Method(Value):
    """A method of a map or an output, before it is called."""

    __slots__ = ("name", "owner")
    article = "a method"

    def __init__(self, owner: Value, name: str) -> None:
        self.owner = owner
        self.name = name

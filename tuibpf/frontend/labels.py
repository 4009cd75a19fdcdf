"""Labels: places that control reaches from several others, with what each of them knows."""

from __future__ import annotations

from typing import NamedTuple

from tuibpf.frontend.values import Value
from tuibpf.ir.function import Block
from tuibpf.ir.ops import Op

__all__ = ["Edge", "Facts", "Label", "Loop"]

Facts = frozenset[Op]


class Edge(NamedTuple):
    """A jump to a label: from which block, with what names and facts."""

    block: Block
    names: dict[str, Value]
    facts: Facts


class Label:
    """A place that control may reach from several others, which are joined when it is placed."""

    __slots__ = ("block", "edges")

    def __init__(self) -> None:
        self.block = Block()
        self.edges: list[Edge] = []


class Loop(NamedTuple):
    """An enclosing loop: where ``break`` and ``continue`` go."""

    after: Label
    again: Label

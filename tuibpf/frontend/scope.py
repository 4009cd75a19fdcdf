"""The state of compiling one function: where control is, what the names stand for, what is known not to be missing."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from tuibpf.diagnostics import Span
from tuibpf.frontend import conditions, expressions, integers, statements
from tuibpf.frontend.labels import Edge, Facts, Label, Loop
from tuibpf.frontend.values import Conflict, Constant, KernelPointer, Place, Scalar, Value
from tuibpf.ir.builder import Builder
from tuibpf.ir.function import Block
from tuibpf.ir.ops import Const, FrameAddress, Op, Slot
from tuibpf.ir.types import ADDRESS, IntType

if TYPE_CHECKING:
    from tuibpf.frontend.unit import Unit

__all__ = ["Scope"]

_NOTHING: Facts = frozenset()


class Scope:
    """One function being compiled.

    *names* are the variables, *facts* the operations known not to be 0 here (tested look-ups). Without a builder only
    what is known at launch can be evaluated: the top level of a script.
    """

    def __init__(self, unit: Unit, build: Builder | None = None) -> None:
        self.unit = unit
        self._build = build
        self.names: dict[str, Value] = {}
        self.facts: Facts = _NOTHING
        self.loops: list[Loop] = []
        self.calls: list[str] = []
        self.returns: list[Label] = []
        self.instance = 0
        self.inlined = 0
        self.declared: dict[str, IntType] = {}
        self.places: dict[tuple[int, str, int], Op] = {}
        self._serial = 0

    @property
    def build(self) -> Builder:
        assert self._build is not None
        return self._build

    @property
    def constant_only(self) -> bool:
        return self._build is None

    def slot(self, name: str, size: int) -> Op:
        """The address of *size* bytes on the stack, the same ones for the same *name*; it holds in every block."""
        key = (self.instance, name, size)
        op = self.places.get(key)
        if op is None:
            op = self.places[key] = FrameAddress(
                Slot(name.lstrip("·") if name.isidentifier() else "value", size), self.build.span
            )
            self.build.function.blocks[0].ops.insert(0, op)
        return op

    def fresh(self) -> str:
        """A name that no script can write, for a value that has to survive a join."""
        self._serial += 1
        return f"·{self._serial}"

    def error(self, node: ast.AST, message: str, hint: str | None = None) -> NoReturn:
        self.unit.script.error(node, message, hint)

    def at(self, node: ast.AST) -> None:
        """What is emitted from now on stems from *node*."""
        self.build.span = self.span(node)

    def span(self, node: ast.AST) -> Span:
        return self.unit.script.span(node)

    def require_present(self, node: ast.AST, present: Op | None) -> None:
        """An error at *node* unless what a look-up gave was tested on every way here."""
        if present is not None and present not in self.facts:
            self.error(
                node, "this may be None: the look-up may have found nothing",
                "test it first: `if x := …:`, or `if x is None: return`",
            )  # fmt: skip

    def expression(self, node: ast.expr) -> Value:
        return expressions.evaluate(self, node)

    def integer(self, node: ast.expr, wanted: IntType | None = None) -> Scalar:
        """The value of *node* as an integer in a register, of type *wanted* if that is given."""
        return integers.to_scalar(self, self.expression(node), node, wanted)

    def condition(self, node: ast.expr, then: Label, other: Label) -> None:
        """Go to *then* if *node* is true, else to *other*. One that can not be reached gets no edge."""
        conditions.branch(self, node, then, other)

    def known_truth(self, node: ast.expr) -> bool:
        """The truth of *node*, which must be known at launch."""
        return conditions.known_truth(self, node)

    def body(self, nodes: Iterable[ast.stmt]) -> None:
        statements.run(self, nodes)

    def jump(self, label: Label) -> None:
        label.edges.append(Edge(self.build.block, self.names.copy(), self.facts))
        self.build.jump(label.block)

    def branch(
        self, condition: str, left: Op, right: Op, then: Label, other: Label,
        true: Iterable[Op] = (), false: Iterable[Op] = (),
    ) -> None:  # fmt: skip
        """A branch after which the operations *true* (or *false*, on the other way) are known not to be 0."""
        block = self.build.block
        then.edges.append(Edge(block, self.names.copy(), self.facts.union(true)))
        other.edges.append(Edge(block, self.names.copy(), self.facts.union(false)))
        self.build.branch(condition, left, right, then.block, other.block)

    def place(self, label: Label) -> bool:
        """Go on at *label* with what all its edges agree on; False if nothing leads there."""
        edges = label.edges
        if not edges:
            return False
        self.build.begin(label.block)
        self.facts = _NOTHING.union(edges[0].facts).intersection(*(edge.facts for edge in edges[1:]))
        first = edges[0].names
        if len(edges) == 1:
            self.names = first
            return True
        self.names = {}
        for name in dict.fromkeys(name for edge in edges for name in edge.names):
            values = [edge.names.get(name) for edge in edges]
            same = values[0]
            self.names[name] = (
                same if same is not None and all(value is same for value in values)
                else self._join(name, list(map(_settled, values, edges)), [edge.block for edge in edges])
            )  # fmt: skip
        return True

    def _join(self, name: str, values: list[Value | None], blocks: list[Block]) -> Value:
        """One value for what a name stands for on each way here."""
        present = [value for value in values if value is not None]
        if len(present) < len(values):
            return Conflict(f"{name!r} is not set on every way to this line")
        constants = [value.value for value in present if isinstance(value, Constant)]
        if len(constants) == len(present) and len({(type(value), value) for value in constants}) == 1:
            return present[0]
        pointers = [value for value in present if isinstance(value, KernelPointer)]
        if len(pointers) == len(present) and len({value.target for value in pointers}) == 1:
            op = self._phi(ADDRESS, [value.op for value in pointers], blocks)
            return KernelPointer(op, pointers[0].target, all(value.direct for value in pointers))
        places = [value for value in present if isinstance(value, Place)]
        if len(places) == len(present) and all(place.layout == places[0].layout for place in places):
            return self._join_places(places, blocks)
        if all(integers.is_integer(value) or _is_none(value) for value in present):
            return self._join_integers(name, present, blocks)
        return Conflict(f"{name!r} stands for different things on the ways to this line")

    def _phi(self, type: IntType | object | None, ops: list[Op], blocks: list[Block]) -> Op:
        if all(op is ops[0] for op in ops):
            return ops[0]
        phi = self.build.phi(type)  # type: ignore[arg-type]
        for block, op in zip(blocks, ops, strict=True):
            phi.add(block, op)
        return phi

    def _join_places(self, places: list[Place], blocks: list[Block]) -> Value:
        if len({(place.offset, place.shared) for place in places}) > 1:
            return Conflict("this name stands for memory of different kinds on the ways to this line")
        op = self._phi(ADDRESS, [place.op for place in places], blocks)
        optional = any(place.present is not None for place in places)
        present = self._phi(ADDRESS, [place.present or place.op for place in places], blocks) if optional else None
        return Place(op, places[0].offset, places[0].layout, places[0].shared, present)

    def _join_integers(self, name: str, values: list[Value], blocks: list[Block]) -> Value:
        type = integers.common_type([value for value in values if not _is_none(value)])
        if type is None:
            return Conflict(f"{name!r} is signed on one way to this line and unsigned on another")
        ops, presences, optional = [], [], False
        for value, block in zip(values, blocks, strict=True):
            if isinstance(value, Scalar):
                ops.append(value.op)
                presences.append(value.present)
                optional = optional or value.present is not None
            else:
                assert isinstance(value, Constant)
                missing = value.value is None
                ops.append(self._const_in(block, 0 if missing else integers.constant_integer(value), type))
                presences.append(self._const_in(block, 0, type) if missing else None)
                optional = optional or missing
        op = self._phi(type, ops, blocks)
        if not optional:
            return Scalar(op, type, most=None if type.signed else max(map(integers.bound, values)))
        ones = [given or self._const_in(block, 1, type) for given, block in zip(presences, blocks, strict=True)]
        return Scalar(op, type, self._phi(ADDRESS, ones, blocks))

    def _const_in(self, block: Block, value: int, type: IntType) -> Op:
        """A constant at the end of a block that control has left already."""
        const = Const(type.wrap(value), type, self.build.span)
        block.ops.insert(len(block.ops) - 1, const)
        return const


def _settled(value: Value | None, edge: Edge) -> Value | None:
    """A value that was tested on the way of *edge* can not be missing any more."""
    if isinstance(value, Scalar) and value.present is not None and value.present in edge.facts:
        return Scalar(value.op, value.type, most=value.most)
    if isinstance(value, Place) and value.present is not None and value.present in edge.facts:
        return Place(value.op, value.offset, value.layout, value.shared)
    return value


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None

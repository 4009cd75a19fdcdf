"""The state of compiling one function: where control is, what names stand for, what is known not to be missing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple, NoReturn

from tuibpf.diagnostics import Span
from tuibpf.frontend.joins import join
from tuibpf.frontend.labels import Edge, Facts, Label, Loop
from tuibpf.frontend.unit import Unit
from tuibpf.frontend.values import Conflict, Place, Value
from tuibpf.ir.builder import Builder
from tuibpf.ir.ops import FrameAddress, Op, Slot
from tuibpf.ir.types import IntType

__all__ = ["Forms", "Scope"]

_NOTHING: Facts = frozenset()


class Forms(NamedTuple):
    """How the forms of Python are compiled. A scope is given them, so that it need not know them all."""

    expression: Callable[[Scope, ast.expr], Value]
    condition: Callable[[Scope, ast.expr, Label, Label], None]
    known_truth: Callable[[Scope, ast.expr], bool]
    body: Callable[[Scope, Iterable[ast.stmt]], None]


class Scope:
    """One function being compiled.

    *names* are the variables, *facts* the operations known not to be 0 here (tested look-ups). Without a builder only
    what is known at launch can be evaluated: the top level of a script.
    """

    def __init__(self, unit: Unit, forms: Forms, build: Builder | None = None) -> None:
        self.unit = unit
        self.forms = forms
        self._build = build
        self.names: dict[str, Value] = {}
        self.facts: Facts = _NOTHING
        self.loops: list[Loop] = []
        self.calls: list[str] = []
        self.callers: list[dict[str, Value]] = []
        self.returns: list[Label] = []
        self.instance = 0
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

    def unused_name(self, target: ast.expr) -> str:
        """The name that is to be assigned, if it stands for nothing yet; else a fresh one."""
        return target.id if isinstance(target, ast.Name) and target.id not in self.names else self.fresh()

    def error(self, node: ast.AST, message: str, hint: str | None = None) -> NoReturn:
        self.unit.script.error(node, message, hint)

    def at(self, node: ast.AST) -> None:
        """What is emitted from now on stems from *node*."""
        self.build.span = self.span(node)

    def span(self, node: ast.AST) -> Span:
        return self.unit.script.span(node)

    def forget_entries(self, map: str) -> None:
        """Entries of *map* that names stand for may be gone from here on, or be those of another key."""
        for names in (*self.callers, self.names):
            for name, value in names.items():
                if isinstance(value, Place) and value.map == map:
                    reason = f"`{name}` is an entry of `{map}`, from which one was removed since"
                    names[name] = Conflict(reason, "use it before, or look it up again")

    def require_present(self, node: ast.AST, present: Op | None) -> None:
        """An error at *node* unless what a look-up gave was tested on every way here."""
        if present is not None and present not in self.facts:
            self.error(
                node, "this may be None: the look-up may have found nothing",
                "test it first: `if x := …:`, or `if x is None: return`",
            )  # fmt: skip

    def expression(self, node: ast.expr) -> Value:
        return self.forms.expression(self, node)

    def condition(self, node: ast.expr, then: Label, other: Label) -> None:
        """Go to *then* if *node* is true, else to *other*. One that can not be reached gets no edge."""
        self.forms.condition(self, node, then, other)

    def known_truth(self, node: ast.expr) -> bool:
        """The truth of *node*, which must be known at launch."""
        return self.forms.known_truth(self, node)

    def body(self, nodes: Iterable[ast.stmt]) -> None:
        self.forms.body(self, nodes)

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
                else join(self.build, name, values, edges)
            )  # fmt: skip
        return True

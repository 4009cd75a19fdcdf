"""Functions of the IR: blocks of operations, from a hook to its return."""

from __future__ import annotations

from collections.abc import Iterator

from tuibpf.diagnostics import Span
from tuibpf.ir.ops import Op, Phi, Terminator
from tuibpf.program import Hook, Map, Output

__all__ = ["Block", "Function", "Module"]


class Block:
    """Operations that run one after the other; the last one, and only it, is a terminator."""

    __slots__ = ("ops", "phis")

    def __init__(self) -> None:
        self.phis: list[Phi] = []
        self.ops: list[Op] = []

    @property
    def terminator(self) -> Terminator | None:
        last = self.ops[-1] if self.ops else None
        return last if isinstance(last, Terminator) else None

    @property
    def successors(self) -> list[Block]:
        last = self.ops[-1] if self.ops else None
        return last.targets if isinstance(last, Terminator) else []


class Function:
    """One program: the entry is the first of *blocks*, which are in the order of the script."""

    __slots__ = ("blocks", "hook", "name", "span")

    def __init__(self, name: str, hook: Hook, span: Span) -> None:
        self.name = name
        self.hook = hook
        self.span = span
        self.blocks: list[Block] = []

    def predecessors(self) -> dict[Block, list[Block]]:
        """The blocks from which each block is reached; a block twice, where both ways of a branch lead on."""
        found: dict[Block, list[Block]] = {block: [] for block in self.blocks}
        for block in self.blocks:
            for target in block.successors:
                found[target].append(block)
        return found

    def reachable(self) -> list[Block]:
        """The blocks that control can reach, in their order."""
        seen = {self.blocks[0]}
        todo = [self.blocks[0]]
        while todo:
            for target in todo.pop().successors:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return [block for block in self.blocks if block in seen]

    def ops(self) -> Iterator[Op]:
        for block in self.blocks:
            yield from block.phis
            yield from block.ops


class Module:
    """All functions of a script, and the maps and outputs that they share."""

    __slots__ = ("functions", "losses", "maps", "outputs")

    def __init__(self) -> None:
        self.functions: list[Function] = []
        self.maps: dict[str, Map] = {}
        self.outputs: list[Output] = []
        self.losses: list[str] = []

"""What is known of a whole script while it is compiled: its target, its options, its names, and what it adds up to."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from tuibpf.frontend.script import Script
from tuibpf.frontend.values import Value
from tuibpf.ir.function import Module
from tuibpf.ir.target import Target
from tuibpf.program import Map, MapType

__all__ = ["GLOBALS", "LOSSES_OFFSET", "Unit"]

GLOBALS = "globals"
EPOCH_OFFSET = 0
LOSSES_OFFSET = 8
_MOST_INLINED = 1000


class Unit:
    """One script on its way to one module."""

    def __init__(self, script: Script, options: Mapping[str, object], target: Target) -> None:
        self.script = script
        self.options = options
        self.target = target
        self.module = Module()
        self.names: dict[str, Value] = {}
        self._inlined = 0

    def define(self, node: ast.AST, name: str, value: Value) -> None:
        """Give *name* its one meaning in the script."""
        if name in self.names:
            self.script.error(node, f"`{name}` is defined twice")
        self.names[name] = value

    def add_map(self, node: ast.AST, spec: Map) -> None:
        if spec.name == GLOBALS:
            self.script.error(node, f"`{GLOBALS}` is the name of tuibpf's own map", "choose another one")
        self.module.maps[spec.name] = spec

    def loss(self, reason: str) -> int:
        """The number of the counter for a *reason* to lose something."""
        losses = self.module.losses
        if reason not in losses:
            losses.append(reason)
        return losses.index(reason)

    def globals_map(self) -> Map:
        """The map of the epoch and the loss counters, once all of these are known."""
        return Map(GLOBALS, MapType.ARRAY, 4, LOSSES_OFFSET + 8 * len(self.module.losses), 1)

    def inline(self, node: ast.AST) -> int:
        """A number for one more inlined call; scripts that call without end in sight are refused."""
        self._inlined += 1
        if self._inlined > _MOST_INLINED:
            self.script.error(node, f"more than {_MOST_INLINED} calls are compiled into this script", "call less often")
        return self._inlined

"""Random functions of the language that Python can run too: variables, branches, loops, calls, maps, structures.

No number grows beyond what 64 bits hold, so that Python's are the kernel's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

__all__ = ["DECLARATIONS", "in_python", "random_script"]

DECLARATIONS = """
class P(Struct):
    a: u64
    b: u64
    t: Text[8]

m = Hash(u32, u64)
sm = Hash(u32, P)
"""

_TEXTS = ('"ab"', '"cd"', '""')
_NUMBERS = ("0", "1", "2", "3", "5", "7", "8", "255")


class _P:
    """``P``, for Python."""

    def __init__(self, a: int = 0, b: int = 0, t: str = "") -> None:
        self.a, self.b, self.t = a, b, t


class _Map(dict[int, "int | _P"]):
    """A map of the language: keeps copies of structures; an entry that something is added to begins at 0."""

    def __setitem__(self, key: int, value: int | _P) -> None:
        super().__setitem__(key, _P(value.a, value.b, value.t) if isinstance(value, _P) else value)

    def pop(self, key: int, default: object = None) -> int | _P | None:  # type: ignore[override]
        return super().pop(key, None)

    def remove(self, key: int) -> None:
        super().pop(key, None)

    def add(self, key: int, amount: int) -> None:
        self[key] = self.get(key, 0) + amount  # type: ignore[operator]


def in_python(script: str, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """What ``f(x, y)`` of *script* gives for each of *pairs*. An amount is evaluated before its entry is looked up."""
    space: dict[str, object] = {"u32": int, "P": _P, "m": _Map(), "sm": _Map()}
    exec(re.sub(r"^( *)m\[(.*?)\] \+= (.*)$", r"\1m.add(\2, \3)", script, flags=re.MULTILINE), space)
    f = space["f"]
    return [f(x, y) for x, y in pairs]  # type: ignore[operator]


def random_script(seed: int) -> str:
    """Functions that end in ``f(x, y)``, the same for the same *seed*."""
    chance = random.Random(seed)
    lines: list[str] = []
    functions: list[str] = []
    for number in range(chance.randrange(3)):
        inner = _Writer(chance, functions, statements=6)
        body = [line for _ in range(chance.randrange(1, 4)) for line in inner.statement("    ", 1)]
        lines += [f"def g{number}(x, y):", *body, f"    return {inner.number()}"]
        functions = [*functions, f"g{number}"]
    writer = _Writer(chance, functions, statements=16)
    lines += ["def f(x, y):", "    for k in range(4):", "        m.remove(u32(k))", "        sm.remove(u32(k))"]
    lines += [line for _ in range(chance.randrange(3, 7)) for line in writer.statement("    ", 3)]
    told = [f"{name} * {place}" for place, name in enumerate(writer.numbers, 1)]
    told += [f'{name}.a * 3 + {name}.b * 5 + (7 if {name}.t == "ab" else 0)' for name in writer.structures]
    told += [f"(m.get({key}) or 0) * {key + 1}" for key in range(4)]
    return "\n".join([*lines, f"    return {' + '.join(told)}"])


class _Writer:
    """Writes one function. *numbers* and *structures* are the variables that are set wherever control is."""

    def __init__(self, chance: random.Random, functions: Sequence[str], statements: int) -> None:
        self.chance = chance
        self.functions = functions
        self.left = statements
        self.numbers = ["x", "y"]
        self.structures: list[str] = []
        self.named = self.loops = 0

    def new(self, prefix: str) -> str:
        self.named += 1
        return f"{prefix}{self.named}"

    def number(self, depth: int = 2) -> str:
        pick, below = self.chance.choice, depth - 1
        kind = self.chance.randrange(12 if depth else 3)
        if kind == 0:
            return pick(_NUMBERS)
        if kind < 3 and not (kind == 2 and self.structures):
            return pick(self.numbers)
        if kind == 2:
            return f"{pick(self.structures)}.{pick('ab')}"
        one, other = self.number(below), self.number(below)
        if kind < 5:
            return f"(({one} {pick('+*|^&')} {other}) & 1023)"
        if kind == 5:
            return f"({one} {pick(('//', '%'))} {pick(('1', '2', '3', '7', '8'))})"
        if kind == 6:
            return f"({one} if {self.truth(below)} else {other})"
        if kind == 7:
            return f"(m.{pick(('get', 'pop'))}({self.key(below)}) or {one})"
        if kind == 8:
            return f"({one} {pick(('and', 'or'))} {other})"
        if kind == 9:
            return f"{pick(('min', 'max'))}({one}, {other})"
        if kind == 10 and self.functions:
            return f"{pick(self.functions)}({one}, {other})"
        return f"({one} << {self.chance.randrange(4)} & 4095)"

    def key(self, depth: int = 1) -> str:
        return str(self.chance.randrange(4)) if self.chance.random() < 0.6 else f"u32({self.number(depth)} & 3)"

    def text(self) -> str:
        known = [f"{name}.t" for name in self.structures]
        return self.chance.choice(known if known and self.chance.random() < 0.5 else _TEXTS)

    def truth(self, depth: int = 1) -> str:
        pick, kind = self.chance.choice, self.chance.randrange(8)
        if kind < 3:
            return f"{self.number(depth)} {pick(('<', '<=', '>', '>=', '==', '!='))} {self.number(depth)}"
        if kind == 3 and depth > 0:
            return f"({self.truth(depth - 1)} {pick(('and', 'or'))} {self.truth(depth - 1)})"
        if kind == 4 and depth > 0:
            return f"not ({self.truth(depth - 1)})"
        if kind == 5:
            return f"{self.key(0)} {pick(('in', 'not in'))} m"
        if kind == 6 and self.structures:
            return f"{pick(self.structures)}.t {pick(('==', '!='))} {pick(_TEXTS)}"
        return self.number(max(depth, 0))

    def block(self, head: str, indent: str, depth: int, also: Sequence[str] = ()) -> list[str]:
        """*head* and what is under it, where the numbers *also* are set; what it names is not known behind it."""
        numbers, structures = self.numbers[:], self.structures[:]
        self.numbers += also
        body: list[str] = []
        for _ in range(self.chance.randrange(1, 5)):
            if self.left > 0:
                self.left -= 1
                body += self.statement(indent + "    ", depth - 1)
        self.numbers, self.structures = numbers, structures
        return [indent + head, *(body or [f"{indent}    pass"])]

    def statement(self, indent: str, depth: int) -> list[str]:
        plain = (self._assign, self._assign, self._store, self._make, self._change, self._hold)
        nested = (self._if, self._if, self._for, self._look_up, self._structure) if depth > 0 else ()
        form: Callable[[str, int], list[str]] = self.chance.choice((*plain, *nested))
        return form(indent, depth)

    def _assign(self, indent: str, _: int) -> list[str]:
        own = [name for name in self.numbers if name[0] == "v"]
        if own and self.chance.random() < 0.6:
            name = self.chance.choice(own)
            return [f"{indent}{name} {self.chance.choice(('=', '+='))} {self.number()} & 1023"]
        value, name = self.number(), self.new("v")
        self.numbers.append(name)
        return [f"{indent}{name} = {value}"]

    def _store(self, indent: str, _: int) -> list[str]:
        kind = self.chance.randrange(3)
        if kind == 2:
            return [f"{indent}m.remove({self.key()})"]
        return [f"{indent}m[{self.key()}] {('=', '+=')[kind]} {self.number()}"]

    def _make(self, indent: str, _: int) -> list[str]:
        made = f"P(a={self.number()}, b={self.number()}, t={self.text()})"
        if self.structures and self.chance.random() < 0.4:
            made = self.chance.choice((made, self.chance.choice(self.structures)))
        name = self.new("p")
        self.structures.append(name)
        return [f"{indent}{name} = {made}"]

    def _change(self, indent: str, depth: int) -> list[str]:
        if len(self.structures) < 2:
            return self._make(indent, depth)
        one, other = self.chance.sample(self.structures, 2)
        return [indent + self.chance.choice((
            f"{one}.{self.chance.choice('ab')} {self.chance.choice(('=', '+='))} {self.number()} & 511",
            f"{one}.t = {self.text()}",
            f"{one}.t, {other}.t = {other}.t, {one}.t",
            f"{one}.a, {other}.b = {self.number(1)} & 255, {self.number(1)} & 255",
            f"{one} = P(a={self.number()}, t={self.text()})",
        ))]  # fmt: skip

    def _hold(self, indent: str, depth: int) -> list[str]:
        if not self.structures:
            return self._store(indent, depth)
        return [f"{indent}sm[{self.key(0)}] = {self.chance.choice(self.structures)}"]

    def _if(self, indent: str, depth: int) -> list[str]:
        lines = self.block(f"if {self.truth()}:", indent, depth)
        if self.chance.random() < 0.3:
            lines += self.block(f"elif {self.truth()}:", indent, depth)
        return lines + (self.block("else:", indent, depth) if self.chance.random() < 0.6 else [])

    def _for(self, indent: str, depth: int) -> list[str]:
        if self.loops == 2:
            return self._if(indent, depth)
        self.loops += 1
        name, turns = f"i{self.loops}", self.chance.choice(("3", "1, 6, 2", f"min({self.number(1)}, 4)"))
        lines = self.block(f"for {name} in range({turns}):", indent, depth, [name])
        if self.chance.random() < 0.4:
            way = self.chance.choice(("break", "continue"))
            lines += [f"{indent}    if {self.truth()}:", f"{indent}        {way}", f"{indent}    m[1] += 1"]
        self.loops -= 1
        return lines + (self.block("else:", indent, depth) if self.chance.random() < 0.2 else [])

    def _look_up(self, indent: str, depth: int) -> list[str]:
        key, name, kind = self.key(), self.new("v"), self.chance.randrange(4)
        if kind == 3:
            return self.block(f"if ({name} := m.get({key})) and {self.truth()}:", indent, depth, [name])
        found = [f"{indent}{name} = m.{self.chance.choice(('get', 'pop'))}({key})"]
        if kind == 2:
            found += [f"{indent}if {name} is None:", f"{indent}    {name} = {self.number()}"]
            self.numbers.append(name)
            return found
        if kind == 1:
            found += self.block(f"if not {name}:", indent, depth)
            return found + self.block("else:", indent, depth, [name])
        return found + self.block(f"if {name} is not None:", indent, depth, [name])

    def _structure(self, indent: str, _: int) -> list[str]:
        key, name, total = self.key(0), self.new("p"), self.new("v")
        head = [f"{indent}if {name} := sm.get({key}):"]
        if self.chance.random() < 0.4:
            head = [f"{indent}{name} = sm.pop({key})", f"{indent}if {name}:"]
        return [
            *head,
            f"{indent}    {total} = {name}.a + {name}.b",
            f"{indent}    {name}.a += {self.number(1)} & 63",
            f'{indent}    m[2] += {total} + (1 if {name}.t == "ab" else 0) + {name}.a',
        ]

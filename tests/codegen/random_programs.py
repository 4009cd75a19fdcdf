"""Random functions of the IR that the verifier accepts: arithmetic, memory, calls, branches and loops."""

from __future__ import annotations

from functools import partial
from random import Random

from tests.codegen.on_kernel import ARGUMENTS, OUT_BYTES, atomic_operators, new_function
from tuibpf.ir import Block, Builder, Function, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import INTEGERS, U64
from tuibpf.isa import Helper

_OPERATORS = ("add", "sub", "mul", "div", "mod", "and", "or", "xor", "lsh", "rsh", "arsh")
_CONDITIONS = ("eq", "ne", "lt", "le", "gt", "ge", "slt", "sle", "sgt", "sge", "set")
_TYPES = tuple(INTEGERS.values())
_CONSTANTS = (0, 1, 2, 7, 8, 63, 255, 4096, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, (1 << 63), (1 << 64) - 1)
_DEPTH = 3


class ProgramMaker:
    """Builds one function; every value that it makes is stored to the map ``out`` in the end, so none can hide."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.function = new_function()
        self.build = Builder(self.function)
        self.values: list[Op] = []
        self.slots: list[Op] = []

    def make(self, statements: int) -> Function:
        build = self.build
        context = build.append(ops.Context())
        for number in range(self.random.randint(1, ARGUMENTS)):
            self.values.append(build.load(context, 8 * number, U64))
        for number in range(3):
            slot = build.slot(f"slot{number}", 16)
            build.store(slot, 0, 8, self.any())
            build.store(slot, 8, 8, build.const(self.random.choice(_CONSTANTS)))
            self.slots.append(slot)
        self.body(statements, 0)
        result = build.const(0)
        out = build.map_value("out", 0)
        for number, value in enumerate(self.values[-OUT_BYTES // 8 :]):
            build.store(out, 8 * number, 8, value)
            result = build.binary("xor", result, value, U64)
        build.done(result)
        return self.function

    def any(self) -> Op:
        if not self.values or self.random.random() < 0.2:
            return self.build.append(ops.Const(self.random.choice(_CONSTANTS), U64, self.build.span))
        return self.random.choice(self.values)

    def body(self, statements: int, depth: int) -> None:
        makers = [self.arithmetic] * 8 + [self.convert, self.memory] * 2
        makers += [self.swap, self.call, self.atomic, self.structure]
        if depth < _DEPTH:
            makers += [lambda: self.branch(statements // 3, depth), lambda: self.loop(statements // 4, depth)]
        for _ in range(statements):
            self.random.choice(makers)()

    def arithmetic(self) -> None:
        operator = self.random.choice(_OPERATORS)
        right = self.any()
        if operator in ("lsh", "rsh", "arsh"):
            right = self.build.const(self.random.randint(0, 63))
        left = self.any()
        self.values.append(self.build.append(ops.Binary(operator, left, right, U64, self.build.span)))

    def convert(self) -> None:
        value = self.build.append(ops.Convert(self.any(), self.random.choice(_TYPES), self.build.span))
        self.values.append(value)

    def swap(self) -> None:
        type = self.random.choice([type for type in _TYPES if not type.signed and type.bits > 8])
        self.values.append(self.build.swap(self.any(), type))

    def memory(self) -> None:
        slot, offset = self.random.choice(self.slots), self.random.choice((0, 8))
        address, extra = slot, offset
        if self.random.random() < 0.3:
            address, extra = self.build.offset(slot, offset), 0
        if self.random.random() < 0.5:
            self.build.store(address, extra, self.random.choice((1, 2, 4, 8)), self.any())
        else:
            self.values.append(self.build.load(address, extra, self.random.choice(_TYPES)))

    def structure(self) -> None:
        """A slot of its own, filled in parts, most often copied into a larger one, which may be copied in its turn."""
        build, random = self.build, self.random
        size = random.choice((8, 16))
        slot = build.slot("part", size)
        self.fill(slot, 0, size)
        for number in range(random.choice((0, 1, 1, 2))):
            if random.random() < 0.3:
                self.arithmetic()
            before, extra = random.choice(((0, 8), (8, 0), (8, 8), (0, 0)))
            whole = build.slot(f"whole{number}", before + size + extra)
            makers = [
                partial(self.fill, whole, 0, before),
                partial(self.fill, whole, before + size, extra),
                partial(self.copy, slot, whole, before, size),
            ]
            random.shuffle(makers)
            for make in makers:
                make()
            if random.random() < 0.2:
                self.values.append(build.load(slot, 0, U64))
            if random.random() < 0.2:
                build.store(slot, 0, 8, self.any())
            slot, size = whole, before + size + extra
        other = random.choice(self.slots)
        kept = random.choice((8, size)) if size <= 16 else 8
        start = build.offset(slot, random.choice((0, size - kept)))
        build.call(Helper.PROBE_READ_KERNEL, other, build.const(kept), start)
        for at in range(0, size, 8):
            self.values.append(build.load(slot, at, U64))

    def fill(self, slot: Op, start: int, size: int) -> None:
        for at in range(start, start + size, 8):
            if self.random.random() < 0.3:
                source = self.random.choice(self.slots)
                self.build.call(Helper.PROBE_READ_KERNEL, self.build.offset(slot, at), self.build.const(8), source)
            elif self.random.random() < 0.5:
                self.build.store(slot, at, 8, self.any())
            else:
                self.build.store(slot, at, 4, self.any())
                self.build.store(slot, at + 4, 4, self.any())

    def copy(self, source: Op, target: Op, distance: int, size: int) -> None:
        for at in range(0, size, 8):
            value = self.build.load(source, at, U64)
            if self.random.random() < 0.1:
                self.memory()
            self.build.store(target, distance + at, 8, value)

    def atomic(self) -> None:
        operator = self.random.choice(atomic_operators())
        out = self.build.map_value("out", OUT_BYTES - 8)
        self.build.atomic(operator, out, 0, self.random.choice((4, 8)), self.any())

    def call(self) -> None:
        if self.random.random() < 0.5:
            a, b = self.random.sample(self.slots, 2)
            args = (a, self.build.const(self.random.choice((1, 8, 12))), b)
            self.values.append(self.build.call(Helper.PROBE_READ_KERNEL, *args))
            return
        key = self.build.slot("key", 4)
        self.build.store(key, 0, 4, self.build.const(0))
        found = self.build.call(Helper.MAP_LOOKUP_ELEM, self.build.map("out"), key)
        yes, after = Block(), Block()
        self.build.branch("ne", found, self.build.const(0), yes, after)
        self.build.begin(yes)
        self.build.store(found, OUT_BYTES - 16, 8, self.any())
        self.build.jump(after)
        self.build.begin(after)

    def branch(self, statements: int, depth: int) -> None:
        build, random = self.build, self.random
        then, other, after = Block(), Block(), Block()
        first = build.block
        both = random.random() < 0.7
        build.branch(random.choice(_CONDITIONS), self.any(), self.any(), then, other if both else after)
        kept, count = self.values, len(self.values)
        arms: list[tuple[Block, list[Op]]] = []
        for arm in (then, other) if both else (then,):
            build.begin(arm)
            self.values = kept[:]
            self.body(statements, depth + 1)
            arms.append((build.block, self.values))
            build.jump(after)
        if not both:
            arms.append((first, kept[:]))
        self.values = kept
        build.begin(after)
        for _ in range(random.randint(0, 4)):
            phi = build.phi(U64)
            for block, values in arms:
                phi.add(block, random.choice(values[-6:] if len(values) > count else values))
            self.values.append(phi)

    def loop(self, statements: int, depth: int) -> None:
        """``for i in range(n)`` with values that are carried round, some of them swapped on the way."""
        build, random = self.build, self.random
        head, inside, after = Block(), Block(), Block()
        before, start = build.block, build.const(0)
        carried = [(build.phi(U64, head), random.choice(self.values)) for _ in range(random.randint(1, 4))]
        counter = build.phi(U64, head)
        build.jump(head)
        build.begin(head)
        build.branch("lt", counter, build.const(random.randint(1, 3)), inside, after)
        kept = [*self.values, *(phi for phi, _ in carried)]
        build.begin(inside)
        self.values = kept[:]
        self.body(statements, depth + 1)
        next_counter = build.binary("add", counter, build.const(1), U64)
        for phi, initial in carried:
            phi.add(before, initial)
            phi.add(build.block, random.choice([*(other for other, _ in carried), *self.values[-4:]]))
        counter.add(before, start)
        counter.add(build.block, next_counter)
        build.jump(head)
        build.begin(after)
        self.values = kept


def make_program(random: Random, statements: int) -> Function:
    return ProgramMaker(random).make(statements)

"""Structures are built where they end up: a slot that is filled only to be copied into another one is part of that."""

from __future__ import annotations

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op, Slot
from tuibpf.ir.types import ADDRESS, U64
from tuibpf.passes.slot_lives import slot_lives

__all__ = ["build_in_place"]


def build_in_place(function: Function) -> None:
    """Give a slot that is copied whole, and not used after that, its place in the slot that it is copied to.

    Before::

        %1: address = frame key[16]
        %2: address = frame entry[24]
        store.8 %1 + 0, %3
        store.8 %1 + 8, %4
        store.8 %2 + 0, %5
        %6: u64 = load %1 + 0
        store.8 %2 + 8, %6
        %7: u64 = load %1 + 8
        store.8 %2 + 16, %7

    After, once dead code is gone::

        %2: address = frame entry[24]
        store.8 %2 + 8, %3
        store.8 %2 + 16, %4
        store.8 %2 + 0, %5
    """
    copies = _copies(function)
    if copies:
        _Merger(function).run(copies)


class _Copy:
    """One slot copied into another, within a block: the stores, each of what was loaded just for it."""

    __slots__ = ("block", "source", "stores", "target")

    def __init__(self, block: Block, source: Slot, target: Slot) -> None:
        self.block = block
        self.source = source
        self.target = target
        self.stores: list[ops.Store] = []

    def is_whole(self) -> bool:
        """Whether each byte of the source is copied, and all of them to a place in the target that is aligned."""
        stores = sorted(self.stores, key=lambda store: store.offset)
        distance = stores[0].offset - _loaded(stores[0]).offset
        at = distance
        for store in stores:
            if store.offset != at:
                return False
            at += store.size
        room = distance + self.source.size
        return at == room <= self.target.size and distance >= 0 and distance % self.source.align == 0


def _copies(function: Function) -> list[_Copy]:
    """All copies of whole slots, in the order of the blocks."""
    found: list[_Copy] = []
    for block in function.blocks:
        loaded = {op for op in block.ops if op.__class__ is ops.Load and op.args[0].__class__ is ops.FrameAddress}
        if not loaded:
            continue
        here: dict[tuple[Slot, Slot, int], _Copy] = {}
        for op in block.ops:
            if op.__class__ is ops.Store and op.args[1] in loaded and op.args[0].__class__ is ops.FrameAddress:
                value = _loaded(op)
                source, target = value.args[0].slot, op.args[0].slot  # type: ignore[attr-defined]
                if value.type is not None and value.type.size == op.size:
                    key = (source, target, op.offset - value.offset)
                    here.setdefault(key, _Copy(block, source, target)).stores.append(op)
        found += [copy for copy in here.values() if copy.is_whole()]
    return found


def _loaded(store: ops.Store) -> ops.Load:
    value = store.args[1]
    assert isinstance(value, ops.Load)
    return value


def _slot_of(value: Op) -> Slot | None:
    """The slot into which an address leads, by itself or by a constant more."""
    if value.__class__ is ops.Binary and value.operator == "add" and value.args[1].__class__ is ops.Const:
        value = value.args[0]
    return value.slot if value.__class__ is ops.FrameAddress else None


class _Merger:
    """Merges slots of one function. Lives are computed once: what is merged lives whenever one of the two does."""

    def __init__(self, function: Function) -> None:
        self.entry = function.blocks[0]
        self.lives = slot_lives(function)
        self.starts: dict[Block, int] = {}
        self.users: dict[Slot, list[Op]] = {}
        self.computed: set[Slot] = set()  # those into which an address leads that is not known now
        # New addresses, for the begin of the function: selection takes them apart again where they are used.
        self.roots: list[Op] = []
        self.places: list[Op] = []
        at = 0
        for block in function.blocks:
            self.starts[block] = at
            at += len(block.ops)
            for op in block.ops:
                for arg in op.args:
                    if arg.__class__ is ops.FrameAddress:
                        self.users.setdefault(arg.slot, []).append(op)
                        if op.__class__ is ops.Binary and _slot_of(op) is None:
                            self.computed.add(arg.slot)

    def run(self, copies: list[_Copy]) -> None:
        merged: dict[Slot, Slot] = {}
        dropped: set[Op] = set()
        for copy in copies:
            while copy.target in merged:
                copy.target = merged[copy.target]
            if copy.source not in merged and copy.source is not copy.target and self.fits(copy):
                self.merge(copy)
                merged[copy.source] = copy.target
                dropped.update(copy.stores)
        if dropped:
            for block in {copy.block: None for copy in copies}:
                block.ops = [op for op in block.ops if op not in dropped]
            self.entry.ops[:0] = self.roots + self.places

    def fits(self, copy: _Copy) -> bool:
        """Whether the two can be one.

        They must not be in use together but in this block, up to the end of the copy. Till then the target may only be
        written, beside the place of the source; and from the first load of the copy on, it alone may use the source.
        """
        block, start = copy.block, self.starts[copy.block]
        if copy.source in self.computed or copy.target in self.computed:
            return False
        loads = [_loaded(store) for store in copy.stores]
        copying = {*copy.stores, *loads}
        first = next(number for number, op in enumerate(block.ops) if op in copying)
        last = block.ops.index(copy.stores[-1], first)
        together = self.lives[copy.source] & self.lives[copy.target]
        if together >> start + last + 1 or together & (1 << start) - 1:
            return False
        low = copy.stores[0].offset - loads[0].offset
        for number, op in enumerate(block.ops[: last + 1]):
            if op in copying:
                continue
            for arg in op.args:
                slot = _slot_of(arg)
                if slot is copy.source and number > first:
                    return False
                if slot is copy.target and not (
                    isinstance(op, ops.Store) and arg is op.args[0] and arg.__class__ is ops.FrameAddress
                    and (op.offset + op.size <= low or op.offset >= low + copy.source.size)
                ):  # fmt: skip
                    return False
        return True

    def merge(self, copy: _Copy) -> None:
        """Have all users of the source name its place in the target."""
        distance = copy.stores[0].offset - _loaded(copy.stores[0]).offset
        base = ops.FrameAddress(copy.target, None)
        place = ops.Binary("add", base, self.const(distance), ADDRESS, None)
        self.roots.append(base)
        self.places.append(place)
        users = self.users.pop(copy.source)
        for op in users:
            if isinstance(op, (ops.Load, ops.Store, ops.Atomic)):
                op.args[0] = base
                op.offset += distance
            elif isinstance(op, ops.Binary):
                op.args = [base, self.const(distance + op.args[1].value)]  # type: ignore[attr-defined]
            else:
                op.args = [
                    place if arg.__class__ is ops.FrameAddress and arg.slot is copy.source else arg for arg in op.args
                ]
        self.users[copy.target] += [*users, place]
        self.lives[copy.target] |= self.lives[copy.source]

    def const(self, value: int) -> Op:
        self.roots.append(ops.Const(value, U64))
        return self.roots[-1]

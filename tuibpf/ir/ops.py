"""The operations of the IR, in SSA form: every operation is a value, defined once.

Operations that only have an effect have the type None. Each carries the span of the script that it stems from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuibpf.diagnostics import Span
from tuibpf.ir.types import ADDRESS, U64, IntType, Type
from tuibpf.isa import Helper

if TYPE_CHECKING:
    from tuibpf.ir.function import Block
    from tuibpf.program import StreamOutput

__all__ = [
    "Atomic", "Binary", "Branch", "Call", "Const", "Context", "Convert", "FrameAddress", "Jump", "Load", "MapAddress",
    "MapValueAddress", "Op", "Phi", "ReserveRow", "Return", "Slot", "Store", "SubmitRow", "Swap", "Terminator",
]  # fmt: skip


class Slot:
    """Bytes of the stack frame. *uses* of the same bytes by two slots never overlap in time."""

    __slots__ = ("align", "name", "offset", "size")

    def __init__(self, name: str, size: int, align: int = 8) -> None:
        self.name = name
        self.size = size
        self.align = align
        self.offset = 0


class Op:
    """An operation. *args* are the values it reads; an operation with an *effect* is never removed or repeated."""

    __slots__ = ("args", "span", "type")
    effect = False

    def __init__(self, type: Type | None, args: list[Op], span: Span | None) -> None:
        self.type = type
        self.args = args
        self.span = span


class Const(Op):
    """An integer known at launch."""

    __slots__ = ("value",)

    def __init__(self, value: int, type: Type, span: Span | None = None) -> None:
        self.type = type
        self.args = []
        self.span = span
        self.value = value


class Context(Op):
    """The address that the kernel hands to the program."""

    __slots__ = ()

    def __init__(self, span: Span | None = None) -> None:
        super().__init__(ADDRESS, [], span)


class FrameAddress(Op):
    """The address of a slot of the stack."""

    __slots__ = ("slot",)

    def __init__(self, slot: Slot, span: Span | None) -> None:
        super().__init__(ADDRESS, [], span)
        self.slot = slot


class MapAddress(Op):
    """A map, as an argument of a helper."""

    __slots__ = ("map",)

    def __init__(self, map: str, span: Span | None) -> None:
        super().__init__(ADDRESS, [], span)
        self.map = map


class MapValueAddress(Op):
    """The address *offset* bytes into the only element of an array map."""

    __slots__ = ("map", "offset")

    def __init__(self, map: str, offset: int, span: Span | None) -> None:
        super().__init__(ADDRESS, [], span)
        self.map = map
        self.offset = offset


class Binary(Op):
    """``left operator right`` on 64 bits: add sub mul div mod (unsigned) and or xor lsh rsh arsh; or address plus."""

    __slots__ = ("operator",)

    def __init__(self, operator: str, left: Op, right: Op, type: Type, span: Span | None) -> None:
        self.type = type
        self.args = [left, right]
        self.span = span
        self.operator = operator


class Convert(Op):
    """The low bits of a value, extended to 64 again as the new type asks."""

    __slots__ = ()

    def __init__(self, value: Op, type: IntType, span: Span | None) -> None:
        super().__init__(type, [value], span)


class Swap(Op):
    """The bytes of a value in the other order of host and network; unsigned."""

    __slots__ = ()

    def __init__(self, value: Op, type: IntType, span: Span | None) -> None:
        super().__init__(type, [value], span)


class Load(Op):
    """A value of *type* from memory."""

    __slots__ = ("offset",)

    def __init__(self, address: Op, offset: int, type: Type, span: Span | None) -> None:
        self.type = type
        self.args = [address]
        self.span = span
        self.offset = offset


class Store(Op):
    """The low *size* bytes of a value to memory."""

    __slots__ = ("offset", "size")
    effect = True

    def __init__(self, address: Op, offset: int, size: int, value: Op, span: Span | None) -> None:
        self.type = None
        self.args = [address, value]
        self.span = span
        self.offset = offset
        self.size = size


class Atomic(Op):
    """Memory of *size* 4 or 8 bytes changed in one step by ``add``, ``or``, ``and`` or ``xor``."""

    __slots__ = ("offset", "operator", "size")
    effect = True

    def __init__(self, operator: str, address: Op, offset: int, size: int, value: Op, span: Span | None) -> None:
        super().__init__(None, [address, value], span)
        self.operator = operator
        self.offset = offset
        self.size = size


class Call(Op):
    """A helper of the kernel, with up to five arguments."""

    __slots__ = ("helper",)
    effect = True

    def __init__(self, helper: Helper, args: list[Op], type: Type, span: Span | None) -> None:
        super().__init__(type, args, span)
        self.helper = helper


class ReserveRow(Op):
    """Room for one row of a stream; 0 where there is none. Lowered by ``passes.rows``."""

    __slots__ = ("stream",)
    effect = True

    def __init__(self, stream: StreamOutput, span: Span | None) -> None:
        super().__init__(ADDRESS, [], span)
        self.stream = stream


class SubmitRow(Op):
    """A filled row is handed to the reader. The one place through which rows leave; lowered by ``passes.rows``.

    The second argument is the length of the tail in bytes, where the row has one.
    """

    __slots__ = ("stream",)
    effect = True

    def __init__(self, stream: StreamOutput, row: Op, tail: Op | None, span: Span | None) -> None:
        super().__init__(None, [row] if tail is None else [row, tail], span)
        self.stream = stream


class Phi(Op):
    """A value that depends on the block from which control came; *blocks* stand beside *args*."""

    __slots__ = ("blocks",)

    def __init__(self, type: Type, span: Span | None) -> None:
        super().__init__(type, [], span)
        self.blocks: list[Block] = []

    def add(self, block: Block, value: Op) -> None:
        self.blocks.append(block)
        self.args.append(value)


class Terminator(Op):
    """The last operation of a block; *targets* are the blocks that may follow."""

    __slots__ = ("targets",)
    effect = True

    def __init__(self, args: list[Op], targets: list[Block], span: Span | None) -> None:
        super().__init__(None, args, span)
        self.targets = targets


class Jump(Terminator):
    """On to one block."""

    __slots__ = ()

    def __init__(self, target: Block, span: Span | None = None) -> None:
        super().__init__([], [target], span)


class Branch(Terminator):
    """On to the first target if ``left condition right``, else to the second.

    Conditions: eq ne, lt le gt ge (unsigned), slt sle sgt sge (signed), set (a common bit).
    """

    __slots__ = ("condition",)

    def __init__(self, condition: str, left: Op, right: Op, then: Block, other: Block, span: Span | None) -> None:
        super().__init__([left, right], [then, other], span)
        self.condition = condition


class Return(Terminator):
    """The end of the program with a result for the kernel."""

    __slots__ = ()

    def __init__(self, value: Op | None = None, span: Span | None = None) -> None:
        super().__init__([value if value is not None else Const(0, U64)], [], span)

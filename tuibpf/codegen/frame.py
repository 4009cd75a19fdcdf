"""The stack frame: 512 bytes below r10, slots of the script first, spilled registers under them."""

from __future__ import annotations

from tuibpf.diagnostics import CompileError, Diagnostic
from tuibpf.ir import Function
from tuibpf.ir.ops import FrameAddress, Slot

__all__ = ["STACK_BYTES", "Frame"]

STACK_BYTES = 512
"""``MAX_BPF_STACK``, include/linux/filter.h."""
_WORD = 8
_NAMED_SLOTS = 3


class Frame:
    """Where the slots of one function lie: *offsets* from r10, negative. *size* is the bytes in use.

    *planned* offsets let slots share bytes (``sharing.plan()``); any other slot gets bytes of its own when first seen.
    """

    __slots__ = ("offsets", "size")

    def __init__(self, planned: dict[Slot, int] | None = None) -> None:
        self.offsets: dict[Slot, int] = planned or {}
        self.size = -min(self.offsets.values(), default=0)

    def offset(self, slot: Slot) -> int:
        """The offset of *slot* from r10."""
        known = self.offsets.get(slot)
        if known is None:
            self.size += -(-slot.size // _WORD) * _WORD
            known = self.offsets[slot] = -self.size
        return known

    def spill(self) -> int:
        """The offset of eight more bytes, for a register."""
        self.size += _WORD
        return -self.size

    def overflow(self, function: Function) -> CompileError:
        """The error for a frame that is too big: what fills it, and where the largest slot comes from."""
        largest = sorted(self.offsets, key=lambda slot: -slot.size)[:_NAMED_SLOTS]
        span = next((op.span for op in function.ops() if isinstance(op, FrameAddress) and op.slot in largest[:1]), None)
        named = ", ".join(f"{slot.name} ({slot.size} bytes)" for slot in largest)
        return CompileError(
            Diagnostic(
                f"this probe needs {self.size} bytes of stack, and the kernel gives {STACK_BYTES}",
                span=span or function.span,
                hint=f"the largest: {named}" if named else "fewer values at a time",
            )
        )

"""Values that are made right where they are wanted: a structure in its map's key, a string in its row."""

from __future__ import annotations

from collections.abc import Callable

from tuibpf.frontend.layout import Layout
from tuibpf.frontend.scope import Scope
from tuibpf.frontend.values import Value
from tuibpf.ir.ops import Op

__all__ = ["Producer"]


class Producer(Value):
    """A value that is made right where it is wanted: ``write(scope, address, offset, layout)`` puts it there.

    *layout* is its natural one; None for one that takes any size. *tail* does the same for a row's ``Arguments``:
    ``tail(scope, row, head offset, tail offset, capacity)`` returns the number of bytes captured. *fills* is false for
    one that may leave bytes behind a NUL as they were.
    """

    __slots__ = ("fills", "layout", "tail", "what", "write")

    def __init__(
        self,
        what: str,
        layout: Layout | None,
        write: Callable[[Scope, Op, int, Layout], None] | None,
        tail: Callable[[Scope, Op, int, int, int], Op] | None = None,
        fills: bool = True,
    ) -> None:
        self.what = what
        self.layout = layout
        self.write = write
        self.tail = tail
        self.fills = fills

    @property
    def article(self) -> str:  # type: ignore[override]
        return f"the result of {self.what}"

"""A scale from zero that does not jump: it grows at once and shrinks only when it has long been too wide."""

from __future__ import annotations

__all__ = ["StableScale", "round_up"]

_PATIENCE = 15


def round_up(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, … that is not below *value*."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


class StableScale:
    """The upper end of an axis. It is a round number, so that frames of like size share it and can be compared."""

    def __init__(self) -> None:
        self.top = 1
        self._wide_for = 0

    def fit(self, highest: int) -> int:
        """Take account of a frame whose highest value is *highest*; gives the upper end to draw it with."""
        wanted = round_up(highest)
        if wanted > self.top:
            self.top, self._wide_for = wanted, 0
        elif wanted * 4 <= self.top:
            self._wide_for += 1
            if self._wide_for >= _PATIENCE:
                self.top, self._wide_for = wanted, 0
        else:
            self._wide_for = 0
        return self.top

    def reset(self) -> None:
        self.top, self._wide_for = 1, 0

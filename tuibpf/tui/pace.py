"""When to draw: at most so often, and never before the terminal has received what was drawn before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Pace"]

Clock = Callable[[], float]
Draw = Callable[[], None]

# A terminal that has not answered by then never will, or the line is so slow that a picture every two seconds is right.
_PATIENCE_S = 2.0


class Schedule(Protocol):
    """Runs a function once, so many seconds from now."""

    def __call__(self, delay_s: float, callback: Draw) -> object: ...


class Pace:
    """Collects requests to draw and runs them together, each drawer once.

    After each picture the terminal is asked a question (*ask*). Its answer comes back over the same line, behind all
    that was sent before, so it proves that the picture has arrived. Until then nothing is drawn; what comes in
    meanwhile is merged where it waits. On a fast line this costs eight bytes a picture; on a slow one it makes the
    frame rate what the line can bear instead of letting a queue of stale pictures grow.
    """

    def __init__(self, schedule: Schedule, ask: Callable[[], bool], fps: float = 5.0, clock: Clock = time.monotonic):
        """*ask* sends the question and says whether one was sent; *fps* bounds the rate on the fastest line."""
        self._schedule = schedule
        self._ask = ask
        self._clock = clock
        self.shortest_s = 1.0 / fps
        self._wanted: dict[object, Draw] = {}
        self._armed = False
        self._drawn_s = -1e9
        self._asked_s: float | None = None

    def request(self, who: object, draw: Draw) -> None:
        """Have *draw* called when it is time; a later request of the same *who* takes the place of an earlier one."""
        self._wanted[who] = draw
        self._arm()

    def forget(self, who: object) -> None:
        self._wanted.pop(who, None)

    def answered(self) -> None:
        """The terminal has answered: what was drawn has arrived."""
        self._asked_s = None
        self._arm()

    def _delay_s(self) -> float:
        """Seconds until the next picture may be drawn; 0 if it may be now."""
        now = self._clock()
        until = self._drawn_s + self.shortest_s
        if self._asked_s is not None:
            until = max(until, self._asked_s + _PATIENCE_S)
        return max(0.0, until - now)

    def _arm(self) -> None:
        if not self._wanted:
            return
        delay_s = self._delay_s()
        # An answer may allow an earlier time than the timer under way; a spare call finds nothing to do.
        if not self._armed or self._asked_s is None:
            self._armed = True
            self._schedule(delay_s, self._run)

    def _run(self) -> None:
        self._armed = False
        if not self._wanted:
            return
        if self._delay_s() > 1e-4:
            self._arm()
            return
        wanted, self._wanted = self._wanted, {}
        self._drawn_s = self._clock()
        for draw in wanted.values():
            draw()
        self._asked_s = self._clock() if self._ask() else None

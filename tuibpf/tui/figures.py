"""What stands in a pane's title: rate, losses and cost, each over the last interval."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuibpf.tool.frame import Cost

__all__ = ["Figures", "Meter", "short_count"]


def short_count(value: float) -> str:
    """A count in at most five characters: ``7``, ``950``, ``1.2k``, ``34.5M``."""
    for unit in ("", "k", "M", "G", "T"):
        if value < 999.5 or unit == "T":
            return f"{value:.0f}{unit}" if not unit or value >= 99.95 else f"{value:.1f}{unit}"
        value /= 1000
    return ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Per second over the last interval, except *losses*, which count since the session began."""

    rows: int = 0
    rows_per_s: float = 0.0
    runs_per_s: float = 0.0
    ns_per_run: float | None = None
    cpu_share: float | None = None
    losses: dict[str, int] = field(default_factory=dict)
    losing: bool = False
    missed: int = 0

    @property
    def lost(self) -> int:
        return sum(self.losses.values()) + self.missed


class Meter:
    """Turns running totals into figures of an interval. Give it the time; it never asks a clock."""

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._rows = 0
        self._all_rows = 0
        self._cost = Cost()
        self._lost = 0

    def count(self, rows: int) -> None:
        self._rows += rows
        self._all_rows += rows

    def read(self, now_s: float, cost: Cost, losses: dict[str, int]) -> Figures:
        """The figures from the last reading until *now_s* (seconds, any epoch, never going back)."""
        seconds = max(now_s - self._since_s, 1e-3)
        runs = max(0, cost.runs - self._cost.runs)
        run_ns = max(0, cost.run_ns - self._cost.run_ns)
        losses = {reason: count for reason, count in losses.items() if count}
        lost = sum(losses.values()) + cost.missed
        figures = Figures(
            rows=self._all_rows,
            rows_per_s=self._rows / seconds,
            runs_per_s=runs / seconds,
            ns_per_run=run_ns / runs if runs else None,
            cpu_share=run_ns / (seconds * 1e9) if cost.runs else None,
            losses=losses,
            losing=lost > self._lost,
            missed=cost.missed,
        )
        self._since_s, self._rows, self._cost, self._lost = now_s, 0, cost, lost
        return figures

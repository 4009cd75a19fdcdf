"""Which processors there are. Reads /sys/devices/system/cpu (Documentation/admin-guide/cputopology.rst)."""

from __future__ import annotations

__all__ = ["online_cpus", "possible_cpus"]

_FOLDER = "/sys/devices/system/cpu/"
_possible = 0


def parse(text: str) -> list[int]:
    """The numbers of a list such as ``0-3,8``."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first:
            numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def possible_cpus() -> int:
    """How many processors could ever be plugged in: as many values has an entry of a per-CPU map."""
    global _possible
    if not _possible:
        with open(_FOLDER + "possible", encoding="utf-8") as file:
            _possible = max(parse(file.read())) + 1
    return _possible


def online_cpus() -> list[int]:
    """The numbers of the processors that run now."""
    with open(_FOLDER + "online", encoding="utf-8") as file:
        return parse(file.read())

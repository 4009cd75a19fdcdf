"""The kernel that is running, as the compiler wants to know it: ``tuibpf.ir.target.Target``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tuibpf.kernel.cpus import possible_cpus
from tuibpf.kernel.features import Features

if TYPE_CHECKING:  # each is imported when somebody asks for what it knows
    from tuibpf.btf import Btf
    from tuibpf.kernel.tracefs import Tracefs

__all__ = ["Formats", "Machine", "running_target"]


class Formats(Mapping[str, str]):
    """The ``format`` of every tracepoint by ``category/name``, each read when it is asked for.

    A missing event is a ``KeyError``; ``NotSupported`` where this user can not read tracefs, with what to do.
    """

    def __init__(self) -> None:
        self._tracefs: Tracefs | None = None
        self._read: dict[str, str] = {}

    def __getitem__(self, event: str) -> str:
        text = self._read.get(event)
        if text is None:
            text = self._read[event] = self._opened.format_text(event)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened.events())

    def __len__(self) -> int:
        return len(self._opened.events())

    @property
    def _opened(self) -> Tracefs:
        if self._tracefs is None:
            from tuibpf.kernel.tracefs import Tracefs

            self._tracefs = Tracefs()
        return self._tracefs


class Machine:
    """The running kernel. Everything is found out when it is asked for, and once."""

    def __init__(self) -> None:
        self._btf: Btf | None = None
        self._features: Features | None = None
        self.formats: Mapping[str, str] = Formats()

    @property
    def btf(self) -> Btf:
        """The kernel's types; ``NotSupported`` if it tells none."""
        if self._btf is None:
            from tuibpf.kernel.vmlinux import load_btf

            self._btf = load_btf()
        return self._btf

    @property
    def features(self) -> Features:
        if self._features is None:
            self._features = Features(lambda: self.btf)
        return self._features

    @property
    def cpus(self) -> int:
        """How many processors could ever be plugged in."""
        return possible_cpus()


_running: Machine | None = None


def running_target() -> Machine:
    """The kernel that is running: the same object each time, since no kernel changes under a process."""
    global _running
    if _running is None:
        _running = Machine()
    return _running

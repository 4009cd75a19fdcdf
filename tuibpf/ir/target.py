"""What the compiler knows of the kernel it compiles for: values, not system calls."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Protocol

from tuibpf.btf import Btf

__all__ = ["Target"]


class Target(Protocol):
    """A kernel: its types, the formats of its tracepoints, its features and its processors.

    *formats* maps ``category/name`` to the text of the tracepoint's ``format`` file in tracefs. It raises ``KeyError``
    for an event that does not exist and ``NotSupported`` where tracefs can not be read. *features* holds the names of
    what this kernel can do, as ``kernel.features`` probes them.
    """

    @property
    def btf(self) -> Btf: ...

    @property
    def formats(self) -> Mapping[str, str]: ...

    @property
    def features(self) -> Container[str]: ...

    @property
    def cpus(self) -> int: ...

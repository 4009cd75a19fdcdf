"""Every test of a tool needs the real kernel: skipped, with what was probed, where it can not be looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest


@pytest.fixture(autouse=True)
def real_kernel(privileged: None, kernel_types: None) -> Iterator[None]:
    """Programs can be loaded, and the kernel tells its types; what a test loads and opens, it gives back."""
    before = of_the_kernel()
    yield
    assert of_the_kernel() <= before


def of_the_kernel() -> set[str]:
    """The descriptors of this process that stand for programs, maps, links and events."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{name}")
            if target.startswith(("anon_inode:bpf", "anon_inode:[perf")):
                found.add(f"{name} {target}")
    return found

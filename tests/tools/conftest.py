"""Every test of a tool needs the real kernel: skipped, with what was probed, where it can not be looked at."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def real_kernel(privileged: None, kernel_types: None) -> None:
    """Programs can be loaded, and the kernel tells its types."""

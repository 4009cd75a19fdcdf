"""Raw tracepoints (Linux 4.17): by name; the program gets the tracepoint's arguments as an array of u64."""

from __future__ import annotations

import errno

from tuibpf.diagnostics import NotSupported
from tuibpf.kernel import bpf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.program import Hook

__all__ = ["attach"]


def attach(program_fd: int, hook: Hook) -> Descriptor:
    """Attach in about 0.1 ms; ``NotSupported`` if this kernel has no such tracepoint."""
    try:
        return Descriptor(bpf.raw_tracepoint_open(program_fd, hook.target))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        raise NotSupported(f"raw_tp {hook.target}", "this kernel has no such tracepoint") from error

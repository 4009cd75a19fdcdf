"""What this user may do, what is missing, and how to get it. Capabilities: include/uapi/linux/capability.h."""

from __future__ import annotations

import os
import sys

from tuibpf.diagnostics import NotSupported

__all__ = ["Capability", "denied", "effective", "missing", "remedy"]


class Capability:
    """The capabilities that matter here, by bit."""

    DAC_READ_SEARCH = 2
    SYS_ADMIN = 21
    PERFMON = 38
    BPF = 39


#: What is needed, and for what. CAP_SYS_ADMIN stands in for the first two (``bpf_capable()``, ``perfmon_capable()``).
_NEEDED = {
    Capability.BPF: "cap_bpf",
    Capability.PERFMON: "cap_perfmon",
}


def effective() -> int:
    """The effective capabilities of this process as a bit set, from /proc/self/status."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0


def has(capability: int) -> bool:
    return bool(effective() >> capability & 1)


def missing() -> list[str]:
    """The names of the capabilities without which no program can be loaded here; empty if all are there."""
    held = effective()
    if held >> Capability.SYS_ADMIN & 1:
        return []
    return [name for bit, name in _NEEDED.items() if not held >> bit & 1]


def remedy() -> str:
    """How to get them: sudo, or capabilities on the interpreter (a copy of it, since they bind to the file)."""
    python = os.path.realpath(sys.executable)
    return (
        "run it with sudo, or give a python binary of its own the capabilities: "
        f"sudo setcap cap_bpf,cap_perfmon,cap_dac_read_search+ep {python}"
    )


def denied(what: str, error: OSError) -> NotSupported:
    """The error for *what* that the kernel answered with EPERM or EACCES."""
    lacking = missing()
    if lacking:
        return NotSupported(what, f"this user lacks {' and '.join(lacking)}", remedy())
    return NotSupported(
        what,
        f"the kernel refused it ({error.strerror}) although the capabilities are there",
        "look for lockdown (/sys/kernel/security/lockdown), a container's seccomp filter or another security module",
    )

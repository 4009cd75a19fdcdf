"""What this user may do, what is missing, and how to get it. Capabilities: include/uapi/linux/capability.h."""

from __future__ import annotations

import errno
import os
import sys

from tuibpf.diagnostics import NotSupported

__all__ = ["Capability", "denied", "effective", "has", "held", "in_user_namespace", "missing", "remedy"]


class Capability:
    """The capabilities that matter here, by bit."""

    DAC_READ_SEARCH = 2
    SYS_ADMIN = 21
    PERFMON = 38
    BPF = 39


_NAMES = {
    Capability.BPF: "CAP_BPF",
    Capability.PERFMON: "CAP_PERFMON",
    Capability.DAC_READ_SEARCH: "CAP_DAC_READ_SEARCH",
    Capability.SYS_ADMIN: "CAP_SYS_ADMIN",
}
#: Without these two no program is loaded. CAP_SYS_ADMIN stands in for both (``bpf_capable()``, ``perfmon_capable()``).
_NEEDED = (Capability.BPF, Capability.PERFMON)
_PARANOIA_OF_LINUX = 2  # the highest level that CAP_PERFMON lifts; Debian and Ubuntu have levels above it
_ALL_USERS = "4294967295"  # how many a user namespace maps that is the machine's own


def _status(key: str) -> str:
    with open("/proc/self/status", encoding="utf-8", errors="replace") as status:
        return next((line[len(key) + 1 :].strip() for line in status if line.startswith(key + ":")), "")


def effective() -> int:
    """The effective capabilities of this process as a bit set."""
    return int(_status("CapEff") or "0", 16)


def has(capability: int) -> bool:
    return bool(effective() >> capability & 1)


def held() -> list[str]:
    """The names of the capabilities that this process has, of those that matter here."""
    bits = effective()
    return [name for bit, name in _NAMES.items() if bits >> bit & 1]


def missing() -> list[str]:
    """The names of the capabilities without which no program can be loaded here; empty if all are there."""
    bits = effective()
    if bits >> Capability.SYS_ADMIN & 1:
        return []
    if not _knows(Capability.BPF):  # before Linux 5.8
        return [_NAMES[Capability.SYS_ADMIN]]
    return [_NAMES[bit] for bit in _NEEDED if not bits >> bit & 1]


def in_user_namespace() -> bool:
    """Whether the capabilities of this process count in a container's user namespace only: they open no bpf(2)."""
    try:
        with open("/proc/self/uid_map", encoding="utf-8") as file:
            return file.read().split() != ["0", "0", _ALL_USERS]
    except OSError:
        return False  # a kernel without user namespaces


def remedy() -> str:
    """How to get what is missing: sudo, or the capabilities for one process. In one line, to be copied.

    Not ``setcap`` on the interpreter: every user who may run that file would hold them.
    """
    program = os.path.abspath(sys.argv[0]) if sys.argv and os.path.basename(sys.argv[0]) == "tuibpf" else "tuibpf"
    if not _knows(Capability.BPF):
        return f"sudo {program} …"
    capabilities = "+bpf,+perfmon,+dac_read_search"
    return (
        f"sudo {program} …, or as yourself with these capabilities alone: "
        f"sudo setpriv --reuid {os.getuid()} --regid {os.getgid()} --init-groups "
        f"--inh-caps {capabilities} --ambient-caps {capabilities} {program} …"
    )


def denied(what: str, error: OSError) -> NotSupported:
    """The error for *what* that the kernel answered with EPERM or EACCES: which reason it was, and the remedy."""
    lacking = missing()
    if lacking:
        return NotSupported(what, f"this user lacks {' and '.join(lacking)}", remedy())
    if in_user_namespace():
        reason = "the capabilities of this process count in a container's user namespace only, not for the kernel"
        return NotSupported(
            what, reason, "run it on the host, or in a container that is not rootless, with --privileged"
        )
    level = _perf_paranoia()
    if error.errno == errno.EACCES and level > _PARANOIA_OF_LINUX and not has(Capability.SYS_ADMIN):
        return NotSupported(
            what,
            f"kernel.perf_event_paranoid is {level}, at which this kernel keeps perf events to CAP_SYS_ADMIN",
            "run it with sudo, or lower that: sudo sysctl kernel.perf_event_paranoid=2",
        )
    refusal = errno.errorcode.get(error.errno or 0, str(error.errno))
    return NotSupported(
        what,
        f"the kernel refused it ({refusal}: {error.strerror}) although the capabilities are there",
        "look for lockdown (/sys/kernel/security/lockdown), a container's seccomp filter or another security module"
        + _memory_limit(),
    )


def _perf_paranoia() -> int:
    try:
        with open("/proc/sys/kernel/perf_event_paranoid", encoding="utf-8") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _memory_limit() -> str:
    """A further reason to look for: what a user without CAP_SYS_RESOURCE may lock, where maps count as that."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit == resource.RLIM_INFINITY:
        return ""
    return (
        f"; before Linux 5.11 maps need locked memory, of which {limit >> 10} KiB are allowed here (ulimit -l): "
        "sudo prlimit --memlock=unlimited … raises that"
    )


def _knows(capability: int) -> bool:
    try:
        with open("/proc/sys/kernel/cap_last_cap", encoding="utf-8") as file:
            return int(file.read()) >= capability
    except (OSError, ValueError):
        return True

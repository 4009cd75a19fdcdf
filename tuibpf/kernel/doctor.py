"""What works here, what does not, and what to do about it. Everything is tried or read; nothing is left behind.

Takes some milliseconds, needs no privileges, and changes nothing on the machine.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import NamedTuple

from tuibpf.diagnostics import NotSupported
from tuibpf.isa import Register, encode, exit_program, mov64_imm
from tuibpf.kernel import bpf, perf, privileges, syscall
from tuibpf.kernel.cpus import online_cpus
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.features import FEATURES, WITHOUT_VARIABLE, withheld
from tuibpf.kernel.machine import Machine, running_target
from tuibpf.kernel.tracefs import Tracefs
from tuibpf.program import ProgramType

__all__ = ["Finding", "examine"]

_SYSCTL = "/proc/sys/"
_LOCKDOWN = "/sys/kernel/security/lockdown"
_FIRST_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO, include/linux/proc_ns.h

_INSTEAD = {
    "ringbuf": "perf buffers are used instead",
    "batch": "tables are read entry by entry instead, which is slower",
    "tp_btf": "tools fall back on plain tracepoints where they can",
    "raw_tp": "tools fall back on plain tracepoints where they can",
    "atomic_fetch": "a script changes the numbers of a table by += and -= alone",
    "isa_v4": "signed division takes more instructions instead",
    "stats": "what a tool costs can not be shown",
}


class Finding(NamedTuple):
    """One thing that was looked at.

    *detail* is what was found, *remedy* what to do where it is not *ok*. Without what is *vital* no probe runs at all;
    without the rest something is slower, or missing from some tools.
    """

    what: str
    ok: bool
    detail: str
    remedy: str | None = None
    vital: bool = True


def examine() -> list[Finding]:
    """Everything that the probes depend on, the vital things first. Raises nothing that a kernel can answer."""
    machine = running_target()
    findings = [_kernel(machine), _types(machine), _privileges(), _loading()]
    findings += [look() for look in (_tracefs, _perf_events, _unprivileged, _lockdown, _compiler, _namespace)]
    findings += _features(machine)
    return findings


def _kernel(machine: Machine) -> Finding:
    system = os.uname()
    detail = f"Linux {system.release}, {system.machine}, {machine.cpus} CPUs"
    try:
        syscall.number("bpf")
    except NotSupported as error:
        return Finding("kernel", False, f"{detail}: {error.reason}", "x86_64 and aarch64 are known")
    return Finding("kernel", True, detail)


def _types(machine: Machine) -> Finding:
    try:
        return Finding("types (BTF)", True, f"{len(machine.btf) - 1:,} types in /sys/kernel/btf/vmlinux")
    except NotSupported as error:
        return Finding("types (BTF)", False, error.reason, error.remedy)


def _privileges() -> Finding:
    who = f"user {os.geteuid()} with {', '.join(privileges.held()) or 'no capability that helps'}"
    lacking = privileges.missing()
    if lacking:
        return Finding("privileges", False, f"{who}; {' and '.join(lacking)} missing", privileges.remedy())
    return Finding("privileges", True, who)


def _loading() -> Finding:
    """Load a program that does nothing and put it on a tracepoint: if that works, probes do."""
    what = "loading and attaching"
    code = encode((mov64_imm(Register.R0, 0), exit_program()))
    try:
        program = Descriptor(bpf.program_load(ProgramType.RAW_TRACEPOINT, code, "tuibpf_doctor"))
        Descriptor(bpf.raw_tracepoint_open(program.fileno(), "sched_process_exit")).close()
    except NotSupported as error:
        return Finding(what, False, error.reason, error.remedy)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            refused = privileges.denied(what, error)
            return Finding(what, False, refused.reason, refused.remedy)
        if error.errno == errno.ENOSYS:
            return Finding(what, False, "the kernel was built without bpf(2), or a seccomp filter hides it")
        return Finding(what, False, f"a program that does nothing is refused: {error.strerror}")
    return Finding(what, True, "a program that does nothing was loaded, attached and taken off again")


def _tracefs() -> Finding:
    try:
        with Tracefs() as tracefs:
            how = (
                "not mounted, but a mount private to tuibpf works" if tracefs.detached else f"readable at {tracefs.how}"
            )
        return Finding("tracefs", True, how, vital=False)
    except NotSupported as error:
        return Finding("tracefs", False, error.reason, error.remedy, vital=False)


def _perf_events() -> Finding:
    """Plain tracepoints and perf buffers want CAP_PERFMON, or more where the kernel is more paranoid than Linux is."""
    what, level = "perf events", _sysctl("kernel/perf_event_paranoid")
    if level is None:
        return Finding(what, False, "the kernel was built without perf events", vital=False)
    try:
        Descriptor(perf.open_buffer_event(online_cpus()[0], 1)).close()
    except OSError as error:
        refused = privileges.denied(what, error)
        return Finding(what, False, refused.reason, refused.remedy, vital=False)
    return Finding(what, True, f"allowed to this user (kernel.perf_event_paranoid is {level})", vital=False)


def _unprivileged() -> Finding:
    level = _sysctl("kernel/unprivileged_bpf_disabled")
    meaning = {0: "0: users without privileges may load socket filters", 1: "1: off until the next boot", 2: "2: off"}
    detail = meaning.get(level, "not known here") if level is not None else "not known here"
    return Finding("unprivileged bpf", True, f"{detail}. Probes need CAP_BPF whatever it says", vital=False)


def _lockdown() -> Finding:
    try:
        with open(_LOCKDOWN, encoding="utf-8") as file:
            modes = file.read()
    except OSError as error:
        why = (
            "no lockdown in this kernel, or securityfs is not mounted"
            if error.errno == errno.ENOENT
            else error.strerror
        )
        return Finding("lockdown", True, f"not known ({why})", vital=False)
    mode = modes.partition("[")[2].partition("]")[0]
    if mode == "confidentiality":
        detail = "confidentiality: the kernel's memory can not be read"
        return Finding("lockdown", False, detail, "boot with lockdown=integrity, or without lockdown")
    return Finding("lockdown", True, mode or modes.strip(), vital=False)


def _compiler() -> Finding:
    level = _sysctl("net/core/bpf_jit_enable")
    if level == 0:
        detail = "off: programs are interpreted and cost several times more"
        return Finding("JIT compiler", False, detail, "sudo sysctl net.core.bpf_jit_enable=1", vital=False)
    return Finding("JIT compiler", True, "on" if level else "not known here", vital=False)


def _namespace() -> Finding:
    try:
        inside = os.stat("/proc/self/ns/pid").st_ino != _FIRST_PID_NAMESPACE
    except OSError:
        return Finding("process ids", True, "no namespaces in this kernel", vital=False)
    detail = "those of the machine; this shell is in a container and sees others" if inside else "those of this shell"
    return Finding("process ids", True, f"tools show {detail}", vital=False)


def _features(machine: Machine) -> Iterator[Finding]:
    try:
        there = set(machine.features)
    except NotSupported:
        return  # nothing loads here without types, and it has been said
    taken = withheld()
    for name, feature in FEATURES.items():
        ok = name in there
        detail = "there" if ok else f"missing; {_INSTEAD[name]}"
        remedy = None
        if name in taken:
            detail = f"taken away by {WITHOUT_VARIABLE}; {_INSTEAD[name]}"
        elif not ok and name == "stats" and not privileges.has(privileges.Capability.SYS_ADMIN):
            detail, remedy = f"CAP_SYS_ADMIN is missing; {_INSTEAD[name]}", "run it with sudo"
        yield Finding(feature.title, ok, detail, remedy, vital=False)


def _sysctl(name: str) -> int | None:
    try:
        with open(_SYSCTL + name, encoding="utf-8") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None

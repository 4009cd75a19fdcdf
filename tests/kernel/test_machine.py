"""The running kernel as the compiler sees it, and the small readers behind: processors, tracefs, system calls."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuibpf.diagnostics import NotSupported
from tuibpf.kernel import cpus, syscall, tracefs
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.machine import Formats, running_target
from tuibpf.kernel.privileges import Capability
from tuibpf.kernel.tracefs import Tracefs


@pytest.mark.usefixtures("kernel_types")
def test_the_running_kernel() -> None:
    target = running_target()
    assert running_target() is target
    assert target.btf is target.btf
    assert target.btf.tracepoint("sched_switch") is not None
    assert target.features is target.features
    assert target.cpus == cpus.possible_cpus() >= len(cpus.online_cpus()) >= 1


@pytest.mark.usefixtures("kernel_types")
def test_an_ordinary_user_may_compile(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    """``check`` and ``dump`` need the types and an answer about features, and no privilege."""

    def found() -> tuple[bool, bool, int]:
        target = running_target()
        return target.btf.find("task_struct") is not None, "raw_tp" in target.features, target.cpus

    assert unprivileged(found) == (True, True, cpus.possible_cpus())


@pytest.mark.parametrize(
    ("text", "numbers"), [("0\n", [0]), ("0-3\n", [0, 1, 2, 3]), ("0-1,4,6-7", [0, 1, 4, 6, 7]), ("\n", [])]
)
def test_lists_of_processors(text: str, numbers: list[int]) -> None:
    assert cpus.parse(text) == numbers


@pytest.mark.usefixtures("tracefs")
def test_formats_of_tracepoints() -> None:
    formats = running_target().formats
    text = formats["sched/sched_switch"]
    assert text.startswith("name: sched_switch\n")
    assert "field:pid_t prev_pid;" in text
    assert formats["sched/sched_switch"] is text
    assert "sched/sched_switch" in set(formats)
    assert len(formats) == len(list(formats)) > 10
    for missing in ("sched/none", "none/none", "sched", "", "sched/", "../events/sched/sched_switch", "sched/..",
                    "enable/x", "sched/\0", "sched/" + 300 * "x", "sched/\ud800"):  # fmt: skip
        assert missing not in formats
        with pytest.raises(KeyError):
            formats[missing]


@pytest.mark.usefixtures("tracefs")
def test_tracefs_by_a_private_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracefs, "_MOUNT_POINTS", ("/nowhere",))
    mounts = Path("/proc/self/mounts").read_text()
    try:
        opened = Tracefs()
    except NotSupported as error:
        pytest.skip(str(error).partition("\n")[0])
    with opened:
        assert opened.detached
        assert opened.event_id("sched/sched_switch") > 0
        assert Path("/proc/self/mounts").read_text() == mounts, "nobody else sees it"


def test_what_a_user_is_told_who_may_not_read_tracefs(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    def refusal() -> tuple[str, str, str | None]:
        try:
            Formats()["sched/sched_switch"]
        except NotSupported as error:
            return error.what, error.reason, error.remedy
        return "read", "", ""

    what, reason, remedy = unprivileged(refusal)
    if what == "read":
        pytest.skip(reason="tracefs is open to everybody here")
    assert what == "tracefs"
    assert reason in ("not mounted, and this user may not mount it", "this user may not read it")
    assert remedy is not None
    assert "CAP_DAC_READ_SEARCH" in remedy


def test_a_user_who_may_not_mount(with_capabilities: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracefs, "_MOUNT_POINTS", ())

    def refusal() -> str:
        try:
            Tracefs().close()
        except NotSupported as error:
            return error.reason
        return "mounted"

    assert with_capabilities(refusal, Capability.BPF) == "not mounted, and this user may not mount it"


def test_a_machine_that_nobody_has_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    system = os.uname()
    assert syscall.number("bpf") > 0
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*system[:4], "pdp11")))
    with pytest.raises(NotSupported, match="its system call number on pdp11 is not known"):
        syscall.number("bpf")


def test_a_system_call_that_fails() -> None:
    with pytest.raises(OSError, match="Invalid argument") as error:
        syscall.syscall(syscall.number("membarrier"), -1)
    assert error.value.errno == errno.EINVAL


def test_a_descriptor_is_closed_once() -> None:
    owned = Descriptor(os.open("/dev/null", os.O_RDONLY))
    number = owned.fileno()
    assert repr(owned) == f"Descriptor({number})"
    owned.close()
    assert owned.closed
    reused = os.open("/dev/null", os.O_RDONLY)
    try:
        owned.close()
        os.fstat(reused)
        with pytest.raises(ValueError, match="closed"):
            owned.fileno()
        assert repr(owned) == "Descriptor(closed)"
    finally:
        os.close(reused)


def test_a_descriptor_that_nobody_refers_to_is_closed() -> None:
    owned = Descriptor(os.open("/dev/null", os.O_RDONLY))
    number = owned.fileno()
    del owned
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)

"""The doctor says what is so: for root, for an ordinary user, and for one with the capabilities that it prescribes."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuibpf.diagnostics import NotSupported
from tuibpf.kernel import doctor, machine, privileges, vmlinux
from tuibpf.kernel.doctor import Finding, examine
from tuibpf.kernel.features import FEATURES

from .conftest import SUGGESTED


def found(findings: list[Finding]) -> dict[str, Finding]:
    by_name = {finding.what: finding for finding in findings}
    assert len(by_name) == len(findings)
    return by_name


def test_every_finding_can_be_shown() -> None:
    findings = examine()
    assert [finding.what for finding in findings][:4] == [
        "kernel",
        "types (BTF)",
        "privileges",
        "loading and attaching",
    ]
    for finding in findings:
        assert finding.what.isprintable()
        assert finding.detail.isprintable()
        assert finding.detail
        assert finding.remedy is None or not finding.ok


@pytest.mark.usefixtures("privileged", "kernel_types")
def test_who_can_load_is_told_so() -> None:
    told = found(examine())
    assert told["privileges"].ok
    assert told["loading and attaching"].ok
    assert {feature.title for feature in FEATURES.values()} <= set(told)


def test_an_ordinary_user_is_told_what_is_missing(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    told = found(unprivileged(examine))
    assert not told["privileges"].ok
    assert told["privileges"].vital
    assert told["privileges"].detail.endswith("with no capability that helps; CAP_BPF and CAP_PERFMON missing")
    assert told["privileges"].remedy is not None
    assert told["loading and attaching"] == Finding(
        "loading and attaching", False, "this user lacks CAP_BPF and CAP_PERFMON", told["privileges"].remedy
    )
    assert told["kernel"].ok


@pytest.mark.usefixtures("privileged", "kernel_types")
def test_the_prescribed_capabilities_are_enough(with_capabilities: Callable[..., Any]) -> None:
    told = found(with_capabilities(examine, *SUGGESTED))
    assert told["privileges"].ok
    assert told["loading and attaching"].ok
    if not told["perf events"].ok:
        assert "at which this kernel keeps perf events to CAP_SYS_ADMIN" in told["perf events"].detail
        assert "sudo sysctl kernel.perf_event_paranoid=2" in str(told["perf events"].remedy)
    stats = told[FEATURES["stats"].title]
    if not stats.ok:
        assert stats.detail == "CAP_SYS_ADMIN is missing; what a tool costs can not be shown"


def test_a_kernel_without_types(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise NotSupported("the kernel's types (BTF)", "there are none", "get some")

    monkeypatch.setattr(vmlinux, "load_btf", none)
    monkeypatch.setattr(doctor, "running_target", machine.Machine)
    told = found(examine())
    assert told["types (BTF)"] == Finding("types (BTF)", False, "there are none", "get some")
    assert FEATURES["ringbuf"].title not in told


@pytest.mark.usefixtures("kernel_types")
def test_a_feature_that_the_environment_takes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUIBPF_WITHOUT", "ringbuf")
    monkeypatch.setattr(doctor, "running_target", machine.Machine)
    finding = found(examine())[FEATURES["ringbuf"].title]
    assert finding == Finding(
        finding.what, False, "taken away by TUIBPF_WITHOUT; perf buffers are used instead", None, vital=False
    )


@pytest.mark.parametrize(
    ("modes", "ok"), [("[none] integrity confidentiality", True), ("none integrity [confidentiality]", False)]
)
def test_lockdown(modes: str, ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lockdown").write_text(modes + "\n")
    monkeypatch.setattr(doctor, "_LOCKDOWN", str(tmp_path / "lockdown"))
    assert found(examine())["lockdown"].ok is ok


@pytest.mark.parametrize(
    ("value", "ok", "detail"), [("0", False, "off: "), ("1", True, "on"), ("x", True, "not known")]
)
def test_the_compiler(value: str, ok: bool, detail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net" / "core" / "bpf_jit_enable"
    path.parent.mkdir(parents=True)
    path.write_text(value)
    monkeypatch.setattr(doctor, "_SYSCTL", f"{tmp_path}/")
    told = found(examine())
    assert told["JIT compiler"].ok is ok
    assert told["JIT compiler"].detail.startswith(detail)
    assert told["perf events"].detail == "the kernel was built without perf events"


def test_the_remedy_names_the_program_that_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/venv/bin/tuibpf", "run"])
    assert privileges.remedy().startswith("sudo /opt/venv/bin/tuibpf …, or as yourself")
    monkeypatch.setattr(sys, "argv", ["/usr/lib/python3/pytest"])
    assert privileges.remedy().startswith("sudo tuibpf …, or as yourself")
    monkeypatch.setattr(privileges, "_knows", lambda capability: False)  # before Linux 5.8
    assert privileges.remedy() == "sudo tuibpf …"


@pytest.mark.parametrize("number", [1, 13])
def test_why_the_kernel_refused(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(privileges, "effective", lambda: 0)
    assert privileges.denied("x", error).reason == "this user lacks CAP_BPF and CAP_PERFMON"
    monkeypatch.setattr(privileges, "_knows", lambda capability: False)
    assert privileges.denied("x", error).reason == "this user lacks CAP_SYS_ADMIN"
    monkeypatch.setattr(privileges, "effective", lambda: 1 << privileges.Capability.SYS_ADMIN)
    monkeypatch.setattr(privileges, "in_user_namespace", lambda: True)
    assert "container's user namespace" in privileges.denied("x", error).reason
    monkeypatch.setattr(privileges, "in_user_namespace", lambda: False)
    assert "although the capabilities are there" in privileges.denied("x", error).reason


def test_a_kernel_that_is_more_paranoid_than_linux_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian and Ubuntu keep perf_event_open(2) to CAP_SYS_ADMIN by a level that Linux itself does not have."""
    error = OSError(13, os.strerror(13))
    monkeypatch.setattr(privileges, "missing", list)
    monkeypatch.setattr(privileges, "in_user_namespace", lambda: False)
    monkeypatch.setattr(privileges, "effective", lambda: 1 << privileges.Capability.PERFMON)
    monkeypatch.setattr(privileges, "_perf_paranoia", lambda: 3)
    told = privileges.denied("perf buffer", error)
    assert told.reason == "kernel.perf_event_paranoid is 3, at which this kernel keeps perf events to CAP_SYS_ADMIN"
    monkeypatch.setattr(privileges, "_perf_paranoia", lambda: 2)
    assert "although the capabilities are there" in privileges.denied("perf buffer", error).reason


@pytest.mark.parametrize(("limit", "told"), [(65536, "64 KiB are allowed here (ulimit -l)"), (-1, "security module")])
def test_a_limit_of_locked_memory_is_named(limit: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On kernels that charge maps to it a refusal looks like any other: EPERM."""
    monkeypatch.setattr(privileges, "missing", list)
    monkeypatch.setattr(privileges, "in_user_namespace", lambda: False)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limit, limit))
    remedy = privileges.denied("map rows", OSError(1, os.strerror(1))).remedy
    assert remedy is not None
    assert told in remedy
    assert ("prlimit --memlock=unlimited" in remedy) is (limit >= 0)

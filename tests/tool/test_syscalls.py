"""The names of system calls: against the kernel's own events, and the headers of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tuibpf.tool.syscalls import syscall_names

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
# What the kernel's functions, after which the events are named, call otherwise than its table.
RENAMED = {"newstat": "stat", "newfstat": "fstat", "newlstat": "lstat", "newuname": "uname", "sendfile64": "sendfile",
           "umount": "umount2"}  # fmt: skip


def test_no_name_has_two_numbers():
    for machine in ("x86_64", "aarch64"):
        names = syscall_names(machine)
        assert len(set(names.values())) == len(names)
        assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names.values())


def test_numbers_that_everybody_knows():
    assert [syscall_names("x86_64")[number] for number in (0, 59, 231, 257, 334, 435)] == [
        "read", "execve", "exit_group", "openat", "rseq", "clone3",
    ]  # fmt: skip
    assert [syscall_names("aarch64")[number] for number in (63, 221, 94, 56, 260, 293, 435)] == [
        "read", "execve", "exit_group", "openat", "wait4", "rseq", "clone3",
    ]  # fmt: skip


def test_another_machine_has_numbers_alone():
    assert not syscall_names("vax")


@pytest.mark.skipif(not HEADER.exists(), reason=f"the kernel's headers are not here: {HEADER}")
def test_the_numbers_of_the_headers():
    defined = re.findall(r"^#define __NR_(\w+) (\d+)$", HEADER.read_text(), re.MULTILINE)
    names = syscall_names("x86_64")
    assert {int(number): name for name, number in defined}.items() <= names.items()


@pytest.mark.skipif(os.uname().machine not in ("x86_64", "aarch64"), reason="no names of this machine are known")
@pytest.mark.usefixtures("tracefs")
def test_every_call_that_this_kernel_traces_has_a_name():
    from tuibpf.kernel.machine import running_target

    prefix = "syscalls/sys_enter_"
    traced = {event.removeprefix(prefix) for event in running_target().formats if event.startswith(prefix)}
    assert {RENAMED.get(name, name) for name in traced} <= set(syscall_names().values())

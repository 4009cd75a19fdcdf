"""What the tests of the kernel layer share: leaks are looked for after each, and code can be run without privileges."""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tuibpf.kernel import info
from tuibpf.kernel.privileges import Capability

NOBODY = 65534
_CAPABILITY_VERSION_3 = 0x20080522  # _LINUX_CAPABILITY_VERSION_3, include/uapi/linux/capability.h
_KINDS = ("bpf-map", "bpf-prog", "bpf_link", "bpf-raw-tracepoint", "bpf-stats", "[perf_event]", "btf")


def own_descriptors() -> dict[int, str]:
    """The descriptors of this process that keep something of bpf(2) or perf_event_open(2) alive."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("anon_inode:") and any(kind in target for kind in _KINDS):
            found[int(name)] = target
    return found


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Every test of the kernel layer gives back what it opened, whatever happened in it."""
    before = own_descriptors()
    yield
    assert own_descriptors() == before


def named_objects(token: str) -> dict[str, list[str]]:
    """The names of all programs and maps in the kernel that contain *token*, and the links of such programs."""
    programs: dict[int, str] = {}
    for ident in info.program_ids():
        if (told := _told(info.program_fd_by_id, info.program_info, ident)) and token in told.name:
            programs[ident] = told.name
    maps = [
        told.name
        for ident in info.map_ids()
        if (told := _told(info.map_fd_by_id, info.map_info, ident)) and token in told.name
    ]
    links = [
        programs[told.program_id]
        for ident in info.link_ids()
        if (told := _told(info.link_fd_by_id, info.link_info, ident)) and told.program_id in programs
    ]
    return {"programs": sorted(programs.values()), "maps": sorted(maps), "links": sorted(links)}


def _told(open_by_id: Callable[[int], int], ask: Callable[[int], Any], ident: int) -> Any:
    try:
        fd = open_by_id(ident)
    except OSError:
        return None  # gone meanwhile
    try:
        return ask(fd)
    finally:
        os.close(fd)


NOTHING: dict[str, list[str]] = {"programs": [], "maps": [], "links": []}


def gone(token: str, within_s: float = 20.0) -> dict[str, list[str]]:
    """What is left of *token* once the kernel, which frees some things with a delay, had its time."""
    end = time.monotonic() + within_s
    while (left := named_objects(token)) != NOTHING and time.monotonic() < end:
        time.sleep(0.02)
    return left


@pytest.fixture(scope="session")
def may_list() -> None:
    """Skip where this user may not list the kernel's programs and maps."""
    try:
        info.program_ids()
    except OSError as error:
        pytest.skip(reason=f"bpf(BPF_PROG_GET_NEXT_ID): {error.strerror}")


@pytest.fixture
def kernel_objects(may_list: None) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
    """``listed(token)`` and ``left(token)``."""
    return named_objects, gone


def _with_capabilities(bits: int) -> None:
    """Keep only *bits* as this process's capabilities. As root, who would else get them all back."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low, high = bits & 0xFFFFFFFF, bits >> 32
    if libc.capset(header, struct.pack("=6I", low, low, 0, high, high, 0)):
        raise OSError(ctypes.get_errno(), "capset")


def _in_child(prepare: Callable[[], None], function: Callable[[], Any]) -> Any:
    """What *function* returns, or raises, in a forked child after *prepare*."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(readable)
            try:
                prepare()
                outcome = (True, function())
            except BaseException as error:  # noqa: BLE001 (it is raised again in the parent)
                outcome = (False, f"{error!r}\n{traceback.format_exc()}")
            with open(writable, "wb") as pipe:
                pickle.dump(outcome, pipe)
        finally:
            os._exit(0)
    os.close(writable)
    with open(readable, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert told, "the child died"
    worked, value = pickle.loads(told)
    assert worked, value
    return value


@pytest.fixture
def unprivileged() -> Callable[[Callable[[], Any]], Any]:
    """Call a function as a user without privileges; what it returns is pickled. Import what it needs beforehand."""

    assert resource, "it is imported lazily, and the interpreter may lie where nobody can read"

    def drop() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        _with_capabilities(0)  # of a user who is not root and has some all the same

    return lambda function: _in_child(drop, function)


@pytest.fixture
def with_capabilities() -> Callable[..., Any]:
    """Call a function with some capabilities and no others: ``with_capabilities(function, Capability.BPF)``."""
    if os.geteuid() != 0:
        pytest.skip(reason="this user is not root, so it has no capabilities to choose from")

    def call(function: Callable[[], Any], *capabilities: int) -> Any:
        bits = sum(1 << capability for capability in capabilities)
        return _in_child(lambda: _with_capabilities(bits), function)

    return call


SUGGESTED = (Capability.BPF, Capability.PERFMON, Capability.DAC_READ_SEARCH)  # what the remedy names

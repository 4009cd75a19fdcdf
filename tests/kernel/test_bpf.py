"""The commands of bpf(2) and perf_event_open(2) that no session needs yet, or only in passing."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from struct import pack

import pytest

from tuibpf.isa import Register, encode, exit_program, mov64_imm
from tuibpf.kernel import bpf, info, perf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.machine import running_target
from tuibpf.program import MapType, ProgramType

pytestmark = pytest.mark.usefixtures("privileged")

RETURNS_42 = encode((mov64_imm(Register.R0, 42), exit_program()))


@pytest.fixture
def owned() -> Iterator[list[Descriptor]]:
    opened: list[Descriptor] = []
    yield opened
    for descriptor in opened:
        descriptor.close()


def keep(owned: list[Descriptor], fd: int) -> int:
    owned.append(Descriptor(fd))
    return fd


def test_a_packet_is_run_through_a_socket_filter(owned: list[Descriptor]) -> None:
    fd = keep(owned, bpf.program_load(ProgramType.SOCKET_FILTER, RETURNS_42, "filter"))
    run = bpf.program_test_run(fd, data=bytes(64), repeat=10)
    assert run.retval == 42


@pytest.mark.usefixtures("may_list")
def test_what_the_kernel_tells_of_a_program(owned: list[Descriptor]) -> None:
    fd = keep(owned, bpf.program_load(ProgramType.RAW_TRACEPOINT, RETURNS_42, "forty_two"))
    told = info.program_info(fd)
    assert (told.type, told.name, told.map_count, told.runs) == (ProgramType.RAW_TRACEPOINT, "forty_two", 0, 0)
    assert info.program_instructions(fd) == RETURNS_42
    again = keep(owned, info.program_fd_by_id(told.id))
    assert info.program_info(again).tag == told.tag


@pytest.mark.usefixtures("may_list")
def test_what_the_kernel_tells_of_a_map(owned: list[Descriptor]) -> None:
    fd = keep(owned, bpf.map_create(MapType.HASH, 4, 8, 16, bpf.NO_PREALLOC, "sizes"))
    told = info.map_info(fd)
    assert told[2:] == (4, 8, 16, bpf.NO_PREALLOC, "sizes")
    assert told.id in info.map_ids()


def test_keys_that_are_gone_are_no_reason_to_stop(owned: list[Descriptor]) -> None:
    fd = keep(owned, bpf.map_create(MapType.HASH, 4, 4, 16))
    if "batch" not in running_target().features:
        pytest.skip(reason="the kernel has no batches")
    for number in (1, 3, 5):
        bpf.map_update(fd, pack("=I", number), bytes(4))
    keys = pack("=6I", 0, 1, 2, 3, 4, 5)
    assert bpf.map_delete_batch(fd, keys, 6, 4) == 3
    assert bpf.map_next_key(fd, None, 4) is None


def test_flags_of_an_update(owned: list[Descriptor]) -> None:
    fd = keep(owned, bpf.map_create(MapType.HASH, 4, 4, 16))
    with pytest.raises(OSError, match="No such file") as missing:
        bpf.map_update(fd, bytes(4), bytes(4), 2)
    bpf.map_update(fd, bytes(4), bytes(4), 1)
    with pytest.raises(OSError, match="exists") as there:
        bpf.map_update(fd, bytes(4), bytes(4), 1)
    assert (missing.value.errno, there.value.errno) == (errno.ENOENT, errno.EEXIST)


def test_types_of_a_program_of_its_own(owned: list[Descriptor]) -> None:
    strings = b"\0int\0"
    types = pack("=4I", 1, 1 << 24, 4, 1 << 24 | 32)
    header = pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings))
    assert keep(owned, bpf.btf_load(header + types + strings)) > 0
    with pytest.raises(OSError, match="Invalid"):
        bpf.btf_load(header)


@pytest.mark.usefixtures("tracefs")
def test_a_link_of_a_program_and_a_perf_event(owned: list[Descriptor]) -> None:
    from tuibpf.kernel.tracefs import Tracefs

    with Tracefs() as tracefs:
        event = keep(owned, perf.open_tracepoint(tracefs.event_id("sched/sched_process_exit")))
    program = keep(owned, bpf.program_load(ProgramType.TRACEPOINT, RETURNS_42, "linked"))
    try:
        link = keep(owned, bpf.link_create(program, event, bpf.PERF_EVENT))
    except OSError as error:
        pytest.skip(reason=f"bpf(BPF_LINK_CREATE) of a perf event: {error.strerror}")
    told = info.link_info(link)
    assert told.program_id == info.program_info(program).id
    assert told.id in info.link_ids()


def test_a_software_event_is_opened_and_enabled(owned: list[Descriptor]) -> None:
    fd = keep(owned, perf.open_software(perf.SoftwareEvent.CPU_CLOCK, 0, frequency_hz=49))
    perf.enable(fd)
    before = int.from_bytes(os.read(fd, 8), "little")
    while int.from_bytes(os.read(fd, 8), "little") == before:
        pass  # the clock of processor 0 moves on
    fd = keep(owned, perf.open_software(perf.SoftwareEvent.PAGE_FAULTS, 0, period=1))
    perf.enable(fd)


def test_a_map_that_hits_the_memory_limit_of_old_kernels_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, owned: list[Descriptor]
) -> None:
    """Since Linux 5.11 maps do not count against RLIMIT_MEMLOCK, so the first refusal is made up."""
    limits, call = [(65536, 65536)], bpf.call
    refusals = [OSError(errno.EPERM, "Operation not permitted")]

    def refuse_once(command: int, attr: bytes | bytearray) -> int:
        if refusals:
            raise refusals.pop()
        return call(command, attr)

    monkeypatch.setattr(bpf, "call", refuse_once)
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: limits.append(limit))
    assert keep(owned, bpf.map_create(MapType.ARRAY, 4, 4, 1)) > 0
    assert limits[-1] == (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    refusals.append(OSError(errno.EPERM, "Operation not permitted"))
    with pytest.raises(PermissionError):
        bpf.map_create(MapType.ARRAY, 4, 4, 1)  # the limit was not the reason

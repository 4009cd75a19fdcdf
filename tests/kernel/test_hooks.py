"""Every kind of hook sees exactly what this process does between attach and detach, and nothing before or after."""

from __future__ import annotations

import os
import threading
import time
from struct import unpack

import pytest

from tuibpf.btf import Kind
from tuibpf.diagnostics import NotSupported
from tuibpf.isa import (
    Alu,
    Atomic,
    Helper,
    Jump,
    alu64_imm,
    atomic,
    call,
    exit_program,
    jump64_reg,
    load,
    load_constant,
    mov64_imm,
)
from tuibpf.kernel.loaded import Loaded
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.kernel.machine import running_target
from tuibpf.program import Hook, HookKind, Map, MapType

from .assembly import R0, R1, R2, R6, Branch, Item, Label, MapOf, bundle, globals_map, program, returning

pytestmark = pytest.mark.usefixtures("privileged")

CALLS = Map("calls", MapType.ARRAY, 4, 8, 1)
GETPPID = {"x86_64": 110, "aarch64": 173}


def typed(event: str) -> Hook:
    ident = running_target().btf.find(f"btf_trace_{event}", Kind.TYPEDEF)
    if ident is None:
        pytest.skip(reason=f"the kernel's types have no btf_trace_{event}")
    return Hook(HookKind.TP_BTF, event, ident)


def count_own(*, number_at: int | None) -> tuple[Item, ...]:
    """Count what this process does; with *number_at* only where that u64 of the context says getppid()."""
    only: tuple[Item, ...] = ()
    if number_at is not None:
        only = (
            load(8, R6, R1, number_at),
            load_constant(R1, GETPPID[os.uname().machine]),
            Branch(jump64_reg(Jump.JNE, R6, R1, 0), "out"),
        )
    return (
        *only,
        call(Helper.GET_CURRENT_PID_TGID),
        alu64_imm(Alu.RSH, R0, 32),
        load_constant(R1, os.getpid()),
        Branch(jump64_reg(Jump.JNE, R0, R1, 0), "out"),
        MapOf(R1, "calls", 0),
        mov64_imm(R2, 1),
        atomic(Atomic.ADD, 8, R1, 0, R2),
        Label("out"),
        mov64_imm(R0, 0),
        exit_program(),
    )


def counted(loaded: Loaded) -> int:
    return int(unpack("=Q", loaded.map("calls").lookup(bytes(4)) or b"")[0])


@pytest.fixture(params=["tp_btf", "raw_tp", "tracepoint"])
def hook(request: pytest.FixtureRequest) -> tuple[Hook, int | None]:
    if request.param == "tp_btf":
        return typed("sys_enter"), 8
    if request.param == "raw_tp":
        return Hook(HookKind.RAW_TP, "sys_enter"), 8
    request.getfixturevalue("tracefs")
    event = "syscalls/sys_enter_getppid"
    if event not in running_target().formats:
        pytest.skip(reason=f"tracefs has no {event}")
    return Hook(HookKind.TRACEPOINT, event), None


def test_exactly_what_happens_between_attach_and_detach(hook: tuple[Hook, int | None]) -> None:
    place, number_at = hook
    with load_bundle(bundle("own", [program("count", count_own(number_at=number_at), place)], [CALLS])) as loaded:
        os.getppid()
        assert counted(loaded) == 0
        loaded.attach()
        for _ in range(1000):
            os.getppid()
        assert counted(loaded) == 1000
        loaded.detach()
        os.getppid()
        assert counted(loaded) == 1000
        loaded.attach()
        os.getppid()
        assert counted(loaded) == 1001


def test_every_processor_is_watched(hook: tuple[Hook, int | None]) -> None:
    """A tracepoint's event is opened on one processor alone; its program has to run on all."""
    place, number_at = hook
    with load_bundle(bundle("own", [program("count", count_own(number_at=number_at), place)], [CALLS])) as loaded:
        loaded.attach()
        cpus = os.sched_getaffinity(0)

        def work(cpu: int) -> None:
            os.sched_setaffinity(0, {cpu})  # of this thread
            for _ in range(50):
                os.getppid()

        for cpu in cpus:
            thread = threading.Thread(target=work, args=(cpu,))
            thread.start()
            thread.join()
        assert counted(loaded) == 50 * len(cpus)


@pytest.mark.usefixtures("tracefs")
def test_several_tracepoints_come_off_together() -> None:
    names = ["sched/sched_process_exit", "sched/sched_process_fork", "sched/sched_process_exec"]
    programs = [program(f"p{i}", returning(), Hook(HookKind.TRACEPOINT, name)) for i, name in enumerate(names)]
    with load_bundle(bundle("several", programs, [])) as loaded:
        loaded.attach()


@pytest.mark.usefixtures("tracefs")
def test_an_event_that_is_not_there() -> None:
    bad = program("p", returning(), Hook(HookKind.TRACEPOINT, "sched/no_such_event"))
    with load_bundle(bundle("none", [bad], [])) as loaded, pytest.raises(NotSupported) as refusal:
        loaded.attach()
    assert refusal.value.what == "tracepoint sched/no_such_event"
    assert refusal.value.reason == "this kernel has no such event"


def test_what_it_costs_is_counted_from_the_first_question_on() -> None:
    if "stats" not in running_target().features:
        pytest.skip(reason="the kernel lets this user measure no programs (BPF_ENABLE_STATS)")
    watched = program("count", count_own(number_at=8), Hook(HookKind.RAW_TP, "sys_enter"))
    with load_bundle(bundle("own", [watched], [CALLS, globals_map()])) as loaded:
        start = loaded.cost()
        assert (start.run_ns, start.runs) == (0, 0)
        loaded.attach()
        for _ in range(100):
            os.getppid()
        cost = loaded.cost()
        assert cost.runs >= 100
        assert cost.run_ns > 0
        assert time.monotonic_ns() > cost.run_ns

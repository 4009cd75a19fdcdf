"""Maps: one entry, all of them, and those of an epoch, with batches and without; a count on the move is never lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from struct import Struct, pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuibpf.isa import (
    Alu,
    Helper,
    Jump,
    alu64_imm,
    call,
    exit_program,
    jump64_reg,
    load,
    load_constant,
    mov64_imm,
    store_reg,
)
from tuibpf.kernel import bpf
from tuibpf.kernel.cpus import possible_cpus
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.kernel.maps import KernelMap
from tuibpf.program import Hook, HookKind, Map, MapType

from .assembly import FP, R0, R1, R6, Branch, Item, Label, bundle, globals_map, program, tally

pytestmark = pytest.mark.usefixtures("privileged")

ENTRY = Struct("=QQ")


def table(entries: int = 1024, kind: MapType = MapType.HASH, key: int = 16, value: int = 8) -> Map:
    return Map("table", kind, key, value, entries, bpf.NO_PREALLOC if kind is MapType.HASH else 0)


@pytest.fixture(params=[True, False], ids=["batches", "one by one"])
def batches(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def kernel_map(batches: bool) -> Iterator[KernelMap]:
    made = KernelMap.create(table(), batches=batches)
    yield made
    made.close()


def contents(keys: bytes, values: bytes) -> dict[tuple[int, ...], int]:
    found = dict(zip(ENTRY.iter_unpack(keys), (value for (value,) in Struct("=Q").iter_unpack(values)), strict=True))
    assert len(found) == len(keys) // ENTRY.size, "no key twice"
    return found


def test_one_entry(kernel_map: KernelMap) -> None:
    key = ENTRY.pack(1, 2)
    assert kernel_map.lookup(key) is None
    assert not kernel_map.delete(key)
    kernel_map.update(key, pack("=Q", 9))
    assert kernel_map.lookup(key) == pack("=Q", 9)
    assert kernel_map.delete(key)
    assert kernel_map.lookup(key) is None


def test_an_empty_map(kernel_map: KernelMap) -> None:
    assert kernel_map.items() == (b"", b"", 0)
    assert kernel_map.take(5) == (b"", b"", 0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 2**64 - 1)), st.integers(0, 2**64 - 1), max_size=99))
def test_an_epoch_is_taken_and_the_rest_stays(kernel_map: KernelMap, entries: dict[tuple[int, int], int]) -> None:
    for key, value in entries.items():
        kernel_map.update(ENTRY.pack(*key), pack("=Q", value))
    everything = kernel_map.items()
    assert contents(everything.keys, everything.values) == entries
    for epoch in (2, 5):
        taken = kernel_map.take(epoch)
        want = {key: value for key, value in entries.items() if key[0] <= epoch}
        assert contents(taken.keys, taken.values) == want
        assert taken.count == len(want)
        entries = {key: value for key, value in entries.items() if key[0] > epoch}
        left = kernel_map.items()
        assert contents(left.keys, left.values) == entries


def test_a_full_map_of_many_batches(batches: bool) -> None:
    kernel_map = KernelMap.create(table(20_000), batches=batches)
    try:
        want = {(number % 2, number): number * 3 for number in range(20_000)}
        for key, value in want.items():
            kernel_map.update(ENTRY.pack(*key), pack("=Q", value))
        with pytest.raises(OSError, match=r".") as full:
            kernel_map.update(ENTRY.pack(9, 9), pack("=Q", 9))
        assert full.value.errno == errno.E2BIG
        taken = kernel_map.take(0)
        assert contents(taken.keys, taken.values) == {key: value for key, value in want.items() if not key[0]}
        assert kernel_map.items().count == 10_000
    finally:
        kernel_map.close()


def test_a_walk_that_meets_keys_being_taken_out_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without batches a hash starts over when the key under the walker's feet is gone; nothing may be missed."""
    kernel_map = KernelMap.create(table(), batches=False)
    try:
        for number in range(200):
            kernel_map.update(ENTRY.pack(number % 2, number), pack("=Q", number))
        next_key, steps = bpf.map_next_key, [0]

        def disturbed(fd: int, key: bytes | None, key_size: int) -> bytes | None:
            steps[0] += 1
            if key is not None and steps[0] % 7 == 0 and ENTRY.unpack(key)[0] == 1:
                kernel_map.delete(key)
            return next_key(fd, key, key_size)

        monkeypatch.setattr(bpf, "map_next_key", disturbed)
        taken = kernel_map.take(0)
        assert contents(taken.keys, taken.values) == {(0, number): number for number in range(0, 200, 2)}
    finally:
        kernel_map.close()


@pytest.mark.parametrize("kind", [MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH])
def test_the_values_of_all_processors_are_added(kind: MapType, batches: bool) -> None:
    kernel_map = KernelMap.create(table(64, kind, 16, 12), batches=batches)
    try:
        assert kernel_map.value_bytes == 16 * possible_cpus()
        one = b"".join(pack("=QI4x", 2**63 + cpu, cpu) for cpu in range(possible_cpus()))
        kernel_map.update(ENTRY.pack(0, 1), one)
        kernel_map.update(ENTRY.pack(0, 2), pack("=QI4x", 5, 6) * possible_cpus())
        taken = kernel_map.take(0)
        assert taken.count == 2
        added = kernel_map.summed(taken.values, taken.count)
        by_key = {ENTRY.unpack_from(taken.keys, 16 * i)[1]: Struct("=QI").unpack_from(added, 12 * i) for i in range(2)}
        cpus = range(possible_cpus())
        assert by_key == {
            1: (sum(2**63 + cpu for cpu in cpus) % 2**64, sum(cpus)),
            2: (5 * len(cpus), 6 * len(cpus)),
        }
    finally:
        kernel_map.close()


def test_a_value_without_processors_is_its_own_sum(kernel_map: KernelMap) -> None:
    assert kernel_map.summed(b"12345678", 1) == b"12345678"


def test_a_closed_map(kernel_map: KernelMap) -> None:
    kernel_map.close()
    with pytest.raises(ValueError, match="closed"):
        kernel_map.lookup(ENTRY.pack(0, 0))


def counting(pause: int) -> tuple[Hook, tuple[Item, ...]]:
    """Count every getppid() on the machine by process and epoch, at the entry of all system calls."""
    number = {"x86_64": 110, "aarch64": 173}[os.uname().machine]
    items = (
        load(8, R6, R1, 8),  # the number of the system call
        load_constant(R1, number),
        Branch(jump64_reg(Jump.JNE, R6, R1, 0), "out"),
        call(Helper.GET_CURRENT_PID_TGID),
        alu64_imm(Alu.RSH, R0, 32),
        store_reg(8, FP, -8, R0),
        *tally("table", -8, pause=pause),
        Label("out"),
        mov64_imm(R0, 0),
        exit_program(),
    )
    return Hook(HookKind.RAW_TP, "sys_enter"), items


def calling(calls: int) -> int:
    """A child process that calls getppid() so often. No thread: those of Python take turns, in system calls too."""
    child = os.fork()
    if not child:
        for _ in range(calls):
            os.getppid()
        os._exit(0)
    return child


@pytest.mark.parametrize(("calls", "pause"), [(200_000, 1), (3_000, 100_000)], ids=["fast", "slow"])
def test_nothing_is_lost_or_counted_twice_while_it_is_read(
    calls: int, pause: int, batches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes make system calls as fast as they can, while the table is read and emptied.

    Slow programs hold an entry for some 50 µs before they add to it: without the wait for them, while the epoch moves
    on, nearly every turn would take an entry out under their hands.
    """
    if not batches:
        monkeypatch.setenv("TUIBPF_WITHOUT", "batch")
    hook, items = counting(pause)
    made = bundle("tally", [program("count", items, hook)], [table(), globals_map()], losses=("lost",))
    with load_bundle(made) as loaded:
        loaded.attach()
        children = [calling(calls), calling(calls)]
        running, counted, turns = set(children), dict.fromkeys(children, 0), 0
        while turns < 2 or running:
            running -= {child for child in running if os.waitpid(child, os.WNOHANG)[0]}
            epoch = loaded.advance_epoch()  # one more time after both have ended
            taken = loaded.map("table").take(epoch)
            for (of, process), value in contents(taken.keys, taken.values).items():
                assert of == epoch
                if process in counted:  # others may call it too
                    counted[process] += value
            turns += 1
        assert list(counted.values()) == [calls, calls]
        assert loaded.losses() == {"lost": 0}

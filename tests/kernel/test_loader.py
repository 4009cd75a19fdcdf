"""From a bundle to the kernel and back: relocations, the globals, the epoch, refusals, and the errors of the kernel."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack
from typing import Any

import pytest

from tuibpf.diagnostics import CompileError, NotSupported, Span
from tuibpf.isa import Alu, Atomic, alu64_imm, atomic, exit_program, load, mov64_imm, store_reg
from tuibpf.kernel import bpf
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.kernel.privileges import Capability
from tuibpf.program import Hook, HookKind, Line, Map, MapType

from .assembly import FP, R0, R1, R2, MapOf, bundle, count_loss, globals_map, program, returning

pytestmark = pytest.mark.usefixtures("privileged")

CELL = Map("cell", MapType.ARRAY, 4, 16, 1)
ZERO = bytes(4)


def test_maps_and_places_in_them_are_filled_in() -> None:
    items = (
        load(8, R2, R1, 0),
        MapOf(R1, "cell", 8),
        store_reg(8, R1, 0, R2),
        MapOf(R1, "globals", 8),
        mov64_imm(R2, 3),
        atomic(Atomic.ADD, 8, R1, 0, R2),
        *returning(7),
    )
    with load_bundle(bundle("cells", [program("set", items)], [CELL, globals_map()], losses=("why",))) as loaded:
        assert loaded.test_run("set", pack("=Q", 99)).retval == 7
        assert loaded.map("cell").lookup(ZERO) == pack("=QQ", 0, 99)
        assert loaded.losses() == {"why": 3}
        (one,) = loaded.programs
        assert (one.name, one.info().name, one.info().map_count) == ("set", "set", 2)
        assert one.id == one.info().id > 0
        assert len(one.instructions()) == one.info().xlated_bytes > 0


def test_the_epoch_moves_on_and_is_what_programs_see() -> None:
    items = (MapOf(R1, "globals", 0), load(8, R2, R1, 0), MapOf(R1, "cell", 0), store_reg(8, R1, 0, R2), *returning())
    with load_bundle(bundle("epochs", [program("see", items)], [CELL, globals_map()])) as loaded:
        for epoch in range(3):
            assert loaded.epoch == epoch
            loaded.test_run("see", pack("=Q", 0))
            assert loaded.map("cell").lookup(ZERO) == pack("=QQ", epoch, 0)
            assert loaded.advance_epoch() == epoch


def test_counters_survive_a_move_of_the_epoch() -> None:
    with load_bundle(
        bundle("both", [program("lose", (*count_loss(), *returning()))], [globals_map()], losses=("why",))
    ) as loaded:
        for number in range(5):
            loaded.test_run("lose", pack("=Q", 0))
            loaded.advance_epoch()
            assert loaded.losses() == {"why": number + 1}


def test_without_globals() -> None:
    with load_bundle(bundle("plain", [program("nothing", returning())], [])) as loaded:
        assert loaded.losses() == {}
        with pytest.raises(ValueError, match="no epochs"):
            loaded.advance_epoch()
        with pytest.raises(KeyError):
            loaded.map("none")


def test_a_session_may_close_twice() -> None:
    loaded = load_bundle(bundle("twice", [program("nothing", returning())], [globals_map()]))
    loaded.attach()
    loaded.advance_epoch()
    loaded.cost()
    loaded.close()
    loaded.close()
    loaded.detach()


def test_an_exception_closes_everything() -> None:
    def fails() -> None:
        with load_bundle(bundle("x", [program("p", returning())], [globals_map()])) as loaded:
            loaded.attach()
            loaded.advance_epoch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()


def test_where_one_program_can_not_be_attached_none_is() -> None:
    good = program("good", returning())
    bad = program("bad", returning(), Hook(HookKind.RAW_TP, "no_such_event"))
    with load_bundle(bundle("halves", [good, bad], [])) as loaded:
        with pytest.raises(NotSupported, match="raw_tp no_such_event: this kernel has no such tracepoint"):
            loaded.attach()
        assert loaded._attachments == []


LINES = (Line(0, Span(1, 0, 1, 3)), Line(1, Span(2, 1, 2, 3)), Line(2, Span(3, 0, 3, 5)))


def test_the_verifier_refuses_at_the_line_of_the_script() -> None:
    """Reading the stack where nothing was written: the compiler would not do that, the verifier is to find it."""
    items = (mov64_imm(R0, 0), load(8, R1, FP, 8), exit_program())
    with pytest.raises(CompileError) as refusal:
        load_bundle(bundle("wrong", [program("reads", items, lines=LINES)], [globals_map()]))
    told = refusal.value.diagnostic
    assert told.span == Span(2, 1, 2, 3)
    assert told.message.startswith("the kernel's verifier refuses reads: invalid ")
    assert told.render().splitlines()[:3] == [
        f"wrong.py:2:2: error: {told.message}",
        "    2 | two",
        "      |  ^^",
    ]


def test_an_early_check_of_the_kernel_names_its_instruction() -> None:
    items = (mov64_imm(R0, 0), alu64_imm(Alu.DIV, R0, 0), exit_program())
    with pytest.raises(CompileError) as refusal:
        load_bundle(bundle("wrong", [program("divides", items, lines=LINES)], []))
    assert refusal.value.diagnostic.span == Span(2, 1, 2, 3)
    assert "div by zero" in refusal.value.diagnostic.message


def test_a_long_log_is_read_to_its_end() -> None:
    """60,000 instructions make a log of more than a megabyte; what matters stands in its last lines."""
    items = (*(mov64_imm(R0, number) for number in range(60_000)), load(8, R1, FP, 8), exit_program())
    with pytest.raises(CompileError) as refusal:
        load_bundle(bundle("wrong", [program("long", items, lines=(*LINES, Line(60_000, Span(3, 0, 3, 1))))], []))
    assert refusal.value.diagnostic.span == Span(3, 0, 3, 1)


def _typed(event: str) -> Hook:
    from tuibpf.btf import Kind
    from tuibpf.kernel.machine import running_target

    ident = running_target().btf.find(f"btf_trace_{event}", Kind.TYPEDEF)
    assert ident is not None
    return Hook(HookKind.TP_BTF, event, ident)


def test_a_program_without_an_exit_is_refused() -> None:
    with pytest.raises(CompileError, match="the kernel's verifier refuses endless"):
        load_bundle(bundle("wrong", [program("endless", (mov64_imm(R0, 0), mov64_imm(R0, 1)))], []))


def test_an_event_that_the_kernels_types_do_not_have() -> None:
    with pytest.raises((NotSupported, CompileError)):
        load_bundle(bundle("wrong", [program("p", returning(), Hook(HookKind.TP_BTF, "none", 1))], []))


def test_a_map_that_the_kernel_does_not_make() -> None:
    with pytest.raises(NotSupported, match=r"map odd \(RINGBUF, 12345 entries\): the kernel does not create it"):
        load_bundle(bundle("wrong", [], [Map("odd", MapType.RINGBUF, 0, 0, 12345)]))


def test_names_are_cut_and_cleaned_for_the_kernel() -> None:
    assert bpf.object_name("a name with spaces and ünïcode") == b"a_name_with_spa"
    long = program("a-program/with a long name", returning())
    with load_bundle(bundle("names", [long], [Map("é" * 30, MapType.ARRAY, 4, 4, 1)])) as loaded:
        assert loaded.programs[0].info().name == "a_program_with_"


def test_what_an_ordinary_user_is_told(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    def refusal() -> tuple[str, str, str | None]:
        try:
            load_bundle(bundle("mine", [program("p", returning())], [globals_map()]))
        except NotSupported as error:
            return error.what, error.reason, error.remedy
        return "loaded", "", ""

    what, reason, remedy = unprivileged(refusal)
    assert (what, reason) == ("map globals", "this user lacks CAP_BPF and CAP_PERFMON")
    assert remedy is not None
    assert remedy.startswith("sudo ")
    assert "+bpf,+perfmon" in remedy


def test_what_is_missing_is_named_exactly(with_capabilities: Callable[..., Any]) -> None:
    def refusal() -> str:
        try:
            load_bundle(bundle("mine", [program("p", returning(), _typed("sched_process_exit"))], [])).attach()
        except NotSupported as error:
            return error.reason
        return "attached"

    assert with_capabilities(refusal) == "this user lacks CAP_BPF and CAP_PERFMON"
    assert with_capabilities(refusal, Capability.BPF) == "this user lacks CAP_PERFMON"
    assert with_capabilities(refusal, Capability.PERFMON) == "this user lacks CAP_BPF"
    assert with_capabilities(refusal, Capability.BPF, Capability.PERFMON) == "attached"
    assert with_capabilities(refusal, Capability.SYS_ADMIN) == "attached"


def test_runs_that_the_kernel_skipped_are_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    with load_bundle(bundle("plain", [program("nothing", returning())], [])) as loaded:
        told = loaded.programs[0].info()
        monkeypatch.setattr(type(loaded.programs[0]), "info", lambda self: told._replace(missed=3))
        assert loaded.losses() == {"runs skipped by the kernel": 3}

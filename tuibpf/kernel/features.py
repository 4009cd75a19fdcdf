"""What this kernel can do, found out by trying it: never by its version, which tells nothing of a backport.

A probe runs when its name is first asked for and takes some 30 µs, so that a launch pays only for what it asks. A user
who may not try gets the answer from the kernel's types instead: the constants of include/uapi/linux/bpf.h are in them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tuibpf.btf import Btf, Kind
from tuibpf.isa import (
    Alu,
    Atomic,
    Helper,
    Instruction,
    Register,
    alu64_imm,
    atomic,
    call,
    encode,
    exit_program,
    mov64_imm,
    store_imm,
)
from tuibpf.kernel import bpf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.program import MapType, ProgramType

__all__ = ["FEATURES", "WITHOUT_VARIABLE", "Features", "withheld"]

#: Features to do without, separated by commas: for tests of what happens on kernels that lack them.
WITHOUT_VARIABLE = "TUIBPF_WITHOUT"

_HELPER_PREFIX = "helper:"
_REFUSED = (errno.EPERM, errno.EACCES)
_LOG_BYTES = 4096


class Feature(NamedTuple):
    """*probe* tries it: True, False, or ``OSError`` with EPERM where this user may not try.

    *witness* is an enumerator in the kernel's types that came with it, or with the same release.
    """

    title: str
    probe: Callable[[Btf], bool]
    witness: str


def _works(make: Callable[[], int]) -> bool:
    """Whether *make* gives a descriptor, which is closed at once; ``OSError`` where this user may not try."""
    try:
        Descriptor(make()).close()
    except OSError as error:
        if error.errno in _REFUSED and not _may_load():
            raise
        return False
    return True


def _may_load() -> bool:
    from tuibpf.kernel.privileges import missing

    return not missing()


def _loads(*instructions: Instruction) -> bool:
    """Whether the verifier takes *instructions*, followed by ``return 0``, as a raw tracepoint's program."""
    code = encode((*instructions, mov64_imm(Register.R0, 0), exit_program()))
    return _works(lambda: bpf.program_load(ProgramType.RAW_TRACEPOINT, code, "tuibpf_feature"))


def _ring_buffer(_: Btf) -> bool:
    return _works(lambda: bpf.map_create(MapType.RINGBUF, 0, 0, os.sysconf("SC_PAGE_SIZE"), 0, "tuibpf_feature"))


def _batch(_: Btf) -> bool:
    try:
        table = Descriptor(bpf.map_create(MapType.HASH, 4, 4, 1, bpf.NO_PREALLOC, "tuibpf_feature"))
    except OSError as error:
        if error.errno in _REFUSED:
            raise
        return False
    try:
        bpf.map_lookup_batch(table.fileno(), None, 1, 4, 4)
    except OSError:
        return False
    finally:
        table.close()
    return True


def _typed_tracepoint(btf: Btf) -> bool:
    event = btf.find("btf_trace_sched_switch", Kind.TYPEDEF)
    if event is None:
        return False
    code = encode((mov64_imm(Register.R0, 0), exit_program()))
    return _works(
        lambda: bpf.program_load(
            ProgramType.TRACING, code, "tuibpf_feature", expected_attach_type=bpf.TRACE_RAW_TP, attach_btf_id=event
        )
    )


def _raw_tracepoint(_: Btf) -> bool:
    return _loads()


def _fetching_atomics(_: Btf) -> bool:
    return _loads(
        store_imm(8, Register.FP, -8, 0),
        mov64_imm(Register.R1, 1),
        atomic(Atomic.FETCH_ADD, 8, Register.FP, -8, Register.R1),
    )


def _signed_division(_: Btf) -> bool:
    return _loads(mov64_imm(Register.R1, -7), alu64_imm(Alu.SDIV, Register.R1, 2))


def _statistics(_: Btf) -> bool:
    return _works(bpf.enable_stats)


FEATURES: dict[str, Feature] = {
    "ringbuf": Feature("ring buffers (Linux 5.8)", _ring_buffer, "BPF_MAP_TYPE_RINGBUF"),
    "batch": Feature("maps read and emptied in batches (Linux 5.6)", _batch, "BPF_MAP_LOOKUP_BATCH"),
    "raw_tp": Feature("raw tracepoints (Linux 4.17)", _raw_tracepoint, "BPF_PROG_TYPE_RAW_TRACEPOINT"),
    "tp_btf": Feature("BTF-typed tracepoints (Linux 5.5)", _typed_tracepoint, "BPF_TRACE_RAW_TP"),
    "atomic_fetch": Feature("atomic operations that fetch (Linux 5.12)", _fetching_atomics, "BPF_FUNC_check_mtu"),
    "isa_v4": Feature("signed division, ISA v4 (Linux 6.6)", _signed_division, "BPF_TCX_INGRESS"),
    "stats": Feature("the run time of programs (Linux 5.8)", _statistics, "BPF_STATS_RUN_TIME"),
}
"""By name. ``helper:NAME``, with a name of ``isa.Helper`` in lower case, is a feature too and not listed."""


def withheld() -> frozenset[str]:
    """The features that the environment takes away."""
    names = os.environ.get(WITHOUT_VARIABLE, "")
    return frozenset(name.strip() for name in names.split(",") if name.strip()) if names else frozenset()


class Features:
    """The names of what the running kernel, of the types *btf*, can do: ``"ringbuf" in features``."""

    def __init__(self, btf: Btf) -> None:
        self._btf = btf
        self._known: dict[str, bool] = dict.fromkeys(withheld(), False)

    def __contains__(self, name: object) -> bool:
        """Whether the kernel has the feature *name*; ``ValueError`` for one that nobody knows how to probe."""
        if not isinstance(name, str):
            return False
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._probe(name)
        return known

    def __iter__(self) -> Iterator[str]:
        """The names of the listed features that are there; probes them all, in about a millisecond."""
        return (name for name in FEATURES if name in self)

    def _probe(self, name: str) -> bool:
        if name.startswith(_HELPER_PREFIX):
            return self._probe_helper(name.removeprefix(_HELPER_PREFIX))
        feature = FEATURES.get(name)
        if feature is None:
            raise ValueError(f"no feature is called {name!r}")
        try:
            return feature.probe(self._btf)
        except OSError:
            return self._btf.enumerator(feature.witness) is not None

    def _probe_helper(self, name: str) -> bool:
        """Call it without arguments: the verifier says at once if there is no such helper for this type of program."""
        try:
            helper = Helper[name.upper()]
        except KeyError:
            raise ValueError(f"no helper is called {name!r}") from None
        if self._btf.enumerator(f"BPF_FUNC_{name}") is None:
            return False
        log = bytearray(_LOG_BYTES)
        try:
            code = encode((call(helper), mov64_imm(Register.R0, 0), exit_program()))
            Descriptor(bpf.program_load(ProgramType.RAW_TRACEPOINT, code, "tuibpf_feature", log=log)).close()
        except OSError as error:
            if error.errno in _REFUSED and not log[0]:
                return True  # this user may not try; the kernel's types have it
            return not any(words in log for words in (b"unknown func", b"invalid func", b"cannot use helper"))
        return True

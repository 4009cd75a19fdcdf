"""What this kernel can do, found out by trying it: never by its version, which tells nothing of a backport.

A probe runs when its name is first asked for and takes some 30 µs, so that a launch pays only for what it asks. A user
who may not try gets the answer from the kernel's types instead: the constants of include/uapi/linux/bpf.h are in them.
"""

import errno
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from tuibpf.kernel import bpf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.program import MapType, ProgramType

if TYPE_CHECKING:  # most launches ask for ring buffers only, and look up no type
    from tuibpf.btf import Btf

__all__ = ["FEATURES", "WITHOUT_VARIABLE", "Features", "withheld"]

#: Features to do without, separated by commas: for tests of what happens on kernels that lack them.
WITHOUT_VARIABLE = "TUIBPF_WITHOUT"

_HELPER_PREFIX = "helper:"
_NAME = "tuibpf_feature"
_REFUSED = (errno.EPERM, errno.EACCES)
_LOG_BYTES = 4096


Types = Callable[[], "Btf"]


class Feature(NamedTuple):
    """*probe* tries it: True, False, or ``OSError`` with EPERM where this user may not try.

    *witness* is an enumerator in the kernel's types that came with it, or with the same release.
    """

    title: str
    probe: Callable[[Types], bool]
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


def _takes(code: bytes) -> bool:
    """Whether the verifier takes *code* as a raw tracepoint's program."""
    return _works(lambda: bpf.program_load(ProgramType.RAW_TRACEPOINT, code, _NAME))


def _ring_buffer(_: Types) -> bool:
    return _works(lambda: bpf.map_create(MapType.RINGBUF, 0, 0, os.sysconf("SC_PAGE_SIZE"), 0, _NAME))


def _batch(_: Types) -> bool:
    try:
        table = Descriptor(bpf.map_create(MapType.HASH, 4, 4, 1, bpf.NO_PREALLOC, _NAME))
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


def _typed_tracepoint(types: Types) -> bool:
    from tuibpf.btf import Kind
    from tuibpf.kernel.trial_programs import EMPTY

    event = types().find("btf_trace_sched_switch", Kind.TYPEDEF)
    if event is None:
        return False
    return _works(
        lambda: bpf.program_load(
            ProgramType.TRACING, EMPTY, _NAME, expected_attach_type=bpf.TRACE_RAW_TP, attach_btf_id=event
        )
    )


def _raw_tracepoint(_: Types) -> bool:
    from tuibpf.kernel.trial_programs import EMPTY

    return _takes(EMPTY)


def _fetching_atomics(_: Types) -> bool:
    from tuibpf.kernel.trial_programs import FETCHING_ATOMIC

    return _takes(FETCHING_ATOMIC)


def _signed_division(_: Types) -> bool:
    from tuibpf.kernel.trial_programs import SIGNED_DIVISION

    return _takes(SIGNED_DIVISION)


def _statistics(_: Types) -> bool:
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
    """The names of what the running kernel can do: ``"ringbuf" in features``.

    *types* gives its types; it is called by probes that need them.
    """

    def __init__(self, types: Types) -> None:
        self._types = types
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
            return feature.probe(self._types)
        except OSError:
            return self._types().enumerator(feature.witness) is not None

    def _probe_helper(self, name: str) -> bool:
        """Call it without arguments: the verifier says at once if there is no such helper for this type of program."""
        from tuibpf.kernel.trial_programs import calling

        code = calling(name)
        if self._types().enumerator(f"BPF_FUNC_{name}") is None:
            return False
        log = bytearray(_LOG_BYTES)
        try:
            Descriptor(bpf.program_load(ProgramType.RAW_TRACEPOINT, code, _NAME, log=log)).close()
        except OSError as error:
            if error.errno in _REFUSED and not log[0]:
                return True  # this user may not try; the kernel's types have it
            return not any(words in log for words in (b"unknown func", b"invalid func", b"cannot use helper"))
        return True

"""Helpers that answer the same throughout one run of a program are asked once."""

from __future__ import annotations

from tuibpf.ir import Block, Function, ops
from tuibpf.ir.ops import Op
from tuibpf.isa import Helper
from tuibpf.passes.replace import replace

__all__ = ["WITHOUT_EFFECT", "ask_once"]

_INVARIANT = frozenset({
    Helper.GET_CURRENT_PID_TGID, Helper.GET_CURRENT_UID_GID, Helper.GET_CURRENT_TASK, Helper.GET_CURRENT_TASK_BTF,
    Helper.GET_CURRENT_CGROUP_ID, Helper.GET_SMP_PROCESSOR_ID, Helper.GET_NUMA_NODE_ID,
})  # fmt: skip
"""Without arguments; the task and the processor do not change while a program runs."""
WITHOUT_EFFECT = _INVARIANT | {
    Helper.KTIME_GET_NS, Helper.KTIME_GET_BOOT_NS, Helper.KTIME_GET_COARSE_NS, Helper.KTIME_GET_TAI_NS,
    Helper.JIFFIES64, Helper.GET_PRANDOM_U32,
}  # fmt: skip
"""Helpers that only tell something: where nobody reads the answer, the call can go."""


def ask_once(function: Function) -> None:
    """A call whose answer is known on every way to it goes; dead code takes it away.

    Before::

        %1: u64 = call get_current_pid_tgid()
        …
        %7: u64 = call get_current_pid_tgid()
        %8: u64 = rsh %7, 32

    After::

        %1: u64 = call get_current_pid_tgid()
        …
        %8: u64 = rsh %1, 32
    """
    asked: set[Helper] = set()
    twice: set[Helper] = set()
    for block in function.blocks:
        if ops.Call in map(type, block.ops):
            for op in block.ops:
                if op.__class__ is ops.Call and op.helper in _INVARIANT:
                    (twice if op.helper in asked else asked).add(op.helper)
    if twice:
        _share(function, twice)


def _share(function: Function, helpers: set[Helper]) -> None:
    """Walk the blocks in their order; at the begin of each, the answers known are those that all ways there share."""
    predecessors = function.predecessors()
    known: dict[Block, dict[Helper, Op]] = {}
    replaced: dict[Op, Op] = {}
    for block in function.blocks:
        before = [known.get(one, {}) for one in predecessors[block]]
        here = {
            helper: op for helper, op in (before[0].items() if before else ())
            if all(other.get(helper) is op for other in before)
        }  # fmt: skip
        for op in block.ops:
            if op.__class__ is ops.Call:
                if op.helper in here:
                    replaced[op] = here[op.helper]
                elif op.helper in helpers:
                    here[op.helper] = op
        known[block] = here
    replace(function, replaced)

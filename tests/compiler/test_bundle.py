"""What a bundle holds, and what it leaves out."""

from __future__ import annotations

from tests.frontend.small_kernel import SmallKernel
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import Source

SCRIPT = """
from tuibpf.lang import *

fails = Option("-x", "--fails", help="those that fail as well")
ends = Hash(Pid, u64)
calls = LruHash(Tid, u64, 8192)
lifetimes = Histogram(Milliseconds)

@tp_btf("sched_process_exit")
def left(p: "struct task_struct *"):
    ends[p.tgid] = now()
    if fails:
        calls.remove(p.pid)
"""


def test_maps_that_no_one_names_are_left_out() -> None:
    source = Source("tools/process/exits.py", SCRIPT)
    without = compile_script(source, {}, SmallKernel())
    assert [spec.name for spec in without.maps] == ["ends", "lifetimes", "globals"]
    assert without.name == "exits"
    with_fails = compile_script(source, {"fails": True}, SmallKernel())
    assert [spec.name for spec in with_fails.maps] == ["ends", "calls", "lifetimes", "globals"]

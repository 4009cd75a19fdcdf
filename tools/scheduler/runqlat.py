"""Run queue latency as a histogram: how long tasks that could run waited for a processor.

From the moment a task is woken, or loses the processor while it could go on, until it is switched in. Where the wait
began stays so when a waiting task is woken once more. The idle task does not wait. -P, -L and --pidnss can be
combined; a process that changes its name by exec is a process of each name.

usage: tuibpf run runqlat [-P | -L | --pidnss] [-m] [-p PID]

    $ tuibpf run runqlat -P
    pid = 2817, comm = sshd
         usecs               : count    distribution
             4 -> 7          : 12      |***********                             |
             8 -> 15         : 41      |****************************************|
"""

from tuibpf.lang import *

by_process = Option("-P", "--pids", help="one histogram per process")
by_thread = Option("-L", "--tids", help="one histogram per thread")
by_namespace = Option("--pidnss", help="one histogram per PID namespace, by its inode number")
milliseconds = Option("-m", "--milliseconds", help="in milliseconds")
only_pid = Option("-p", "--pid", type=Pid, help="only this process")

UPID_BYTES = 16  # struct upid: an int, and a pointer


class Owner(Struct):
    pid: Pid = Column(shown=by_process)
    tid: Tid = Column(shown=by_thread)
    comm: Comm = Column(shown=by_process or by_thread)
    pidns: u32 = Column(shown=by_namespace)


keyed = by_process or by_thread or by_namespace
waiting = Hash(Tid, Nanoseconds, 65536)
latency = Histogram(Milliseconds if milliseconds else Microseconds, key=Owner if keyed else None)


def namespace(p: "struct task_struct *"):
    """The inode of the PID namespace that the task itself is in, the deepest of those that give it a number."""
    own = p.thread_pid
    return pointer(u64(pointer(own.numbers, "struct upid *")) + own.level * UPID_BYTES, "struct upid *").ns.ns.inum


@tp_btf("sched_switch")
def switched(preempt: Boolean, prev: "struct task_struct *", next: "struct task_struct *"):
    moment = now()
    if prev.pid and (only_pid is None or prev.tgid == only_pid):
        # The event's own prev_state is not asked: on many kernels it calls a task asleep that a signal keeps awake.
        state = prev.__state if exists("task_struct.__state") else prev.state
        if preempt or state == 0:
            waiting[prev.pid] = moment
        else:
            waiting.remove(prev.pid)  # what is there if it was woken while it ran
    if only_pid is None or next.tgid == only_pid:
        if since := waiting.pop(next.pid):
            duration = (max(moment, since) - since) // (1_000_000 if milliseconds else 1_000)
            leader = next.group_leader
            latency[Owner(
                pid=next.tgid if by_process else 0,
                tid=next.pid if by_thread else 0,
                comm=leader.comm if by_process else next.comm if by_thread else "",
                pidns=namespace(next) if by_namespace else 0,
            ) if keyed else None].add(duration)  # fmt: skip


@tp_btf("sched_wakeup")
@tp_btf("sched_wakeup_new")
def woken(p: "struct task_struct *"):
    if only_pid is None or p.tgid == only_pid:
        waiting.setdefault(p.pid, now())

"""Trace the end of processes: how old they were, and the exit code or the signal that ended them.

A process ends with the last of its threads, whichever that is. COMM is the name of its leader; EXIT_CODE and SIGNAL are
what its parent gets from wait(2); CORE tells whether a core was dumped. With -T every thread is told, with its own.

usage: tuibpf run exitsnoop [-x] [-p PID] [-T] [-t]

    $ tuibpf run exitsnoop -t
    TIME     COMM                 PID    PPID     AGE    EXIT_CODE SIGNAL    CORE
    10:14:02 grep               21043    2817  1.52ms            1 0         no
    10:14:05 java               21044     712   3600s            0 SIGKILL   no
"""

from tuibpf.lang import *

failed = Option("-x", "--failed", help="only those with a code other than 0, or a signal")
only_pid = Option("-p", "--pid", type=Pid, help="only this process")
threads = Option("-T", "--threaded", help="tell of every thread")
clock = Option("-t", "--timestamp", help="show the time of day")

GROUP_EXIT = 4  # SIGNAL_GROUP_EXIT, include/linux/sched/signal.h: the process ends as one
CORE = 0x80  # in the status of wait(2), beside the signal


class Exit(Row):
    time: Time = Column(shown=clock)
    comm: Comm
    pid: Pid
    ppid: Pid
    tid: Tid = Column(shown=threads)
    age: Nanoseconds
    code: u8 = Column("EXIT_CODE")
    signal: Signal
    core: Boolean


exits = Stream(Exit)
ended = LruHash(Pid, Nanoseconds, 8192)  # the processes that were told, by when they began


def tell(task: "struct task_struct *", status: s32):
    if only_pid is not None and task.tgid != only_pid or failed and status == 0:
        return
    moment = now()
    exits.emit(time=moment, comm=task.comm, pid=task.tgid, ppid=task.real_parent.tgid, tid=task.pid,
               age=moment - task.start_time, code=u8(status >> 8), signal=status & 0x7F,
               core=Boolean(status & CORE))  # fmt: skip


def tell_if_last(task: "struct task_struct *", last: Boolean):
    """The same status as the parent of the process is going to get."""
    leader, group = task.group_leader, task.signal
    if last:
        tell(leader, group.group_exit_code if group.flags & GROUP_EXIT else leader.exit_code)


if threads:

    @tp_btf("sched_process_exit")
    def thread_exits(p: "struct task_struct *"):
        tell(p, p.exit_code)

elif exists("trace_event_raw_sched_process_exit.group_dead"):

    @tp_btf("sched_process_exit")
    def exits_with(p: "struct task_struct *", group_dead):
        tell_if_last(p, group_dead)

else:  # an older kernel: of threads that end at the same moment, several may find that none is left

    @tp_btf("sched_process_exit")
    def process_exits(p: "struct task_struct *"):
        told, began = ended[p.tgid], p.group_leader.start_time
        if p.signal.live.counter == 0 and (told is None or told != began):
            ended[p.tgid] = began
            tell_if_last(p, True)

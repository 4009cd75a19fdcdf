"""Count system calls: by name, or by process; with -L the time they took.

Calls are counted when they are made, also those that never return; with -L, -x and -e when they return. A call that a
signal interrupts and the kernel repeats is made again, and is no error. The calls of 32-bit programs have other numbers
and are counted by process alone (-P).

usage: tuibpf run syscount [-L] [-P] [-x] [-e ERRNO] [-p PID] [-t TID] [--ppid PID] [-s SYSCALL] [-T TOP]

    $ tuibpf run syscount -L -p 2817
    10:14:02  syscount
    SYSCALL                   COUNT    TIME
    epoll_wait                   40   998ms
    recvfrom                   1302  2.71ms
"""

from tuibpf.lang import *

latency = Option("-L", "--latency", help="show the time that the calls took, and sort by it")
by_process = Option("-P", "--process", help="count by process")
failed = Option("-x", "--failures", help="only calls that failed")
only_error = Option("-e", "--errno", type=Error, minimum=1, maximum=4095, help="only calls that failed with this error")
only_pid = Option("-p", "--pid", type=Pid, help="only this process")
only_tid = Option("-t", "--tid", type=Tid, help="only this thread")
only_ppid = Option("--ppid", type=Pid, metavar="PID", help="only the children of this process")
only_syscall = Option("-s", "--syscall", type=Syscall, help="only this system call")
top = Option("-T", "--top", type=u32, default=10, minimum=1, help="show at most so many rows")

at_return = latency or failed or only_error is not None
# Of a 32-bit program: __USER32_CS, arch/x86/include/asm/segment.h; PSR_MODE32_BIT, arch/arm64/include/uapi/asm/ptrace.h
USER32_CS = 0x23
MODE32 = 0x10
# include/linux/err.h, include/linux/errno.h
MAX_ERRNO = 4095
ERESTART_RESTARTBLOCK = 516


class Calls(Struct):
    comm: Comm = Column(shown=by_process)
    count: Count
    time: Nanoseconds = Column(shown=latency)


calls = Table(Pid if by_process else Syscall, Calls, sort="time" if latency else "count", limit=top)
started = Hash(Pointer, Nanoseconds, 65536)  # by task: an exec may give a thread another id


def is_wanted(regs: "struct pt_regs *", number: s32):
    if only_pid is not None and pid() != only_pid or only_tid is not None and tid() != only_tid:
        return False
    if only_ppid is not None and current_task().real_parent.tgid != only_ppid:
        return False
    if by_process and only_syscall is None:
        return True
    if regs.cs == USER32_CS if exists("pt_regs.cs") else regs.pstate & MODE32 != 0:
        return False
    return only_syscall is None or number == only_syscall


def count(number: s32, duration: u64):
    key = pid() if by_process else number
    first = Calls(comm=current_task().group_leader.comm) if by_process else Calls()
    if row := calls.setdefault(key, first):
        row.count += 1
        row.time += duration


if not at_return or latency:

    @tp_btf("sys_enter")
    def entered(regs: "struct pt_regs *", id: s64):
        if is_wanted(regs, s32(id)):
            if latency:
                started[current_task()] = now()
            else:
                count(s32(id), 0)


if at_return:

    @tp_btf("sys_exit")
    def returned(regs: "struct pt_regs *", ret: s64):
        start = started.pop(current_task()) if latency else now()
        number = s32(regs.orig_ax if exists("pt_regs.orig_ax") else regs.syscallno)
        if not start or number < 0 or not is_wanted(regs, number):
            return  # below 0: rt_sigreturn, which brings back what registers a signal found
        if only_error is not None and ret != -only_error:
            return
        if failed and (not -MAX_ERRNO <= ret < 0 or -ERESTART_RESTARTBLOCK <= ret <= -ERESTARTSYS):
            return
        count(number, now() - start)


if latency:

    @tp_btf("sched_process_exit")
    def exited(p: "struct task_struct *"):
        started.remove(p)

"""Trace new processes: every exec, with its arguments.

From any thread, by execve and execveat. ARGS is the whole argv, argv[0] included, as the new program finds it; what
does not fit into --max-args ends in a mark. A failed exec (-x) shows the caller and the file that it asked for; those
of 32-bit programs are not seen on a 64-bit kernel.

usage: tuibpf run execsnoop [-x] [-T] [-t] [-U] [-u UID] [-n NAME] [-l TEXT] [-q] [--max-args N]

    $ tuibpf run execsnoop -T
    TIME     PCOMM            COMM                 PID    PPID RET ARGS
    10:14:02 bash             ls                 21043    2817   0 ls --color=auto -l
    10:14:05 sshd             sshd               21044     712   0 /usr/sbin/sshd -D -R
"""

from tuibpf.lang import *

failed = Option("-x", "--fails", help="include execs that failed")
clock = Option("-T", "--time", help="show the time of day")
elapsed = Option("-t", "--timestamp", help="show the seconds since the start")
with_uid = Option("-U", "--print-uid", help="show the user id")
only_uid = Option("-u", "--uid", type=Uid, help="only this user id")
name = Option("-n", "--name", type=Text, help="only commands whose name contains NAME")
line = Option("-l", "--line", type=Text, metavar="TEXT", help="only commands whose arguments contain TEXT")
quote = Option("-q", "--quote", help="put every argument in quotes")
max_args = Option("--max-args", type=u32, default=20, minimum=1, maximum=1024, metavar="N",
                  help="show at most N arguments, N x 128 bytes in all")  # fmt: skip


class Exec(Row):
    time: Time = Column(shown=clock)
    since: Elapsed = Column("TIME(s)", shown=elapsed)
    uid: Uid = Column(shown=with_uid)
    pcomm: Comm
    comm: Comm = Column(contains=name)
    pid: Pid
    ppid: Pid
    ret: Errno
    file: Path[256] = Column(shown=failed)
    args: Arguments[max_args] = Column(quote=quote, contains=line)


class Call(Struct):
    filename: u64
    argv: u64


execs = Stream(Exec)
calls = LruHash(Tid, Call, 8192)


@tp_btf("sched_process_exec")
def succeeded(p: "struct task_struct *", old_pid: s32, bprm: "struct linux_binprm *"):
    if failed:
        calls.remove(old_pid)  # the thread that called, which may not be the one that returns
    if only_uid is not None and uid() != only_uid:
        return
    parent, mm = p.real_parent, p.mm
    moment = now()
    execs.emit(time=moment, since=moment, uid=uid(), pcomm=parent.comm, comm=p.comm, pid=p.tgid, ppid=parent.tgid,
               file=kernel_text(bprm.filename), args=user_memory(mm.arg_start, mm.arg_end - mm.arg_start))  # fmt: skip


if failed:

    @tracepoint("syscalls/sys_enter_execve")
    @tracepoint("syscalls/sys_enter_execveat")
    def called(filename: u64, argv: u64):
        calls[tid()] = Call(filename=filename, argv=argv)

    @tracepoint("syscalls/sys_exit_execve")
    @tracepoint("syscalls/sys_exit_execveat")
    def returned(ret: s64):
        call = calls.pop(tid())
        if not call or ret >= 0 or ret <= -ERESTARTSYS:
            return  # the last: the kernel calls again, or another thread's exec has ended this one
        if only_uid is not None and uid() != only_uid:
            return
        parent = current_task().real_parent
        moment = now()
        execs.emit(time=moment, since=moment, uid=uid(), pcomm=parent.comm, comm=comm(), pid=pid(), ppid=parent.tgid,
                   ret=ret, file=user_text(call.filename), args=user_strings(call.argv))  # fmt: skip

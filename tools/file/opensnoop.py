"""Trace opens of files: by whom, which path, and how it went.

By open, creat, openat and openat2. PATH is what the process asked for: it may be relative, and ends after --max-path
bytes; what the process does to it during the call shows. FLAGS and MODE of openat2 are not known (?). Not seen are
opens by 32-bit programs, by io_uring and by handle. One that a signal interrupts is shown when the kernel repeats it.

usage: tuibpf run opensnoop [-x] [-p PID] [-t TID] [-u UID] [-n NAME] [-T] [-U] [-e] [--max-path N]

    $ tuibpf run opensnoop -T
    TIME         PID COMM               FD ERR     PATH
    10:14:02    2817 bash               -1 ENOENT  /etc/profile.d/lang.sh
    10:14:05   21044 sshd                3 0       /etc/ssh/sshd_config
"""

from tuibpf.lang import *

failed = Option("-x", "--failed", help="only opens that failed")
only_pid = Option("-p", "--pid", type=Pid, help="only this process")
only_tid = Option("-t", "--tid", type=Tid, help="only this thread")
only_uid = Option("-u", "--uid", type=Uid, help="only this user id")
name = Option("-n", "--name", type=Text, help="only threads whose name contains NAME")
clock = Option("-T", "--timestamp", help="show the time of day")
with_uid = Option("-U", "--print-uid", help="show the user id")
extended = Option("-e", "--extended-fields", help="show the flags, and the mode of a file that is created")
max_path = Option("--max-path", type=u32, default=256, minimum=2, maximum=4096, metavar="N",
                  help="show less than N bytes of a path")  # fmt: skip

CREATES = 0o100 | 0o20000000  # O_CREAT and __O_TMPFILE, include/uapi/asm-generic/fcntl.h


class Open(Row):
    time: Time = Column(shown=clock)
    uid: Uid = Column(shown=with_uid)
    pid: Pid
    tid: Tid = Column(shown=only_tid is not None)
    comm: Comm = Column(contains=name)
    fd: Descriptor
    err: Error
    flags: OpenFlags = Column(shown=extended)
    mode: Mode = Column(shown=extended)
    path: Path[max_path]


class Call(Struct):
    path: u64
    flags: OpenFlags
    mode: Mode


opens = Stream(Open)
calls = Hash(Tid, Call, 10240)


def call(path: u64, flags: s32, mode: s32):
    if only_pid is not None and pid() != only_pid or only_tid is not None and tid() != only_tid:
        return
    if only_uid is not None and uid() != only_uid:
        return
    calls[tid()] = Call(path=path, flags=flags, mode=mode)


def call_with(path: u64, flags: u64, mode: u64):
    call(path, s32(flags), s32(mode) if flags & CREATES else 0)  # else the kernel does not look at the mode


@tracepoint("syscalls/sys_enter_openat")
def openat(filename: u64, flags: u64, mode: u64):
    call_with(filename, flags, mode)


if exists(event="syscalls/sys_enter_open"):

    @tracepoint("syscalls/sys_enter_open")
    def open(filename: u64, flags: u64, mode: u64):
        call_with(filename, flags, mode)

    @tracepoint("syscalls/sys_enter_creat")
    def creat(pathname: u64, mode: u64):
        call_with(pathname, 0o1101, mode)  # O_CREAT | O_TRUNC | O_WRONLY

    @tracepoint("syscalls/sys_exit_open")
    @tracepoint("syscalls/sys_exit_creat")
    def opened(ret: s64):
        returned(ret)


if exists(event="syscalls/sys_enter_openat2"):

    @tracepoint("syscalls/sys_enter_openat2")
    def openat2(filename: u64):
        call(filename, -1, -1)

    @tracepoint("syscalls/sys_exit_openat2")
    def opened_by_openat2(ret: s64):
        returned(ret)


@tracepoint("syscalls/sys_exit_openat")
def returned(ret: s64):
    asked = calls.pop(tid())  # the path is read now, since the kernel has read it, so that it is in memory
    if not asked or ret <= -ERESTARTSYS or failed and ret >= 0:
        return
    fd = s32(ret) if ret >= 0 else -1
    err = s32(-ret) if ret < 0 else 0
    opens.emit(time=now(), uid=uid(), pid=pid(), tid=tid(), comm=comm(), fd=fd, err=err, flags=asked.flags,
               mode=asked.mode, path=user_text(asked.path))  # fmt: skip

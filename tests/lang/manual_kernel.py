"""A kernel that has what the examples of the manual name, so that they are compiled the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from tests.frontend.small_kernel import BtfBuilder, SmallKernel
from tuibpf.btf import Btf, Kind

__all__ = ["ManualKernel"]


def _types() -> bytes:
    btf = BtfBuilder()
    int_, unsigned, long_ = btf.integer("int", 4, True), btf.integer("unsigned int", 4), btf.integer("unsigned long", 8)
    char, short, bool_ = btf.integer("char", 1), btf.integer("unsigned short", 2), btf.integer("_Bool", 1, encoding=4)
    string = btf.pointer(char)

    mm = btf.pointer(btf.structure("mm_struct", 16, (("arg_start", long_, 0), ("arg_end", long_, 64))))
    name = btf.array(char, 16, unsigned)
    tasks = name + 2  # the pointer behind the structure that holds it
    task = btf.structure("task_struct", 64, (
        ("pid", int_, 0), ("tgid", int_, 32), ("comm", name, 64), ("prio", int_, 192), ("mm", mm, 256),
        ("start_time", long_, 320), ("real_parent", tasks, 384), ("in_execve", unsigned, 448 | 1 << 24),
    ))  # fmt: skip
    assert btf.pointer(task) == tasks
    bprm = btf.structure("linux_binprm", 16, (("filename", string, 0),))

    disk = btf.structure("gendisk", 40, (
        ("major", int_, 0), ("first_minor", int_, 32), ("disk_name", btf.array(char, 32, unsigned), 64),
    ))  # fmt: skip
    queue = btf.structure("request_queue", 8, (("disk", btf.pointer(disk), 0),))
    request = btf.structure("request", 32, (
        ("q", btf.pointer(queue), 0), ("__data_len", unsigned, 64), ("cmd_flags", unsigned, 96),
        ("start_time_ns", long_, 128),
    ))  # fmt: skip

    words = btf.structure("", 16, (("u6_addr32", btf.array(unsigned, 4, unsigned), 0),), Kind.UNION)
    address = btf.structure("in6_addr", 16, (("in6_u", words, 0),))
    common = btf.structure("sock_common", 48, (
        ("skc_daddr", unsigned, 0), ("skc_rcv_saddr", unsigned, 32), ("skc_dport", short, 64), ("skc_num", short, 80),
        ("skc_family", short, 96), ("skc_v6_daddr", address, 128), ("skc_v6_rcv_saddr", address, 256),
    ))  # fmt: skip
    sock = btf.structure("sock", 56, (("__sk_common", common, 0), ("sk_protocol", short, 384)))
    btf.structure("inet_sock", 64, (("sk", sock, 0), ("inet_sport", short, 448)))
    btf.enumeration("", (("IPPROTO_TCP", 6), ("IPPROTO_UDP", 17)))

    requests, sockets = btf.pointer(request), btf.pointer(sock)
    btf.function("vfs_read", ())
    btf.tracepoint("sched_switch", (
        ("preempt", bool_), ("prev", tasks), ("next", tasks), ("prev_state", unsigned),
    ))  # fmt: skip
    btf.tracepoint("sched_process_exec", (("p", tasks), ("old_pid", int_), ("bprm", btf.pointer(bprm))))
    btf.tracepoint("sched_process_exit", (("p", tasks),))
    btf.tracepoint("block_rq_issue", (("rq", requests),))
    btf.tracepoint("block_rq_complete", (("rq", requests), ("error", int_), ("nr_bytes", unsigned)))
    btf.tracepoint("sys_enter", (("regs", btf.pointer(0)), ("id", btf.integer("long", 8, True))))
    btf.tracepoint("sock_send_length", (("sk", sockets), ("ret", int_), ("flags", int_)))
    btf.tracepoint("sock_recv_length", (("sk", sockets), ("ret", int_), ("flags", int_)))
    return btf.build()


def _format(*fields: tuple[str, int]) -> str:
    """The format of a tracepoint whose fields are of 8 bytes each; *fields* are declarations and signs."""
    return "format:\n" + "".join(
        f"\tfield:{declaration};\toffset:{16 + 8 * number};\tsize:8;\tsigned:{signed};\n"
        for number, (declaration, signed) in enumerate(fields)
    )


class ManualKernel(SmallKernel):
    """A ``Target`` with all features."""

    def __init__(self) -> None:
        super().__init__()
        self.btf = Btf(_types())
        file, result = ("const char * filename", 0), ("long ret", 1)
        calls = {
            "enter_open": (file, ("int flags", 0), ("umode_t mode", 0)),
            "enter_openat": (("int dfd", 0), file, ("int flags", 0), ("umode_t mode", 0)),
            "exit_openat": (result,),
            "enter_close": (("unsigned int fd", 0),),
            "enter_mkdirat": (("int dfd", 0), ("const char * pathname", 0), ("umode_t mode", 0)),
            "enter_execve": (file, ("const char *const * argv", 0)),
            "exit_execve": (result,),
        }
        self.formats: Mapping[str, str] = {f"syscalls/sys_{name}": _format(*fields) for name, fields in calls.items()}

"""Block I/O latency as a histogram.

From the moment a request is issued to the device until it is complete; with -Q from its creation, which adds the time
in the queues of the kernel, also where the disk has no scheduler. Merged requests are one, and so is one that comes
back in parts; what a driver hands back and is given again counts from the last time. Disks that pass on what they get
(md, dm, zram) are seen by the disks below them.

usage: tuibpf run biolatency [-Q] [-D] [-F] [-m] [-d DISK]

    $ tuibpf run biolatency -D
    disk = vda
         usecs               : count    distribution
            64 -> 127        : 12      |***********                             |
           128 -> 255        : 41      |****************************************|
"""

from tuibpf.lang import *

queued = Option("-Q", "--queued", help="include the time in the kernel's queues")
by_disk = Option("-D", "--disks", help="one histogram per disk")
by_flags = Option("-F", "--flags", help="one histogram per operation and flags")
milliseconds = Option("-m", "--milliseconds", help="in milliseconds")
disk = Option("-d", "--disk", type=Text, help="only this disk")


class Kind(Struct):
    disk: Disk = Column(shown=by_disk)
    flags: BlockFlags = Column(shown=by_flags)


started = Hash(Pointer, Nanoseconds, 10240)
latency = Histogram(Milliseconds if milliseconds else Microseconds, key=Kind if by_disk or by_flags else None)


def disk_of(rq: "struct request *"):
    return rq.rq_disk if exists("request.rq_disk") else rq.q.disk  # the first before Linux 5.17


@tp_btf("block_rq_issue")
def issued(rq: "struct request *"):
    if disk is None or disk_of(rq).disk_name == disk:
        started[rq] = now()


@tp_btf("block_rq_complete")
def completed(rq: "struct request *", nr_bytes: u32):
    if nr_bytes < rq.__data_len:
        return  # a part is complete: the request goes on
    if start := started.pop(rq):
        if queued and rq.start_time_ns:
            start = rq.start_time_ns  # 0 where the disk keeps no statistics: then from the issue
        duration = (now() - start) // (1_000_000 if milliseconds else 1_000)
        kind = Kind(disk=disk_of(rq).disk_name if by_disk else "", flags=rq.cmd_flags if by_flags else 0)
        latency[kind if by_disk or by_flags else None].add(duration)

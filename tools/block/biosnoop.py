"""Trace block I/O: one row for each request, with who made it and how long it took.

COMM and PID are the thread and process that made the request: for what the page cache writes back, a kworker. Merged
requests are one row, of whoever came first. Flushes, which the kernel makes itself, are of whoever queued them, which
mostly is a kworker as well. LAT is the time in the device, QUE that from the request's creation until then, with any
scheduler. What a driver hands back and is given again counts from the last time. A request that comes back in parts is
one, of its whole size. Disks that pass on what they get (md, dm, zram) are seen by the disks below them.

usage: tuibpf run biosnoop [-Q] [-F] [-d DISK] [-m MS] [-t]

    $ tuibpf run biosnoop -Q -F
      TIME(s) COMM                 PID DISK         T                          SECTOR  BYTES     QUE     LAT
        1.248 postgres           31051 vda          Rahead-Read              30288544  16.0K  15.1us   518us
        1.251 kworker/u8:1        9894 vda          Sync-Write               47746856   128K   355us   467us
"""

from tuibpf.lang import *

queued = Option("-Q", "--queued", help="show the time in the kernel's queues")
with_flags = Option("-F", "--flags", help="show the flags of each request")
disk = Option("-d", "--disk", type=Text, help="only this disk")
least = Option("-m", "--min", type=u32, default=0, metavar="MS", help="only requests of at least this latency")
clock = Option("-t", "--timestamp", help="show the time of day")

OPERATION = 0xFF  # REQ_OP_MASK, include/linux/blk_types.h
NOWHERE = 0xFFFF_FFFF_FFFF_FFFF  # the sector of a request that has none


class Done(Row):
    time: Time = Column(shown=clock)
    since: Elapsed = Column("TIME(s)", shown=not clock)
    comm: Comm
    pid: Pid
    disk: Disk
    type: BlockFlags = Column("T")
    sector: u64
    bytes: Bytes
    queue: Nanoseconds = Column("QUE", shown=queued)
    latency: Nanoseconds = Column("LAT")


class Request(Struct):
    created: u64
    issued: u64
    sector: u64
    bytes: u64
    pid: Pid
    comm: Comm


requests = Hash(Pointer, Request, 16384)
rows = Stream(Done)


def disk_of(rq: "struct request *"):
    return rq.q.disk if exists("request_queue.disk") else rq.rq_disk


def made(rq: "struct request *", moment: u64):
    return Request(created=moment, pid=pid(), comm=comm())


if exists(event="block_io_start"):

    @tp_btf("block_io_start")
    def created(rq: "struct request *"):
        if disk is None or disk_of(rq).disk_name == disk:
            requests[rq] = made(rq, now())


@tp_btf("block_rq_insert")
def inserted(rq: "struct request *"):
    if disk is None or disk_of(rq).disk_name == disk:
        requests.setdefault(rq, made(rq, rq.start_time_ns or now()))


@tp_btf("block_rq_issue")
def issued(rq: "struct request *"):
    if disk is None or disk_of(rq).disk_name == disk:
        moment = now()
        if request := requests.setdefault(rq, made(rq, rq.start_time_ns or moment)):
            if not request.issued:  # else it is given to the device again, and a part of it may be done
                request.sector = 0 if rq.__sector == NOWHERE else rq.__sector
                request.bytes = rq.__data_len
            request.issued = moment


@tp_btf("block_rq_merge")
def merged(rq: "struct request *"):
    requests.remove(rq)  # from here on it is a part of another


@tp_btf("block_rq_complete")
def completed(rq: "struct request *", nr_bytes: u32):
    if nr_bytes < rq.__data_len:
        return  # a part is complete: the request goes on
    request = requests.pop(rq)
    if not request or not request.issued:
        return  # the latter: an empty write that asks for a flush, which no device ever sees
    moment = now()
    latency = max(moment, request.issued) - request.issued
    if latency < least * 1_000_000:
        return
    rows.emit(time=moment, since=moment, comm=request.comm, pid=request.pid, disk=disk_of(rq).disk_name,
              type=rq.cmd_flags if with_flags else rq.cmd_flags & OPERATION, sector=request.sector, bytes=request.bytes,
              queue=max(request.issued, request.created) - request.created, latency=latency)  # fmt: skip

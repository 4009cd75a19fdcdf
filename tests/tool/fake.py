"""A bundle of three outputs and the probes for it, without a kernel: what a session reads is put in by the test."""

from __future__ import annotations

from collections import deque
from struct import pack

from tuibpf.diagnostics import Source
from tuibpf.kernel.maps import Entries
from tuibpf.program import Bundle, Field, HistogramOutput, Map, MapType, Record, StreamOutput, TableOutput
from tuibpf.tool.tool import Tool

ROW = Record(
    (
        Field("time", "time", 0, 8, "Q", "TIME"),
        Field("pid", "pid", 8, 4, "i", "PID"),
        Field("uid", "uid", 12, 4, "I", "UID", shown=False),
        Field("comm", "comm", 16, 16, "16s", "COMM"),
        Field("args", "arguments", 32, 8, "II", "ARGS", tail=True, limit=3),
    ),
    40,
)
KEY = Record((Field("pid", "pid", 0, 4, "i", "PID"),), 4)
VALUE = Record((Field("comm", "comm", 0, 16, "16s", "COMM"), Field("rx", "kibibytes", 16, 8, "Q", "RX_KB")), 24)
DISK = Record((Field("disk", "disk", 0, 32, "32s", "DISK"),), 32)

STREAM = StreamOutput("execs", "execs", ROW, 0)
TABLE = TableOutput("traffic", "traffic", KEY, VALUE, 1, sort=("rx",), limit=3)
KEYED = HistogramOutput("latency", "latency", "microseconds", 8, DISK, 2)
SINGLE = HistogramOutput("sizes", "sizes", "bytes", 8, None, 3)

SOURCE = Source("fake.py", '"""A fake."""\n')
TOOL = Tool("fake", "process", "fake.py", SOURCE, "A fake.", "A fake.")


def bundle(*outputs):
    return Bundle(
        "fake",
        SOURCE,
        (),
        (
            Map("execs", MapType.RINGBUF, 0, 0, 4096),
            Map("traffic", MapType.HASH, 16, 24, 64),
            Map("latency", MapType.PERCPU_HASH, 40, 72, 64),
            Map("sizes", MapType.PERCPU_ARRAY, 4, 72, 1),
        ),
        outputs,
        losses=("execs: ring buffer full", "traffic: map full"),
    )


def record(time, pid, comm, captured, total=None):
    """A record as a program writes it into the ring buffer."""
    total = len(captured) if total is None else total
    return pack("=QiI16sII", time, pid, 0, comm, len(captured), total) + captured


class FakeBuffer:
    def __init__(self):
        self.waiting = deque()
        self.lost = 0

    def fileno(self):
        return 0

    def pending(self):
        return bool(self.waiting)

    def records(self):
        found = list(self.waiting)
        self.waiting.clear()
        return found

    def rows(self, fmt):
        return [fmt.unpack_from(one) for one in self.records()]

    def close(self):
        self.waiting.clear()


class FakeMap:
    """Two processors; entries by epoch."""

    def __init__(self, spec):
        self.spec = spec
        self.per_cpu = spec.type in (MapType.PERCPU_ARRAY, MapType.PERCPU_HASH)
        self.entries = {}
        self.single = bytes(spec.value_size * 2)

    def put(self, epoch, key, *values):
        padded = pack("=Q", epoch) + key.ljust(self.spec.key_size - 8, b"\0")
        self.entries[padded] = b"".join(values)

    def take(self, epoch):
        old = {key: value for key, value in self.entries.items() if int.from_bytes(key[:8], "little") <= epoch}
        for key in old:
            del self.entries[key]
        return Entries(b"".join(old), b"".join(old.values()), len(old))

    def lookup(self, key):
        return self.single

    def summed(self, values, count):
        if not self.per_cpu:
            return bytes(values)
        size = self.spec.value_size
        words = memoryview(values).cast("Q").tolist()
        per = size // 8
        firsts = [one + at for one in range(0, count * per * 2, per * 2) for at in range(per)]
        sums = [words[at] + words[at + per] for at in firsts]
        return pack(f"={len(sums)}Q", *sums)


class FakeProbes:
    def __init__(self, made, refuse=None):
        self.maps = {spec.name: FakeMap(spec) for spec in made.maps}
        self.buffers = {"execs": FakeBuffer()}
        self.lost = dict.fromkeys(made.losses, 0)
        self.calls = []
        self.epoch = 0
        self.refuse = refuse

    def attach(self):
        self.calls.append("attach")
        if self.refuse:
            raise self.refuse

    def detach(self):
        self.calls.append("detach")

    def close(self):
        self.calls.append("close")

    def map(self, name):
        return self.maps[name]

    def buffer(self, name):
        return self.buffers[name]

    def losses(self):
        return dict(self.lost)

    def cost(self):
        return 1000, 10, 1

    def advance_epoch(self):
        self.epoch += 1
        return self.epoch - 1

"""Tools and sessions made up for the tests of the dashboard: the shapes of the three real ones, without a kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from tuibpf.diagnostics import CompileError, Diagnostic, NotSupported, Source, Span
from tuibpf.program import Field, HistogramOutput, Output, Record, StreamOutput, TableOutput
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.column import columns_of
from tuibpf.tool.frame import Bucket, Cost, Distribution, Frame
from tuibpf.tool.option import Option, Value
from tuibpf.tool.tool import Tool
from tuibpf.tui.backend import Backend

MiB = 1 << 20


def record(*fields: tuple[str, str] | tuple[str, str, str]) -> Record:
    """A layout of (name, display[, title]); the offsets do not matter, since nothing is decoded here."""
    made = [
        Field(item[0], item[1], 8 * i, 8, "Q", (item[2:] or (item[0].upper(),))[0]) for i, item in enumerate(fields)
    ]
    return Record(tuple(made), 8 * len(made))


EXEC = record(
    ("pcomm", "comm"), ("comm", "comm"), ("pid", "pid"), ("ppid", "pid"), ("ret", "errno"), ("args", "arguments")
)
EXECS = StreamOutput("execs", "execs", EXEC, 0)
CONNECTION = record(("pid", "pid"), ("laddr", "address"), ("lport", "port"), ("raddr", "address"), ("rport", "port"))
TRAFFIC = record(("comm", "comm"), ("rx", "kibibytes", "RX_KB"), ("tx", "kibibytes", "TX_KB"))
CONNECTIONS = TableOutput("connections", "connections", CONNECTION, TRAFFIC, 0, ("rx", "tx"), 20)
LATENCY = HistogramOutput("latency", "latency", "microseconds", 64, None, 0)
LATENCY_BY_DISK = HistogramOutput("latency", "latency", "microseconds", 64, record(("disk", "disk")), 0)

SCRIPT = Source("broken.py", "from tuibpf.lang import *\nseen = nwo()\n")
ERROR = CompileError(Diagnostic("no such name: nwo", SCRIPT, Span(2, 7, 2, 10), hint="did you mean now?"))
REFUSED = NotSupported("tp_btf hooks", "this kernel has no BTF", "boot one built with CONFIG_DEBUG_INFO_BTF")

FAILED = Option("failed", "-x", "--fails", "flag", False, help="include execs that failed")
UID = Option("uid", "-u", "--uid", "integer", None, help="only this user id", display="uid")
SORT = Option("order", "-s", "--sort", "string", "all", ("all", "sent", "received"), help="sort by this traffic")


def tool(name: str, family: str, purpose: str, *options: Option, error: Diagnostic | None = None) -> Tool:
    path = f"tools/{family}/{name}.py"
    return Tool(name, family, path, Source(path, ""), purpose, f"{purpose}\n\nusage: …", options, error)


EXECSNOOP = tool("execsnoop", "process", "Trace new processes: every exec, with its arguments.", FAILED, UID)
TCPTOP = tool("tcptop", "network", "Top TCP connections by the bytes that processes sent and received.", SORT)
BIOLATENCY = tool("biolatency", "block", "Block I/O latency as a histogram.")
DAMAGED = tool("damaged", "process", "", error=ERROR.diagnostic)
TOOLS = [BIOLATENCY, TCPTOP, DAMAGED, EXECSNOOP]


def ipv4(*parts: int) -> bytes:
    return bytes(10) + b"\xff\xff" + bytes(parts)


def exec_row(pid: int, *words: bytes, comm: str = "sh", ret: int = 0) -> tuple[Any, ...]:
    return ("bash", comm, pid, 2817, ret, Arguments(words or (b"sh", b"-c", b"true"), False))


def connection_row(pid: int, rx: int, tx: int, comm: str = "sshd") -> tuple[Any, ...]:
    return (pid, ipv4(10, 0, 0, 5), 22, ipv4(10, 0, 0, 9), 50000 + pid, comm, rx, tx)


def distribution(key: tuple[Any, ...], *counts: int, first: int = 6) -> Distribution:
    """Buckets from 2**first on, and the empty ones below."""
    below = [Bucket(1 << i if i else 0, (2 << i) - 1, 0) for i in range(first)]
    used = [Bucket(1 << i, (2 << i) - 1, count) for i, count in enumerate(counts, first)]
    return Distribution(key, (*below, *used), sum(bucket.lo * bucket.count for bucket in used))


class FakeSession:
    """Hands out what a test pushes. Used from two threads, as no real session is: a test's and the reader's."""

    def __init__(self, name: str, *outputs: Output) -> None:
        self.name = name
        self.outputs = outputs
        self.lost: dict[str, int] = {}
        self.spent = Cost()
        self.closed = 0
        self.error: Exception | None = None
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._frames: list[Frame] = []

    def push_rows(self, *rows: tuple[Any, ...], output: str = "") -> None:
        with self._lock:
            self._rows.setdefault(output or self.outputs[0].name, []).extend(rows)
        self._some.set()

    def push_table(self, *rows: tuple[Any, ...]) -> None:
        output = self.outputs[0]
        assert isinstance(output, TableOutput)
        columns = columns_of(output.key, output.value)
        with self._lock:
            self._frames.append(Frame(self.name, output.name, "table", 0, columns, list(rows)))

    def push_histogram(self, *distributions: Distribution) -> None:
        output = self.outputs[0]
        assert isinstance(output, HistogramOutput)
        frame = Frame(self.name, output.name, "histogram", 0, columns_of(output.key), [], distributions, output.unit)
        with self._lock:
            self._frames.append(frame)

    def wait(self, timeout_s: float) -> bool:
        return self._some.wait(timeout_s)

    def rows(self) -> list[Frame]:
        if self.error is not None:
            raise self.error
        self._some.clear()
        frames = []
        with self._lock:
            for output in self.outputs:
                if isinstance(output, StreamOutput):
                    rows = self._rows.pop(output.name, [])
                    frames.append(Frame(self.name, output.name, "stream", 0, columns_of(None, output.record), rows))
        return frames

    def snapshot(self) -> list[Frame]:
        if self.error is not None:
            raise self.error
        with self._lock:
            frames, self._frames = self._frames, []
        return frames

    def losses(self) -> dict[str, int]:
        return self.lost

    def cost(self) -> Cost:
        return self.spent

    def close(self) -> None:
        self.closed += 1


class FakeBackend(Backend):
    """Opens fake sessions and remembers them by the name of their tool."""

    def __init__(self, lock: NotSupported | None = None, tools: list[Tool] | None = None) -> None:
        self.sessions: dict[str, FakeSession] = {}
        self.values: list[Mapping[str, Value]] = []
        self.outputs: dict[str, tuple[Output, ...]] = {
            "execsnoop": (EXECS,), "tcptop": (CONNECTIONS,), "biolatency": (LATENCY,), "disks": (LATENCY_BY_DISK,),
        }  # fmt: skip
        self.errors: dict[str, Exception] = {"damaged": ERROR}
        self.opened: Callable[[FakeSession], None] = lambda session: None
        super().__init__(self._open, lambda: TOOLS if tools is None else tools, lambda: lock)

    def _open(self, tool: Tool, values: Mapping[str, Value]) -> FakeSession:
        self.values.append(values)
        if tool.name in self.errors:
            raise self.errors[tool.name]
        session = FakeSession(tool.name, *self.outputs[tool.name])
        self.sessions[tool.name] = session
        self.opened(session)
        return session

"""One thread a session: it opens it, drains it, and keeps at most one pending batch for the dashboard to take."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tuibpf.diagnostics import CompileError, NotSupported, printable
from tuibpf.program import Output, StreamOutput
from tuibpf.tool.frame import Cost, Frame
from tuibpf.tool.option import Value
from tuibpf.tui.feed import Feed
from tuibpf.tui.figures import Figures, Meter

__all__ = ["Batch", "OpenSession", "Reader", "SessionLike", "ToolLike", "Values"]

Values = Mapping[str, Value]

# A ring buffer of 8 MiB holds 0.2 s of a million events a second, so it is drained well before that.
_REST_S = 0.05
_LONGEST_WAIT_S = 0.2
_MOST_ROWS = 10_000
_MOST_INTERVALS = 600


class ToolLike(Protocol):
    """What the reader needs of a tool."""

    @property
    def name(self) -> str: ...


class SessionLike(Protocol):
    """What the reader needs of a session; a replay can be one."""

    @property
    def outputs(self) -> tuple[Output, ...]: ...
    def wait(self, timeout_s: float) -> object: ...
    def rows(self) -> list[Frame]: ...
    def snapshot(self) -> list[Frame]: ...
    def losses(self) -> dict[str, int]: ...
    def cost(self) -> Cost: ...
    def close(self) -> None: ...


OpenSession = Callable[[Any, Values], SessionLike]


@dataclass(slots=True)
class Batch:
    """All that has come since the last one was taken.

    *outputs* comes once, when the session is open. Of a stream the last rows are kept and *skipped* counts those that
    nobody will see; of a table the last frame; of a histogram every frame, because each holds counts of its own.
    *failure* is the text for the pane of a session that could not be opened or that broke; nothing follows it.
    """

    outputs: tuple[Output, ...] | None = None
    rows: dict[str, deque[tuple[Any, ...]]] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Frame] = field(default_factory=dict)
    histograms: dict[str, deque[Frame]] = field(default_factory=dict)
    figures: Figures | None = None
    failure: str | None = None

    def add(self, frame: Frame) -> None:
        """Merge *frame* in, within the bounds."""
        if frame.shape == "stream":
            kept = self.rows.setdefault(frame.output, deque(maxlen=_MOST_ROWS))
            lost_sight = max(0, len(kept) + len(frame.rows) - _MOST_ROWS)
            self.skipped[frame.output] = self.skipped.get(frame.output, 0) + lost_sight
            kept.extend(frame.rows)
        elif frame.shape == "table":
            self.tables[frame.output] = frame
        else:
            self.histograms.setdefault(frame.output, deque(maxlen=_MOST_INTERVALS)).append(frame)


class Reader(Feed[Batch]):
    """Opens a session of *tool* in a thread of its own and reads it until it is told to stop.

    The thread owns the session: it alone calls its methods and it always closes it.
    """

    def __init__(self, tool: ToolLike, values: Values, open_session: OpenSession, interval_s: float = 1.0) -> None:
        super().__init__(f"reader-{tool.name}")
        self.tool = tool
        self.values = values
        self.interval_s = interval_s
        self._open_session = open_session
        self._opened = threading.Event()

    def wait_opened(self, timeout_s: float) -> bool:
        """Wait until the session is open or has failed to be."""
        return self._opened.wait(timeout_s)

    def _run(self) -> None:
        try:
            session = self._open_session(self.tool, self.values)
        except BaseException as error:  # noqa: BLE001 - a thread's exception would only be printed over the screen
            self._opened.set()
            self._tell(failure=_describe(error))
            return
        try:
            self._tell(outputs=session.outputs)
            self._opened.set()
            self._read(session)
        except BaseException as error:  # noqa: BLE001 - as above
            self._tell(failure=_describe(error))
        finally:
            self._opened.set()
            session.close()

    def _read(self, session: SessionLike) -> None:
        streams = any(isinstance(output, StreamOutput) for output in session.outputs)
        now = time.monotonic()
        meter, due = Meter(now), now + self.interval_s
        while not self._stopped.is_set():
            if streams:
                session.wait(max(0.0, min(_LONGEST_WAIT_S, due - now)))
                self._stopped.wait(min(_REST_S, max(0.0, due - time.monotonic())))
                frames = session.rows()
                meter.count(sum(len(frame.rows) for frame in frames))
                self._tell([frame for frame in frames if frame.rows])
            else:
                self._stopped.wait(max(0.0, min(_LONGEST_WAIT_S, due - now)))
            now = time.monotonic()
            if now >= due:
                frames = session.snapshot()
                meter.count(sum(len(frame.rows) for frame in frames))
                self._tell(frames, figures=meter.read(now, session.cost(), session.losses()))
                due = max(due + self.interval_s, now)

    def _tell(
        self,
        frames: list[Frame] | None = None,
        *,
        outputs: tuple[Output, ...] | None = None,
        figures: Figures | None = None,
        failure: str | None = None,
    ) -> None:
        """Merge news into the pending batch."""
        if not (frames or outputs is not None or figures or failure):
            return

        def merge(pending: Batch | None) -> Batch:
            batch = pending or Batch()
            for frame in frames or ():
                batch.add(frame)
            batch.outputs = outputs if outputs is not None else batch.outputs
            batch.figures = figures or batch.figures
            batch.failure = failure or batch.failure
            return batch

        self._publish(merge)


def _describe(error: BaseException) -> str:
    """What went wrong, for the pane: a diagnostic as it is, anything else with its type."""
    if isinstance(error, CompileError):
        return error.diagnostic.render()
    if isinstance(error, NotSupported):
        remedy = f"\n  remedy: {error.remedy}" if error.remedy else ""
        return f"not possible here: {error.what}: {error.reason}{remedy}"
    text = "\n".join(printable(line) for line in str(error).splitlines())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

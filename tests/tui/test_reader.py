"""The reader's thread: one pending batch, bounded, announced once; the session always closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tuibpf.tool.frame import Cost
from tuibpf.tui.reader import Batch, Reader

from .fake import EXECSNOOP, REFUSED, TCPTOP, FakeBackend, connection_row, exec_row


def until(true: Callable[[], object], timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)


def merged(reader: Reader, ready: Callable[[Batch], object]) -> Batch:
    """Batches taken until *ready*; the one that is."""
    found: list[Batch] = []

    def take() -> bool:
        batch = reader.take()
        if batch is not None and ready(batch):
            found.append(batch)
        return bool(found)

    until(take)
    return found[0]


def test_rows_come_in_order_and_the_news_once() -> None:
    backend = FakeBackend()
    reader = Reader(EXECSNOOP, {}, backend.open_session, 0.05)
    reader.start()
    assert reader.wait_opened(5)
    news = []
    merged(reader, lambda batch: batch.outputs)
    reader.connect(lambda: news.append(1))
    session = backend.sessions["execsnoop"]
    session.push_rows(*(exec_row(n) for n in range(10)))
    until(lambda: news)
    session.push_rows(*(exec_row(n) for n in range(10, 20)))
    time.sleep(0.3)
    batch = reader.take()
    assert batch is not None
    assert [row[2] for row in batch.rows["execs"]] == list(range(20))
    assert len(news) == 1
    reader.stop()
    assert reader.join(5)
    assert session.closed == 1


def test_what_nobody_takes_is_bounded_and_counted() -> None:
    backend = FakeBackend()
    reader = Reader(EXECSNOOP, {}, backend.open_session, 0.05)
    reader.start()
    assert reader.wait_opened(5)
    session = backend.sessions["execsnoop"]
    for start in range(0, 25_000, 5_000):
        session.push_rows(*(exec_row(n) for n in range(start, start + 5_000)))
    until(lambda: not session._rows)
    time.sleep(0.2)
    reader.stop()
    reader.join(5)
    batch = reader.take()
    assert batch is not None
    assert len(batch.rows["execs"]) == 10_000
    assert batch.rows["execs"][-1][2] == 24_999
    assert batch.skipped["execs"] == 15_000


def test_only_the_last_frame_of_a_table_waits() -> None:
    backend = FakeBackend()
    reader = Reader(TCPTOP, {}, backend.open_session, 0.02)
    reader.start()
    assert reader.wait_opened(5)
    session = backend.sessions["tcptop"]
    session.spent, session.lost = Cost(1000, 10), {"table full": 3}
    session.push_table(connection_row(1, 5, 5))
    session.push_table(connection_row(2, 5, 5))
    batch = merged(reader, lambda batch: batch.tables and batch.figures)
    assert [row[0] for row in batch.tables["connections"].rows] == [2]
    assert batch.figures is not None
    assert batch.figures.lost == 3
    reader.stop()
    reader.join(5)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (REFUSED, "not possible here: tp_btf hooks: this kernel has no BTF\n  remedy: boot one built with CONFIG"),
        (OSError(7, "Argument list too long"), "OSError: [Errno 7] Argument list too long"),
        (ValueError("\x1b[2Jx"), "ValueError: \\x1b[2Jx"),
    ],
)
def test_a_tool_that_can_not_be_opened_says_why(error: Exception, text: str) -> None:
    backend = FakeBackend()
    backend.errors["execsnoop"] = error
    reader = Reader(EXECSNOOP, {}, backend.open_session)
    reader.start()
    batch = merged(reader, lambda batch: batch.failure)
    assert batch.failure is not None
    assert batch.failure.startswith(text)
    assert reader.join(5)


def test_a_session_that_breaks_is_closed_and_says_why() -> None:
    backend = FakeBackend()
    reader = Reader(EXECSNOOP, {}, backend.open_session, 0.05)
    reader.start()
    assert reader.wait_opened(5)
    session = backend.sessions["execsnoop"]
    session.error = OSError(5, "Input/output error")
    batch = merged(reader, lambda batch: batch.failure)
    assert batch.failure == "OSError: [Errno 5] Input/output error"
    assert reader.join(5)
    assert session.closed == 1


def test_news_from_before_anybody_listened_is_not_missed() -> None:
    backend = FakeBackend()
    reader = Reader(EXECSNOOP, {}, backend.open_session)
    reader.start()
    assert reader.wait_opened(5)
    until(lambda: reader._pending is not None)
    heard = threading.Event()
    reader.connect(heard.set)
    assert heard.wait(1)
    reader.stop()
    reader.join(5)

"""Where a pane's news comes from: a thread that gathers it, and keeps it in one piece until it is taken."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Feed"]

News = TypeVar("News")


class Feed(ABC, Generic[News]):
    """A thread with at most one pending piece of news, however long nobody takes it.

    The dashboard calls ``connect`` once, ``take`` whenever it is told that something is pending, ``stop``, and ``join``
    before it ends. A subclass gathers in ``_run``, until ``_stopped`` is set, and hands over by ``_publish``.
    """

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._pending: News | None = None
        self._notify: Callable[[], None] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _run(self) -> None: ...

    def start(self) -> None:
        self._thread.start()

    def connect(self, notify: Callable[[], None] | None) -> None:
        """Have *notify* called, in the feed's thread, whenever news becomes pending; at once if there is some."""
        with self._lock:
            self._notify = notify
            pending = self._pending is not None
        if pending and notify is not None:
            notify()

    def take(self) -> News | None:
        """The pending news, which is then no longer pending."""
        with self._lock:
            news, self._pending = self._pending, None
            return news

    def stop(self) -> None:
        """Ask the thread to give back what it holds and to end; returns at once."""
        self._stopped.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if it still has not after *timeout_s*."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _publish(self, merge: Callable[[News | None], News]) -> None:
        """Make the pending news what *merge* makes of it; only the first since it was taken is announced."""
        with self._lock:
            fresh = self._pending is None
            self._pending = merge(self._pending)
            notify = self._notify if fresh else None
        if notify is not None:
            notify()

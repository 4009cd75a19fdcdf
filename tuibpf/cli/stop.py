"""When to stop: SIGINT, SIGTERM and SIGHUP, or a reader that has gone."""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
from types import FrameType
from typing import Self

__all__ = ["Stop", "die_quietly"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def die_quietly() -> None:
    """Let Ctrl-C end the process as every other program, without a traceback. The kernel gives back what it holds."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


class Stop:
    """Between ``__enter__`` and ``__exit__`` the first signal asks to stop, so that there is a last frame.

    A second one kills: should the first not be heard, because a write blocks, nothing stays behind in the kernel. A
    signal that was ignored when the process was started (``nohup``) stays ignored.
    """

    def __init__(self) -> None:
        self.asked = False
        self._poll = select.poll()
        self._pipe: tuple[int, int] = (-1, -1)
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        self._pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.register(self._pipe[0], select.POLLIN)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler is not signal.SIG_IGN:
                self._before[number] = handler
                signal.signal(number, self._caught)
        self._watch_reader()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        for fd in self._pipe:
            os.close(fd)

    def wait(self, timeout_s: float) -> bool:
        """Sleep for *timeout_s*, or until something asks to stop; whether it did."""
        if not self.asked:
            # Rounded up: a timeout of 0.4 ms that became 0 would be a busy loop.
            for fd, _ in self._poll.poll(max(0, -int(-timeout_s * 1000 // 1))):
                self.asked = self.asked or fd != self._pipe[0]
        return self.asked

    def _caught(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)

    def _watch_reader(self) -> None:
        """Notice that the reader of a pipe has gone also while there is nothing to write to it."""
        try:
            fd = sys.stdout.fileno()
            mode = os.fstat(fd).st_mode
        except (OSError, ValueError):
            return
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd):
            self._poll.register(fd, 0)  # POLLERR and POLLHUP come unasked

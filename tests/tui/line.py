"""A terminal for tests: a pty, a program in it, and a reader that can be as slow as a bad line."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from pathlib import Path
from typing import Self

from .emulator import Emulator

_WHOLE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[^\[])")
_QUESTION = b"\x1b[6n"
CHILD = Path(__file__).with_name("child.py")


class Line:
    """Runs *command* in a terminal of *columns* × *rows*. Like every terminal it answers where the cursor is.

    *prefix* is a program that starts Python in another way. *bytes_per_s* is what the line can carry; None for as much
    as there is.
    """

    def __init__(
        self,
        *command: str,
        columns: int = 80,
        rows: int = 24,
        bytes_per_s: int | None = None,
        environ: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.sent = bytearray()
        self.screen = Emulator(columns, rows, lenient=True)
        self._left = ""
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self.questions = 0
        self._stalled = False
        self.bytes_per_s = bytes_per_s
        self._master, slave = pty.openpty()
        self._slave = slave
        self.resize(columns, rows)
        self.modes_before = termios.tcgetattr(slave)
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})}
        env.pop("NO_COLOR", None)
        env.setdefault("PYTHONPATH", str(Path(__file__).parents[2]))
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *command], stdin=slave, stdout=slave, stderr=slave, env=env,
            preexec_fn=_take_terminal, close_fds=True,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def _read(self) -> None:
        while not self._stalled:
            try:
                size = 4096 if self.bytes_per_s is None else max(1, self.bytes_per_s // 20)
                data = os.read(self._master, size)
            except OSError:
                return
            if not data:
                return
            self.sent += data
            self._show(data)
            if self.bytes_per_s is not None:
                time.sleep(len(data) / self.bytes_per_s)
            asked = self.sent.count(_QUESTION) - self.questions
            self.questions += asked
            for _ in range(asked):
                self.type(b"\x1b[1;1R")

    def type(self, data: bytes) -> None:
        with suppress(OSError):
            os.write(self._master, data)

    def _show(self, data: bytes) -> None:
        """Feed the screen with whole characters and whole sequences; what is not whole yet waits."""
        text = self._left + self._decode(data)
        escape = text.rfind("\x1b")
        end = len(text) if escape < 0 or _WHOLE.match(text, escape) else escape
        self._left = text[end:]
        self.screen.feed(text[:end])

    def wait_for(self, text: str, timeout_s: float = 20.0) -> None:
        """Wait until *text* stands on the screen."""
        end = time.monotonic() + timeout_s
        while text not in self.text():
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} is not shown, but:\n{self.text()}")
            time.sleep(0.02)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.text())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, timeout_s: float = 15.0) -> int:
        """The exit code, once the program has ended."""
        return self.process.wait(timeout_s)

    def modes(self) -> list[object]:
        """The terminal's modes now."""
        return termios.tcgetattr(self._slave)

    def stall(self) -> None:
        """Take no more bytes, and answer nothing; the line is not cut."""
        self._stalled = True

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size; its program is told by the kernel."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Cut the line."""
        for fd in (self._slave, self._master):
            with suppress(OSError):
                os.close(fd)


def _take_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

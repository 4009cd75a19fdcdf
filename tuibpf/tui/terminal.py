"""The terminal: Textual's driver, made kind to slow lines and safe when the line is cut."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tuibpf.tui.picture import Picture

__all__ = ["Terminal", "few_colors", "fine_glyphs", "screen_stream"]

_WHERE_IS_THE_CURSOR = "\x1b[6n"  # DSR 6; every terminal answers, from the Linux console to tmux


class _Stream:
    """The stream that Textual writes to. A dead line must not kill the writer thread."""

    def __init__(self, stream: IO[str], driver: Terminal) -> None:
        self._stream = stream
        self._driver = driver

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._driver.cut()
            return 0

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._driver.cut()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return True


class Terminal(LinuxDriver):
    """Textual's Linux driver with four differences.

    It sends only the cells that change (see ``Picture``). It can ask whether all that was sent has arrived (see
    ``Pace``). It reports clicks and the wheel but not each move of the mouse, which would cost a message over the line
    for every cell that the pointer crosses. And when the line is cut, its writer swallows what can no longer be sent,
    so that the sessions are still closed in order.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line_cut = False
        self.on_answer: Callable[[], object] | None = None
        self.on_cut: Callable[[], object] | None = None
        self._picture = Picture()
        self._file = _Stream(screen_stream() or sys.__stderr__, self)  # type: ignore[assignment, arg-type]

    def write(self, data: str) -> None:
        """Send *data*; of a picture only what the terminal does not show yet."""
        data = self._picture.reduce(data)
        if data:
            super().write(data)

    def forget_picture(self) -> None:
        """What the terminal shows is not what was sent, so the next picture is sent in full."""
        self._picture.forget()

    @property
    def can_ask(self) -> bool:
        return self.on_answer is not None and not self.line_cut and self.input_tty

    def ask(self) -> None:
        """Send the question whose answer proves that all before it has arrived."""
        if self.can_ask and self._writer_thread is not None:
            self.write(_WHERE_IS_THE_CURSOR)
            self.flush()

    def cut(self) -> None:
        """In any thread: the line is gone."""
        if not self.line_cut:
            self.line_cut = True
            if self.on_cut is not None:
                self._loop.call_soon_threadsafe(self.on_cut)

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            self.cut()

    def process_message(self, message: Message) -> None:
        """In the input thread: the answer is taken out of the stream of keys, everything else goes on."""
        if isinstance(message, events.CursorPosition):
            if self.on_answer is not None:
                self._loop.call_soon_threadsafe(self.on_answer)
            return
        super().process_message(message)

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000h")  # clicks and the wheel
            self.write("\x1b[?1006h")  # as decimal numbers, so that wide screens work
            self.flush()

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1006l")
            self.write("\x1b[?1000l")
            self.flush()


def screen_stream() -> IO[str] | None:
    """Where the dashboard is drawn: stdout if it is a terminal, else stderr if that is one."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed and stream.isatty():
            return stream
    return None


def few_colors(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal has 16 colours or fewer, or the user wants none (https://no-color.org)."""
    if environ.get("NO_COLOR"):
        return True
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return False
    term = environ.get("TERM", "")
    return term in ("", "dumb", "linux", "vt100", "vt220", "ansi", "xterm", "screen", "xterm-16color", "cygwin")


def fine_glyphs(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether eighths of a block and rounded corners can be shown: the Linux console's font has neither."""
    return environ.get("TERM", "") not in ("linux", "dumb", "vt100", "vt220", "ansi")

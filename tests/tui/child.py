"""The dashboard with made-up tools, as a program of its own: for the tests that need a real terminal.

usage: child.py LOG [TOOL...]; writes ``open NAME`` and ``close NAME`` to LOG. A tool named ``crash`` raises in the
dashboard itself once it is drawn; ``busy`` sends rows as fast as it is asked.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.tui.fake import EXECS, FakeBackend, FakeSession, exec_row, tool
from tuibpf.tool.frame import Frame
from tuibpf.tui import run


class LoggedSession(FakeSession):
    """Says when it is closed."""

    log: int
    made = 0

    def rows(self) -> list[Frame]:
        if self.name == "busy":
            self.push_rows(*(exec_row(self.made + i, b"ls", b"/%d" % (self.made + i)) for i in range(200)))
            self.made += 200
        return super().rows()

    def wait(self, timeout_s: float) -> bool:
        return self.name == "busy" or super().wait(timeout_s)

    def close(self) -> None:
        if not self.closed:
            os.write(self.log, f"close {self.name}\n".encode())
        super().close()


def main(path: str, *names: str) -> int:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    backend = FakeBackend()

    def start(made: object, values: object) -> LoggedSession:
        session = LoggedSession(made.name, *backend.outputs.get(made.name, (EXECS,)))  # type: ignore[attr-defined]
        session.log = log
        session.push_rows(exec_row(1, b"started-%s" % session.name.encode()))
        os.write(log, f"open {session.name}\n".encode())
        return session

    backend.open_session = start
    if "crash" in names:
        from tuibpf.tui.widgets.stream_view import StreamView

        def crash(self: StreamView, *_: object) -> None:
            raise RuntimeError("made to fail")

        StreamView.action_choose = crash  # type: ignore[method-assign]
    return run([(tool(name, "test", f"{name} for the test"), {}) for name in names], backend=backend)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""A tracer as a process: ours or a peer's, started, read and ended in one and the same way."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

__all__ = ["Contender", "Counters", "Running", "Usage", "own_folder", "tuibpf"]

_ROOT = Path(__file__).parents[2]
_LONG_END_S = 10.0
_SCREEN = 50, 400  # lines and columns: no tool has a reason to cut its rows


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    forgets: Path | None = None  # tuibpf's cache, of which each launch first forgets what earlier ones compiled

    def forget(self) -> None:
        """Leave nothing in the cache but the kernel's types."""
        for entry in self.forgets.iterdir() if self.forgets and self.forgets.is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif not entry.name.startswith("btf-"):
                entry.unlink()


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for tuibpf's cache and Python's compiled modules, which are there after a first launch.

    So it is with a package that pip has installed, whatever this environment tells Python, and nobody's cache changes.
    """
    with TemporaryDirectory() as folder:
        yield Path(folder)


def tuibpf(folder: Path, *words: str, name: str = "", forgets: bool = False) -> Contender:
    """``tuibpf run`` of this checkout with these *words*; what it keeps lies in *folder*."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    cache, modules = folder / "cache", folder / "modules"
    places = {"TUIBPF_CACHE": str(cache), "PYTHONPYCACHEPREFIX": str(modules), "PYTHONPATH": os.pathsep.join(paths)}
    command = sys.executable, "-m", "tuibpf", "run", *words
    return Contender(name or f"tuibpf run {words[0]}", command, {**kept, **places}, cache if forgets else None)


class Counters(NamedTuple):
    """What the kernel counted for one program while its statistics were enabled."""

    run_ns: int
    runs: int


class Usage(NamedTuple):
    """Processor time of a process and its children until its end, and the memory that it held itself."""

    cpu_ms: float
    most_memory_mb: float


class Running:
    """A contender that was started, with a terminal of its own, so that it writes each line at once."""

    def __init__(self, contender: Contender) -> None:
        contender.forget()
        self.output = ""
        self._terminal, theirs = os.openpty()
        os.set_blocking(self._terminal, False)
        try:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"".join(n.to_bytes(2, sys.byteorder) for n in (*_SCREEN, 0, 0)))
            self.started_s = time.monotonic()
            self._process = subprocess.Popen(
                contender.command, env=dict(contender.environment), stdin=subprocess.DEVNULL, stdout=theirs,
                stderr=theirs, cwd=_ROOT, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(self._terminal)
            raise
        finally:
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def read(self) -> str:
        """Everything that it has written so far."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self._terminal, 1 << 16):
                self.output += data.decode("utf-8", "replace")
        return self.output

    @property
    def ended(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def last_words(self) -> str:
        """The end of what it said, in one line: of a contender that gave up, the reason."""
        lines = [line.strip() for line in self.read().splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def programs(self) -> dict[int, Counters]:
        """The BPF programs that the process holds, by id, from /proc/<pid>/fdinfo (kernel/bpf/syscall.c)."""
        found: dict[int, Counters] = {}
        folder = Path(f"/proc/{self._process.pid}/fdinfo")
        for entry in _names(folder):
            with contextlib.suppress(OSError):
                text = (folder / entry).read_bytes()
                if b"\nprog_type:" in text:
                    fields = dict(line.split(b":\t", 1) for line in text.splitlines() if b":\t" in line)
                    found[int(fields[b"prog_id"])] = Counters(int(fields[b"run_time_ns"]), int(fields[b"run_cnt"]))
        return found

    def stop(self) -> Usage:
        """End it as Ctrl-C does, and wait until its programs are off. May be called again."""
        if self._process.returncode is not None:
            return Usage(0, 0)
        memory_mb = self._most_memory_mb()
        os.killpg(self._process.pid, signal.SIGINT)
        deadline = time.monotonic() + _LONG_END_S
        while True:
            pid, status, used = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                os.killpg(self._process.pid, signal.SIGKILL)
            self.read()  # a full terminal would hold it up
            time.sleep(0.002)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.read()
        os.close(self._terminal)
        return Usage((used.ru_utime + used.ru_stime) * 1000, memory_mb)

    def _most_memory_mb(self) -> float:
        """Its largest resident set. (What wait4 tells begins with the memory of the process that started it.)"""
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{self._process.pid}/status").read_text("ascii", "replace")
            return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
        return 0.0


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

"""Something to look at: commands, connections and disk requests, for as long as a test takes its pictures."""

from __future__ import annotations

import mmap
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

COMMANDS = """
while :; do
  ls -l /etc/hosts; grep -c root /etc/passwd; stat --format=%s /etc/services; sleep 0.15
  sh -c 'date +%s | sha256sum'; find /etc -maxdepth 1 -name '*.conf' -newer /etc/hosts; sleep 0.2
  printf '%s\\n' "a word with 'quotes'" | tr a-z A-Z; env LANG=C sort --reverse /etc/group; sleep 0.25
done
"""

SERVER = """
import socket, sys, threading
listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
print(listener.getsockname()[1], flush=True)
def serve(link):
    while data := link.recv(65536):
        link.sendall(data[: len(data) // 4])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


class Workload:
    """Runs commands as the user *uid*, sends over loopback, and writes to a file in *folder* past the page cache."""

    def __init__(self, folder: Path, uid: int) -> None:
        self._file = folder / "blocks"
        self._stopped = threading.Event()
        shell = shutil.which("bash") or "/bin/sh"
        self._shell = subprocess.Popen(
            [shell, "-c", COMMANDS], user=uid, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}, cwd="/", start_new_session=True,
        )  # fmt: skip
        self.server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
        assert self.server.stdout is not None
        self.port = int(self.server.stdout.readline())
        self._threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(6)]
        self._threads.append(threading.Thread(target=self._write, daemon=True))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for process in (self._shell, self.server):
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join(10)

    def _send(self, number: int) -> None:
        address = "::1" if number % 3 == 2 else "127.0.0.1"
        chunk = bytes(3000 << number)
        with socket.create_connection((address, self.port)) as link:
            link.settimeout(2)
            while not self._stopped.wait(0.05):
                try:
                    link.sendall(chunk)
                    link.recv(1 << 20)
                except OSError:
                    return

    def _write(self) -> None:
        block = mmap.mmap(-1, 1 << 16)
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o600)
        try:
            place = 0
            while not self._stopped.is_set():
                size = 4096 << (place % 5)
                os.pwritev(fd, [memoryview(block)[:size]], (place % 64) << 16)
                place += 1
                if place % 50 == 0:
                    time.sleep(0.02)
        finally:
            os.close(fd)


def why_no_direct_io(folder: Path) -> str | None:
    """Why a file in *folder* can not be written past the page cache to a disk; None if it can."""
    major = os.major(folder.stat().st_dev)
    if major == 0:
        return f"{folder} is on a file system that has no disk"
    try:
        os.close(os.open(folder / "probe", os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o600))
    except OSError as error:
        return f"O_DIRECT in {folder}: {error.strerror}"
    return None

"""execsnoop -x: the file and the arguments of an exec that failed, and why."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.tools.commands import (
    EXECVE,
    TRUE,
    execve,
    forked,
    libc,
    seen,
    whole,
)
from tests.tools.running import session
from tuibpf.tool.arguments import Arguments


@pytest.fixture
def failing(tmp_path):
    """Files that can not be executed, with the errors that tell why."""
    (tmp_path / "text").write_bytes(b"neither ELF nor a script")
    (tmp_path / "text").chmod(0o755)
    (tmp_path / "plain").write_bytes(b"\x7fELF")
    (tmp_path / "gone").write_bytes(b"#!/nonexistent/interpreter\n")
    (tmp_path / "gone").chmod(0o755)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return {
        tmp_path / "text": errno.ENOEXEC,
        tmp_path / "plain": errno.EACCES,
        tmp_path: errno.EACCES,
        tmp_path / "gone": errno.ENOENT,
        tmp_path / "missing": errno.ENOENT,
        tmp_path / "loop": errno.ELOOP,
        tmp_path / "text" / "below": errno.ENOTDIR,
        tmp_path / ("n" * 256): errno.ENAMETOOLONG,
        Path("relative") / "missing": errno.ENOENT,
    }


@pytest.mark.usefixtures("tracefs")
def test_failures_with_their_file_and_their_arguments(failing):
    arguments = [b"asked for", b"this", b"\xff", b""]
    with session("execsnoop", failed=True) as opened:
        pids = [forked(lambda file=file: execve(os.fsencode(file), arguments)) for file in failing]
        rows = seen(opened, *pids)
    assert [(row["pid"], -row["ret"]) for row in rows] == list(zip(pids, failing.values(), strict=True))
    # A name has room for 255 bytes.
    assert [row["file"] for row in rows] == [str(file)[:255] for file in failing]
    assert [whole(row) for row in rows] == [arguments] * len(failing)


def test_failures_are_asked_for(failing):
    with session("execsnoop") as opened:
        pids = [forked(lambda file=file: execve(os.fsencode(file), [b"x"])) for file in failing]
        assert seen(opened, *pids) == []


@pytest.mark.usefixtures("tracefs")
def test_arguments_that_can_not_be_read_are_told_so():
    def work():
        libc().syscall(EXECVE, b"/nonexistent", 8, 0)

    with session("execsnoop", failed=True) as opened:
        pid = forked(work)
        (row,) = seen(opened, pid)
    assert row["args"] == Arguments((), True)
    assert row["args"].unreadable


@pytest.mark.usefixtures("tracefs")
def test_no_arguments_at_all():
    """Linux gives a program that got none an empty one (since 5.18); a call that failed had none."""
    with session("execsnoop", failed=True) as opened:
        pids = [
            forked(lambda: execve(TRUE, [])),
            forked(lambda: execve(b"/nonexistent", [])),
            forked(lambda: libc().execve(b"/nonexistent", None, None)),
        ]
        rows = seen(opened, *pids)
    assert [whole(row) for row in rows] == [[b""], [], []]

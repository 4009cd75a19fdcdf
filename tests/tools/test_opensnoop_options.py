"""The options of opensnoop, one by one, through the command line."""

from __future__ import annotations

import errno
import os
import re
import threading
from pathlib import Path

import pytest

from tests.tools.commands import forked, libc
from tests.tools.opening import openat
from tests.tools.running import running

pytestmark = pytest.mark.usefixtures("tracefs")

NOBODY = 65534
PR_SET_NAME = 15  # include/uapi/linux/prctl.h


def opening(*paths, name=None, user=None):
    """The id of a child that opens these; under another name, as another user."""

    def work():
        if name:
            libc().prctl(PR_SET_NAME, name, 0, 0, 0)
        if user:
            os.setresuid(user, user, user)
        for path in paths:
            openat(path, os.O_RDONLY | os.O_CLOEXEC)
        os._exit(0)

    return forked(work, status=0)


@pytest.fixture
def missing(tmp_path):
    return os.fsencode(tmp_path / "missing")


def lines(told, *words):
    """The titles, and the lines that hold all of *words*."""
    title, *rest = told.out.decode().splitlines()
    return title.split(), [line for line in rest if all(str(word) in line for word in words)]


def test_columns_without_options(missing):
    with running("opensnoop") as told:
        pid = opening(missing, b"/")
    titles, (failed,) = lines(told, missing.decode())
    assert titles == ["PID", "COMM", "FD", "ERR", "PATH"]
    assert re.fullmatch(rf" *{pid} \S+ +-1 ENOENT  {missing.decode()}", failed)
    assert [line.split()[-2:] for line in lines(told, f" {pid} ")[1]] == [["ENOENT", missing.decode()], ["0", "/"]]


def test_columns_with_all_options(missing):
    with running("opensnoop", "-T", "-U", "-e") as told:
        opening(missing)
    titles, (line,) = lines(told, missing.decode())
    assert titles == ["TIME", "UID", "PID", "COMM", "FD", "ERR", "FLAGS", "MODE", "PATH"]
    time, uid, *_, flags, mode, _ = line.split()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", time)
    assert (uid, flags, mode) == (str(os.getuid()), "O_RDONLY|O_CLOEXEC", "0000")


def test_only_what_failed(missing):
    with running("opensnoop", "-x", "-o", "json") as told:
        pid = opening(missing, b"/", missing)
    assert [(row["path"], row["err"], row["fd"]) for row in told.of(pid)] == [(missing.decode(), errno.ENOENT, -1)] * 2
    assert all(row["err"] for row in told.rows)
    assert told.summary["lost"] == 0


def test_only_one_process():
    with running("opensnoop", "-o", "json", "-p", str(os.getpid())) as told:
        pid = opening(b"/nowhere")
        openat(b"/here")
        thread = threading.Thread(target=openat, args=(b"/there",))
        thread.start()
        thread.join()
    assert not told.of(pid)
    assert [row["path"] for row in told.rows if row["path"] in ("/here", "/there")] == ["/here", "/there"]


def test_only_one_thread():
    with running("opensnoop", "-t", str(os.getpid())) as told:
        openat(b"/here")
        thread = threading.Thread(target=openat, args=(b"/there",))
        thread.start()
        thread.join()
    titles, found = lines(told, "here")
    assert titles == ["PID", "TID", "COMM", "FD", "ERR", "PATH"]
    assert [line.split()[:2] + line.split()[-1:] for line in found] == [[str(os.getpid())] * 2 + ["/here"]]


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: another user can not be taken on")
def test_only_one_user(tmp_path):
    tmp_path.chmod(0o700)
    path = os.fsencode(Path(tmp_path) / "secret")
    with running("opensnoop", "-o", "json", "-u", str(NOBODY)) as told:
        other = opening(path)
        pid = opening(path, user=NOBODY)
    assert not told.of(other)
    assert [(row["path"], row["err"], row["uid"]) for row in told.of(pid)] == [(path.decode(), errno.EACCES, NOBODY)]


def test_only_a_name(missing):
    with running("opensnoop", "-o", "json", "-n", "other") as told:
        opening(missing)
        pid = opening(missing, name=b"an other name")
    assert [(row["pid"], row["comm"]) for row in told.rows] == [(pid, "an other name")]

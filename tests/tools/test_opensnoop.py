"""opensnoop: every open once, with the path that was asked for, and what the process got."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from tests.tools.commands import forked
from tests.tools.opening import NUMBERS, openat, openat2, opened, results, seen, started
from tests.tools.running import named_rows, session, tool_of

pytestmark = pytest.mark.usefixtures("tracefs")


def in_child(work):
    """The process id of a child, and what *work* gave there, as a list of numbers."""
    reader, writer = os.pipe()

    def told():
        os.write(writer, " ".join(map(str, work())).encode())
        os._exit(0)

    pid = forked(told, status=0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        return pid, [int(number) for number in pipe.read().split()]


def flat(opens):
    return [number for one in opens for number in one]


ODD = [
    b"plain", b"two words", b"new\nline", b"\x1b[31mred", "ümlaut".encode(), b"\xff\xfe", b"'quotes\"", b"[bold]",
    b"%s", b"n" * 255, b"\t", b"-x",
]  # fmt: skip


def test_odd_paths_that_are_there_and_that_are_not(tmp_path):
    there = [os.fsencode(tmp_path) + b"/" + name for name in ODD]
    missing = [path[:-1] + b"?" for path in there]
    for path in there:
        os.close(os.open(path, os.O_CREAT))
    with session("opensnoop", max_path=4096) as told:
        pid, got = in_child(lambda: flat(openat(path) for path in there + missing))
        rows = seen(told, pid)
    shown = [path.decode("utf-8", "backslashreplace") for path in there + missing]
    assert [row["path"] for row in rows] == shown
    assert flat([row["fd"], row["err"]] for row in rows) == got
    assert [row["err"] for row in rows] == [0] * len(there) + [errno.ENOENT] * len(missing)
    assert {row["fd"] for row in rows if row["err"]} == {-1}


@pytest.mark.parametrize("most", [2, 17, 256, 4096])
def test_a_path_is_shown_up_to_its_bound(tmp_path, most):
    names = [b"p" * length for length in (1, 2, most - 2, most - 1, most, most + 1, 4094) if length]
    with session("opensnoop", max_path=most) as told:
        pid, _ = in_child(lambda: flat(openat(name) for name in names))
        rows = seen(told, pid)
    assert [row["path"].encode() for row in rows] == [name[: most - 1] for name in names]


def test_why_an_open_failed(tmp_path):
    base = os.fsencode(tmp_path)
    os.symlink(base + b"/loop", base + b"/loop")
    os.close(os.open(base + b"/file", os.O_CREAT))

    def work():
        yield from openat(base + b"/missing")
        yield from openat(base + b"/loop")
        yield from openat(base + b"/file/below")
        yield from openat(base, os.O_WRONLY)
        yield from openat(base + b"/" + b"n" * 256)
        yield from openat(base + b"/file", os.O_CREAT | os.O_EXCL)
        yield from openat(b"relative", directory=12345)
        yield from openat(b"")
        yield from openat(None)
        yield from openat2(base + b"/file", 1 << 40)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        yield from openat(base + b"/file")

    errors = [errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST, errno.EBADF,
              errno.ENOENT, errno.EFAULT, errno.EINVAL, errno.EMFILE]  # fmt: skip
    with session("opensnoop", failed=True) as told:
        pid, got = in_child(work)
        rows = seen(told, pid)
    assert [row["err"] for row in rows] == errors == got[1::2]
    assert {row["fd"] for row in rows} == {-1} == set(got[::2])
    assert [row["path"] for row in rows[6:]] == ["relative", "", "", f"{tmp_path}/file", f"{tmp_path}/file"]


def test_every_call_that_opens(tmp_path):
    path = os.fsencode(tmp_path / "file")
    creates = os.O_CREAT | os.O_TRUNC | os.O_WRONLY
    calls = {
        "openat": lambda: openat(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o4640),
        "openat2": lambda: openat2(path, os.O_RDWR),
        "tmpfile": lambda: openat(os.fsencode(tmp_path), os.O_TMPFILE | os.O_WRONLY, 0o600),
        "no new file": lambda: openat(path, os.O_RDONLY, 0o777),
    }
    expected = {
        "openat": (os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o4640), "openat2": (-1, -1),
        "tmpfile": (os.O_TMPFILE | os.O_WRONLY, 0o600), "no new file": (os.O_RDONLY, 0),
    }  # fmt: skip
    if "open" in NUMBERS:
        calls["open"] = lambda: opened("open", path, os.O_APPEND | os.O_WRONLY, 0)
        calls["creat"] = lambda: opened("creat", path, 0o751)
        expected |= {"open": (os.O_APPEND | os.O_WRONLY, 0), "creat": (creates, 0o751)}
    with session("opensnoop", extended=True) as told:
        pid, got = in_child(lambda: flat(call() for call in calls.values()))
        rows = seen(told, pid)
    assert {name: (row["flags"], row["mode"]) for name, row in zip(calls, rows, strict=True)} == expected
    assert flat([row["fd"], row["err"]] for row in rows) == got
    assert set(got[1::2]) == {0}


def test_many_opens_of_processes_at_the_same_time_are_all_there(tmp_path):
    """Three at a time, 2000 each: more than the buffer holds, so they wait for its reader after every 400."""
    base, rows = os.fsencode(tmp_path), []
    bursts, each = range(5), 400

    def work(worker, ready, go_on):
        for burst in bursts:
            for number in range(burst * each, (burst + 1) * each):
                openat(b"%s/%d-%d" % (base, worker, number), os.O_RDONLY)
            os.write(ready, b".")
            os.read(go_on, 1)
        os._exit(0)

    with session("opensnoop") as told:
        pipes = [(os.pipe(), os.pipe()) for _ in range(3)]
        pids = [
            started(lambda worker=worker, pair=pair: work(worker, pair[0][1], pair[1][0]))
            for worker, pair in enumerate(pipes)
        ]
        for _ in bursts:
            for (ready, _), _ in pipes:
                os.read(ready, 1)
            rows += named_rows(told.rows())
            for _, (_, go_on) in pipes:
                os.write(go_on, b".")
        assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0, 0]
        rows += seen(told, *pids)
    for end in (end for pair in pipes for pipe in pair for end in pipe):
        os.close(end)
    for worker, pid in enumerate(pids):
        paths = [row["path"] for row in rows if row["pid"] == pid]
        assert paths == [f"{tmp_path}/{worker}-{number}" for number in range(2000)]


def blocked_in_a_thread(tool, fifo):
    """A thread that waits in an open of *fifo* while another one opens files; the rows of both."""
    with session(tool) as told:

        def work():
            threads = []
            thread = threading.Thread(target=lambda: threads.append(openat(fifo, os.O_RDONLY)))
            thread.start()
            for number in range(20):
                openat(b"%s.%d" % (fifo, number))
            openat(fifo, os.O_WRONLY)  # comes back when the other one is there
            thread.join()
            os._exit(0)

        pid = forked(work, status=0)
        return [row["path"] for row in seen(told, pid) if row["path"].startswith(fifo.decode())]


def test_threads_are_told_apart(tmp_path):
    fifo = os.fsencode(tmp_path / "fifo")
    os.mkfifo(fifo)
    paths = blocked_in_a_thread(tool_of("opensnoop"), fifo)
    assert sorted(paths) == sorted([f"{fifo.decode()}.{number}" for number in range(20)] + [fifo.decode()] * 2)


def test_a_tool_that_takes_threads_for_one_would_be_found_out(tmp_path):
    fifo = os.fsencode(tmp_path / "fifo")
    os.mkfifo(fifo)
    broken = tool_of("opensnoop", ("calls[tid()] = ", "calls[pid()] = "), ("calls.pop(tid())", "calls.pop(pid())"))
    assert len(blocked_in_a_thread(broken, fifo)) < 22


def test_an_open_that_is_interrupted_and_goes_on_is_one(tmp_path):
    fifo = os.fsencode(tmp_path / "fifo")
    os.mkfifo(fifo)

    def wake(waiting):
        """Interrupt the thread as soon as it waits in its open, then let it have what it waits for."""
        for _ in range(5):
            while not Path(f"/proc/self/task/{waiting}/syscall").read_text().startswith(f"{NUMBERS['openat']} "):
                pass
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
        os.close(os.open(fifo, os.O_WRONLY))

    def work():
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.siginterrupt(signal.SIGALRM, False)
        threading.Thread(target=wake, args=(threading.get_native_id(),)).start()
        return openat(fifo)

    with session("opensnoop") as told:
        pid, got = in_child(work)
        rows = [row for row in seen(told, pid) if row["tid"] == pid and row["path"] == fifo.decode()]
    assert results(rows) == [(fifo.decode(), (got[0], 0))]

"""execsnoop and the ways into exec: threads, descriptors, scripts, other users; and the ways to fail."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import threading
from pathlib import Path

import pytest

from tests.tools.commands import AT_EMPTY_PATH, EXECVE, TRUE, execve, execveat, forked, libc, spawn, vector
from tests.tools.running import named_rows, session, session_and_maps, tool_of
from tuibpf.tool.arguments import Arguments

NOBODY = 65534
ERESTARTSYS = 512  # include/linux/errno.h
CLONE_NEWPID = 0x2000_0000  # include/uapi/linux/sched.h
root = pytest.mark.skipif(os.geteuid() != 0, reason="not root: another user can not be taken on")


def seen(opened, *pids):
    rows = [row for row in named_rows(opened.finish()) if row["pid"] in pids]
    assert not opened.losses()
    return rows


def values(row):
    assert not row["args"].truncated
    return list(row["args"].values)


def in_thread(work):
    """Run *work* in a thread that is not the leader, which never returns if that replaces the process."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_that_is_not_the_leader():
    with session("execsnoop", failed=True) as opened:
        pids = [forked(lambda: in_thread(lambda: execve(TRUE, [b"true", b"thread"])), status=0) for _ in range(20)]
        rows = seen(opened, *pids)
    assert [row["pid"] for row in rows] == pids
    for row in rows:
        assert (values(row), row["comm"], row["ppid"], row["ret"]) == ([b"true", b"thread"], "true", os.getpid(), 0)


def test_a_failure_in_a_thread_that_is_not_the_leader():
    name = b"worker"

    def work():
        libc().prctl(15, name, 0, 0, 0)  # PR_SET_NAME
        execve(b"/nonexistent", [b"no", b"such"])

    with session("execsnoop", failed=True) as opened:
        pid = forked(lambda: in_thread(work))
        (row,) = seen(opened, pid)
    assert (row["comm"], row["pid"], row["ret"]) == ("worker", pid, -errno.ENOENT)
    assert (values(row), row["file"]) == ([b"no", b"such"], "/nonexistent")


def test_a_parent_is_a_process_and_not_the_thread_that_forked():
    def work():
        found.append((spawn(TRUE, [b"true"]), threading.get_native_id()))

    found = []
    with session("execsnoop") as opened:
        in_thread(work)
        ((pid, thread),) = found
        (row,) = seen(opened, pid)
    assert row["ppid"] == os.getpid() != thread


def test_execveat_by_descriptor_by_directory_and_fexecve(tmp_path):
    shutil.copy(TRUE, tmp_path / "copied")
    directory = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    file = os.open(tmp_path / "copied", os.O_RDONLY)
    arguments = [b"named so", b"", b"x y"]
    with session("execsnoop", failed=True) as opened:
        pids = [
            forked(lambda: execveat(file, b"", arguments, AT_EMPTY_PATH), status=0),
            forked(lambda: execveat(directory, b"copied", arguments), status=0),
            forked(lambda: libc().fexecve(file, vector(arguments), vector([])), status=0),
            forked(lambda: execveat(directory, b"missing", arguments)),
        ]
        rows = seen(opened, *pids)
    os.close(file)
    os.close(directory)
    assert [row["pid"] for row in rows] == pids
    assert [values(row) for row in rows] == [arguments] * 4
    assert [row["ret"] for row in rows] == [0, 0, 0, -errno.ENOENT]
    # What the kernel calls a file that it got by a descriptor.
    opened_file, in_directory = f"/dev/fd/{file}", f"/dev/fd/{directory}/copied"
    assert [row["file"] for row in rows] == [opened_file, in_directory, opened_file, "missing"]


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
    assert [values(row) for row in rows] == [arguments] * len(failing)


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
    assert [values(row) for row in rows] == [[b""], [], []]


def test_a_script_is_shown_as_its_interpreter_sees_it(tmp_path):
    shell = Path("/bin/sh").resolve()
    script = tmp_path / "script"
    script.write_text(f"#!{shell} -e -u\nexit 0\n")
    script.chmod(0o755)
    with session("execsnoop") as opened:
        pid = spawn(script, [b"lost", b"first", b"second"])
        (row,) = seen(opened, pid)
    assert values(row) == [os.fsencode(shell), b"-e -u", os.fsencode(script), b"first", b"second"]
    assert (row["comm"], row["file"]) == ("script", str(script))


def test_a_program_that_replaces_itself_is_a_row_each_time():
    with session("execsnoop") as opened:
        pid = spawn("/bin/sh", [b"sh", b"-c", b"exec /bin/sh -c 'exec /bin/true last'"])
        rows = seen(opened, pid)
    assert [values(row)[0] for row in rows] == [b"sh", b"/bin/sh", b"/bin/true"]
    assert [row["comm"] for row in rows] == ["sh", "sh", "true"]


@root
def test_a_setuid_program_is_the_user_who_started_it(tmp_path):
    tmp_path.chmod(0o755)
    program = tmp_path / "setuid"
    shutil.copy(TRUE, program)
    program.chmod(0o755 | stat.S_ISUID)
    place = os.open(program, os.O_RDONLY)  # nobody may not look into the folders above

    def work():
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        execveat(place, b"", [b"setuid"], AT_EMPTY_PATH)

    with session("execsnoop", only_uid=NOBODY) as opened:
        pid = forked(work, status=0)
        (row,) = seen(opened, pid)
    os.close(place)
    assert (row["uid"], values(row)) == (NOBODY, [b"setuid"])


@root
def test_a_process_in_a_namespace_of_its_own_has_the_id_that_everybody_sees():
    reader, writer = os.pipe()

    def work():
        if libc().unshare(CLONE_NEWPID):
            os._exit(ctypes.get_errno())
        child = os.fork()
        if not child:
            execve(TRUE, [b"true", b"inside"])
        os.write(writer, b"%d" % child)
        os.waitpid(child, 0)
        os._exit(0)

    with session("execsnoop") as opened:
        forked(work, status=0)
        rows = [row for row in named_rows(opened.finish()) if row["args"].values == (b"true", b"inside")]
    child = int(os.read(reader, 32))
    os.close(reader)
    os.close(writer)
    assert [row["pid"] for row in rows] == [child]


@pytest.mark.usefixtures("tracefs")
def test_threads_that_exec_at_the_same_time_are_one_exec():
    """The first to get there ends the others, whose calls come back to nobody, mostly with errors of the kernel's own."""

    def race():
        start = threading.Barrier(4)

        def one():
            start.wait()
            execve(TRUE, [b"true"])

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with session("execsnoop", failed=True) as opened:
        pids = [forked(race, status=0) for _ in range(100)]
        rows = seen(opened, *pids)
    assert [row["pid"] for row in rows if row["ret"] == 0] == pids
    assert all(-ERESTARTSYS < row["ret"] for row in rows)


def left_behind(tool, runs):
    """The rows of *runs* processes, each with a thread that fails to exec and then execs; who of them is in the map."""
    reader, writer = os.pipe()

    def threaded():
        os.write(writer, b"%d\n" % threading.get_native_id())
        execve(b"/nonexistent", [b"x"])
        execve(TRUE, [b"true"])

    with session_and_maps(tool, failed=True) as (opened, loaded):
        pids = [forked(lambda: in_thread(threaded), status=0) for _ in range(runs)]
        rows = seen(opened, *pids)
        keys = loaded.map("calls").items().keys
    os.close(writer)
    with open(reader, "rb") as told:
        callers = {*pids, *map(int, told)}
    left = {int.from_bytes(keys[at : at + 4], sys.byteorder) for at in range(0, len(keys), 4)}
    return rows, left & callers


@pytest.mark.usefixtures("tracefs")
def test_nothing_is_left_behind_by_many_execs_from_threads_and_failures():
    rows, left = left_behind(tool_of("execsnoop"), 100)
    assert [row["ret"] for row in rows] == [-errno.ENOENT, 0] * 100
    assert not left


@pytest.mark.usefixtures("tracefs")
def test_a_tool_that_forgets_the_caller_by_the_wrong_id_would_be_found_out():
    """Behind exec the thread that called has the id of the leader."""
    rows, left = left_behind(tool_of("execsnoop", ("calls.remove(old_pid)", "calls.remove(tid())")), 10)
    assert len(rows) == 20
    assert len(left) == 10

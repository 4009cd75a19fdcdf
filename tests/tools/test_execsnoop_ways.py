"""execsnoop and the ways into exec: descriptors, scripts, other users, namespaces."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import shutil
import stat
import struct
import threading
from pathlib import Path

import pytest

from tests.tools.commands import (
    AT_EMPTY_PATH,
    TRUE,
    execve,
    execveat,
    forked,
    in_thread,
    libc,
    seen,
    spawn,
    vector,
    whole,
)
from tests.tools.running import named_rows, session

NOBODY = 65534
CLONE_NEWPID = 0x2000_0000  # include/uapi/linux/sched.h
root = pytest.mark.skipif(os.geteuid() != 0, reason="not root: another user can not be taken on")


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
    assert [whole(row) for row in rows] == [arguments] * 4
    assert [row["ret"] for row in rows] == [0, 0, 0, -errno.ENOENT]
    # What the kernel calls a file that it got by a descriptor.
    opened_file, in_directory = f"/dev/fd/{file}", f"/dev/fd/{directory}/copied"
    assert [row["file"] for row in rows] == [opened_file, in_directory, opened_file, "missing"]


def test_a_script_is_shown_as_its_interpreter_sees_it(tmp_path):
    shell = Path("/bin/sh").resolve()
    script = tmp_path / "script"
    script.write_text(f"#!{shell} -e -u\nexit 0\n")
    script.chmod(0o755)
    with session("execsnoop") as opened:
        pid = spawn(script, [b"lost", b"first", b"second"])
        (row,) = seen(opened, pid)
    assert whole(row) == [os.fsencode(shell), b"-e -u", os.fsencode(script), b"first", b"second"]
    assert (row["comm"], row["file"]) == ("script", str(script))


def test_a_program_that_replaces_itself_is_a_row_each_time():
    with session("execsnoop") as opened:
        pid = spawn("/bin/sh", [b"sh", b"-c", b"exec /bin/sh -c 'exec /bin/true last'"])
        rows = seen(opened, pid)
    assert [whole(row)[0] for row in rows] == [b"sh", b"/bin/sh", b"/bin/true"]
    assert [row["comm"] for row in rows] == ["sh", "sh", "true"]


def test_a_parent_is_a_process_and_not_the_thread_that_forked():
    def work():
        found.append((spawn(TRUE, [b"true"]), threading.get_native_id()))

    found = []
    with session("execsnoop") as opened:
        in_thread(work)
        ((pid, thread),) = found
        (row,) = seen(opened, pid)
    assert row["ppid"] == os.getpid() != thread


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
    assert (row["uid"], whole(row)) == (NOBODY, [b"setuid"])


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


def execve_of_32_bits(path, arguments):
    """execve(2) as a 32-bit program calls it, by interrupt 0x80, with pointers of 4 bytes; returns its answer."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40  # MAP_32BIT
    memory = mmap.mmap(-1, 1 << 16, flags, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    memory.seek(4096)
    places = []
    for text in (path, *arguments):
        places.append(start + memory.tell())
        memory.write(text + b"\0")
    memory[1024 : 1024 + 4 * len(places)] = struct.pack(f"={len(places)}I", *places[1:], 0)
    # push rbx; mov eax, 11 (execve); mov ebx, path; mov ecx, argv; mov edx, none; int 0x80; pop rbx; ret
    registers = struct.pack("=BIBIBIBI", 0xB8, 11, 0xBB, places[0], 0xB9, start + 1024, 0xBA, 0)
    code = b"\x53" + registers + b"\xcd\x80\x5b\xc3"
    memory[: len(code)] = code
    return ctypes.CFUNCTYPE(ctypes.c_int)(start)()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="not x86-64: there is no such way into exec")
def test_the_32_bit_call():
    pid = os.fork()
    if not pid:
        os._exit(-execve_of_32_bits(b"/nonexistent", [b"x"]))
    if (ended := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])) != errno.ENOENT:
        pytest.skip(reason=f"this kernel takes no 32-bit calls: one that looks for a missing file ends with {ended}")
    with session("execsnoop") as opened:
        pid = forked(lambda: execve_of_32_bits(TRUE, [b"true", b"", b"of 32 bits"]), status=0)
        (row,) = seen(opened, pid)
    assert whole(row) == [b"true", b"", b"of 32 bits"]

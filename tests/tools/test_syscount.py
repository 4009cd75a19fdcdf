"""syscount: every call once, under its name, for its process, with its error and its time."""

from __future__ import annotations

import errno
import os
import signal
import struct
import threading
import time
from pathlib import Path

import pytest

from tests.tools.calling import by_name, by_process, call, held
from tests.tools.commands import TRUE, execve, in_thread, libc
from tests.tools.opening import NUMBERS, started
from tests.tools.running import session, tool_of

pytestmark = pytest.mark.skipif(not NUMBERS, reason=f"no names of system calls are known for {os.uname().machine}")

# Calls that neither Python nor the C library makes by itself here, and that change nothing.
RARE = {"getpgid": (0,), "sched_get_priority_max": (1,), "personality": (0xFFFFFFFF,), "getpriority": (0, 0)}
ALL = 1000


def rare_calls():
    for times, (name, arguments) in enumerate(RARE.items(), 1):
        for _ in range(times * 100):
            call(name, *arguments)


def test_calls_by_name():
    with held(rare_calls) as child, session("syscount", only_pid=child.pid, top=ALL) as told:
        child.run()
        found = by_name(told.finish())
        assert not told.losses()
    assert {name: found[name] for name in RARE} == {name: times * 100 for times, name in enumerate(RARE, 1)}
    assert found["exit_group"] == 1


def test_calls_by_process_over_many_intervals():
    frames, children, calls = [], [], 2000
    with session("syscount", by_process=True, only_syscall=NUMBERS["getpgid"], top=ALL) as told:

        def work():
            for _ in range(calls):
                call("getpgid", 0)
            os._exit(0)

        children = [started(work) for _ in range(3)]
        left = set(children)
        while left:
            frames += told.snapshot()
            left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
        frames += told.finish()
        assert not told.losses()
    assert by_process(frames, children) == dict.fromkeys(children, calls)


def test_threads_are_one_process_by_the_name_of_its_leader():
    def work():
        libc().prctl(15, b"leader", 0, 0, 0)  # PR_SET_NAME
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def one():
        libc().prctl(15, b"worker", 0, 0, 0)
        for _ in range(500):
            call("getpgid", 0)

    options = {"by_process": True, "only_syscall": NUMBERS["getpgid"], "top": ALL}
    with held(work) as child, session("syscount", **options) as told:
        child.run()
        (frame,) = told.finish()
    assert [row for row in frame.rows if row[0] == child.pid] == [(child.pid, "leader", 2000, 0)]


@pytest.mark.parametrize("latency", [False, True])
def test_the_child_does_not_come_back_from_the_fork_of_its_parent(latency):
    """Its first return to its own code is the end of a call that it never made."""
    children = []
    with session("syscount", by_process=True, only_syscall=NUMBERS["clone"], latency=latency, top=ALL) as told:
        for _ in range(50):
            children.append(started(lambda: os._exit(0)))
            os.waitpid(children[-1], 0)
        found = by_process(told.finish(), [os.getpid(), *children])
        assert not told.losses()
    assert found == {os.getpid(): 50}


def test_calls_that_never_return():
    with session("syscount", by_process=True, only_syscall=NUMBERS["exit_group"], top=ALL) as told:
        children = [started(lambda: os._exit(0)) for _ in range(50)]
        for pid in children:
            os.waitpid(pid, 0)
        assert by_process(told.finish(), children) == dict.fromkeys(children, 1)


def failing():
    for _ in range(30):
        call("getpgid", 0)
        call("getpgid", -1)
    for _ in range(20):
        call("close", 12345)
    for _ in range(10):
        call("chdir", b"/nonexistent")
    for _ in range(5):
        call("openat", -1, b"relative", 0)


@pytest.mark.parametrize("latency", [False, True])
def test_failures(latency):
    with held(failing) as child, session("syscount", failed=True, latency=latency, only_pid=child.pid, top=ALL) as told:
        child.run()
        found = by_name(told.finish())
        assert not told.losses()
    assert {name: found[name] for name in ("getpgid", "close", "chdir", "openat")} == {
        "getpgid": 30, "close": 20, "chdir": 10, "openat": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errno.EBADF, {"close": 20, "openat": 5}),
        (errno.ESRCH, {"getpgid": 30}),
        (errno.ENOENT, {"chdir": 10}),
        (errno.EXDEV, {}),
    ],
)
def test_one_error(error, expected):
    with held(failing) as child, session("syscount", only_error=error, only_pid=child.pid, top=ALL) as told:
        child.run()
        assert by_name(told.finish()) == expected


def test_signals_are_no_failures():
    """What a handler returns to brings back registers, which may look like an error; an interrupted call goes on."""

    def work():
        signal.signal(signal.SIGALRM, lambda *_: None)
        for _ in range(10):
            os.kill(os.getpid(), signal.SIGALRM)
        for _ in range(5):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            signal.pause()

    pause = "pause" if "pause" in NUMBERS else "ppoll"
    for failed, returns in ((True, 0), (False, 15)):
        with held(work) as child, session("syscount", failed=failed, only_pid=child.pid, top=ALL) as told:
            child.run()
            found = by_name(told.finish())
        assert found["rt_sigreturn"] == returns
        assert found[pause] == (0 if failed else 5)
        assert found["-1"] == 0


def test_the_time_that_calls_take():
    def work():
        for _ in range(20):
            call("nanosleep", struct.pack("qq", 0, 5_000_000), None)

    with held(work) as child, session("syscount", latency=True, only_pid=child.pid, top=ALL) as told:
        start_ns = time.monotonic_ns()
        child.run()
        wall_ns = time.monotonic_ns() - start_ns
        frames = told.finish()
        assert not told.losses()
    assert by_name(frames)["nanosleep"] == 20
    assert 100_000_000 <= by_name(frames, "time")["nanosleep"] <= wall_ns


def executing(tool):
    """How many execs of ten the tool counts, each by a thread whose leader waits in a call."""
    with session(tool, by_process=True, latency=True, only_syscall=NUMBERS["execve"], top=ALL) as told:
        pids = [started(lambda: in_thread(lambda: execve(TRUE, [b"true"]))) for _ in range(10)]
        for pid in pids:
            assert os.waitpid(pid, 0)[1] == 0
        count = sum(by_process(told.finish(), pids).values())
        assert not told.losses()
    return count


def test_an_exec_that_gives_its_thread_another_id_is_timed():
    assert executing(tool_of("syscount")) == 10


def test_a_tool_that_remembers_threads_by_their_ids_would_be_found_out():
    by_id = (
        ("Hash(Pointer,", "Hash(Tid,"),
        ("started[current_task()]", "started[tid()]"),
        ("started.pop(current_task())", "started.pop(tid())"),
        ("started.remove(p)", "started.remove(p.pid)"),
    )
    assert executing(tool_of("syscount", *by_id)) < 10


IA32_GETPID, IA32_EXIT = 20, 1  # arch/x86/entry/syscalls/syscall_32.tbl


def tiny_program(calls):
    """A 32-bit program for x86: *calls* times getpid(), then exit(0)."""
    code = b"\xbb" + struct.pack("<I", calls)  # mov ebx, calls
    code += b"\xb8" + struct.pack("<I", IA32_GETPID) + b"\xcd\x80"  # again: mov eax, getpid; int 0x80
    code += b"\x4b\x75\xf6"  # dec ebx; jnz again
    code += b"\xb8" + struct.pack("<I", IA32_EXIT) + b"\xcd\x80"  # mov eax, exit; int 0x80, with ebx 0
    base, header = 0x10000, 52 + 32
    size = header + len(code)
    elf = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    elf += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + header, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return elf + struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 5, 0x1000) + code


@pytest.fixture
def tiny(tmp_path):
    """A 32-bit program that calls getpid() 500 times."""
    if os.uname().machine != "x86_64":
        pytest.skip(reason=f"this is {os.uname().machine}, the program is for x86")
    program = Path(tmp_path / "tiny")
    program.write_bytes(tiny_program(500))
    program.chmod(0o755)
    pid = started(lambda: os.execv(program, ["tiny"]))
    if os.waitpid(pid, 0)[1] != 0:
        pytest.skip(reason="this kernel runs no 32-bit programs")
    return lambda: os.execv(program, ["tiny"])


def names_of(tool, work):
    with held(work) as child, session(tool, only_pid=child.pid, top=ALL) as told:
        child.run()
        return by_name(told.finish())


def test_a_32_bit_program_has_no_names(tiny):
    found = names_of(tool_of("syscount"), tiny)
    assert found["execve"] == 1
    assert found["writev"] == 0, "getpid() of a 32-bit program has the number of writev()"


def test_a_tool_that_gives_it_names_would_be_found_out(tiny):
    assert names_of(tool_of("syscount", ("regs.cs == USER32_CS", "regs.cs == 0")), tiny)["writev"] == 500


def test_a_32_bit_program_counts_as_a_process(tiny):
    with held(tiny) as child, session("syscount", by_process=True, top=ALL) as told:
        child.run()
        assert by_process(told.finish(), [child.pid])[child.pid] >= 501

"""The options of execsnoop, one by one, through the command line."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time

import pytest

from tests.tools.commands import BYTES_EACH, TRUE, check_arguments, execve, forked, spawn
from tests.tools.running import named_rows, running, session

NOBODY = 65534


@pytest.fixture
def word():
    """An argument that no other command on this machine has."""
    return secrets.token_hex(8)


def lines(told):
    """The titles, and the other lines."""
    title, *rest = told.out.decode().splitlines()
    return title.split(), rest


def test_columns_without_options(word):
    with running("execsnoop", "-l", word) as told:
        pid = spawn(TRUE, [b"true", word.encode(), b"two words", b""])
    titles, found = lines(told)
    assert titles == ["PCOMM", "COMM", "PID", "PPID", "RET", "ARGS"]
    (line,) = found
    assert re.fullmatch(rf"\S+ +true +{pid} +{os.getpid()} +0 true {word} 'two words' ''", line)


def test_columns_with_all_options(word):
    started = time.time()
    with running("execsnoop", "-x", "-T", "-t", "-U", "-q", "-l", word) as told:
        spawn(TRUE, [b"true", word.encode()])
        forked(lambda: execve(b"/nonexistent", [b"missing", word.encode()]))
    titles, (good, bad) = lines(told)
    assert titles == ["TIME", "TIME(s)", "UID", "PCOMM", "COMM", "PID", "PPID", "RET", "FILE", "ARGS"]
    clock, since, uid, _, comm, _, _, ret, file, *rest = good.split()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", clock)
    assert 0 <= float(since) <= time.time() - started
    assert (uid, comm, ret, file) == (str(os.getuid()), "true", "0", "/bin/true")
    assert rest == ["'true'", f"'{word}'"]
    assert bad.split()[7:] == ["-2", "/nonexistent", "'missing'", f"'{word}'"]


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: another user can not be taken on")
def test_only_one_user(word):
    def work(path):
        os.setresuid(NOBODY, NOBODY, NOBODY)
        execve(path, [b"true", word.encode()])

    with running("execsnoop", "-o", "json", "-x", "-u", str(NOBODY), "-l", word) as told:
        spawn(TRUE, [b"true", word.encode()])
        forked(lambda: execve(b"/nonexistent", [b"true", word.encode()]))
        pids = [forked(lambda: work(TRUE)), forked(lambda: work(b"/nonexistent"))]
    assert [(row["pid"], row["uid"], row["ret"]) for row in told.rows] == [(pids[0], NOBODY, 0), (pids[1], NOBODY, -2)]
    with running("execsnoop", "-o", "json", "-u", "0", "-l", word) as told:
        forked(lambda: work(TRUE))
        pid = spawn(TRUE, [b"true", word.encode()])
    assert [(row["pid"], row["uid"]) for row in told.rows] == [(pid, 0)]


def test_only_a_name(tmp_path, word):
    name = "tool" + word[:8]
    shutil.copy(TRUE, tmp_path / name)
    with running("execsnoop", "-o", "json", "-n", name[2:9]) as told:
        spawn(TRUE, [b"true", name.encode()])
        pid = spawn(tmp_path / name, [b"called otherwise"])
    assert [(row["pid"], row["comm"]) for row in told.rows] == [(pid, name)]


def test_only_arguments_with_a_text(word):
    with running("execsnoop", "-o", "json", "-l", f"{word} b") as told:
        pids = [spawn(TRUE, [b"true", word.encode(), second]) for second in (b"a", b"b", b"bc", b"a b")]
    assert [row["pid"] for row in told.rows] == pids[1:3]


@pytest.mark.parametrize("most", [1, 2, 3, 64, 1024])
def test_at_most_so_many_arguments(most):
    vectors = [[b"%d" % i for i in range(count)] for count in (1, most - 1, most, most + 1, 2 * most) if count]
    vectors += [[b"l" * (most * BYTES_EACH - 1 + more)] for more in (-1, 0, 1)]
    vectors = [vector for vector in vectors if max(map(len, vector)) < 1 << 17]
    with session("execsnoop", failed=True, max_args=most) as opened:
        pids = [spawn(TRUE, vector) for vector in vectors]
        pids += [forked(lambda given=vector: execve(b"/nonexistent", given)) for vector in vectors]
        rows = [row for row in named_rows(opened.finish()) if row["pid"] in set(pids)]
        assert not opened.losses()
    assert [row["pid"] for row in rows] == pids
    for row, vector in zip(rows, vectors * 2, strict=True):
        check_arguments(row["args"].values, row["args"].truncated, vector, most)
        assert len(row["args"].values) <= most


def test_exactly_as_many_as_are_shown_have_no_mark(word):
    with running("execsnoop", "-l", word, "--max-args", "3") as told:
        spawn(TRUE, [b"true", word.encode(), b"end"])
        spawn(TRUE, [b"true", word.encode(), b"end", b"more"])
    _, (whole, cut) = lines(told)
    assert whole.endswith(f" true {word} end")
    assert cut.endswith(f" true {word} end …")


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here, whose quotes these are")
def test_quotes_are_what_a_shell_takes_back(word):
    arguments = [b"true", word.encode(), b"it's", b"\x1b[31m", b"\xff", b"a\nb", b"", "ü".encode()]
    with running("execsnoop", "-q", "-l", word) as told:
        spawn(TRUE, arguments)
    _, (line,) = lines(told)
    words = line[line.index("'true'") :]
    back = subprocess.run(["bash", "-c", f"printf '%s\\0' {words}"], stdout=subprocess.PIPE, check=True)
    assert back.stdout.split(b"\0")[:-1] == arguments

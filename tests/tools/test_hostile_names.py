"""What a process is called, and what it is given, never steers the terminal of who looks at it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import unicodedata

import pytest

from tests.tools.commands import TRUE, execve, forked, libc, spawn
from tests.tools.running import running
from tests.tools.tcp import connection

_PR_SET_NAME = 15  # include/uapi/linux/prctl.h
# Clears the screen, sets the title, moves the cursor, C1 in UTF-8 and as a byte, right-to-left, a line break, a tab.
NAMES = (
    b"\x1b[2Jcleared",
    b"\x1b]0;owned\x07",
    b"\x9b31mred\xc2\x9b",
    b"a\nroot",
    b"\r\x08\x7f",
    "\u202egnp".encode(),
)
ARGUMENTS = (*NAMES, b"\x1bP+q\x1b\\", b"\t", b"\xff\xfe", "\u2028\u2066\u200b".encode(), b"x\x1b[?1049h")


def steering(text):
    """The characters that a terminal could act upon, the line breaks between rows apart."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.usefixtures("tracefs")
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_execsnoop(tmp_path, form):
    for number, name in enumerate(NAMES):
        shutil.copy(TRUE, os.path.join(os.fsencode(tmp_path), b"%d" % number + name))
    with running("execsnoop", "-x", "-o", form) as told:
        for number, name in enumerate(NAMES):
            spawn(os.path.join(os.fsencode(tmp_path), b"%d" % number + name), [name, *ARGUMENTS])
            forked(lambda name=name: execve(b"/nonexistent/" + name, [name, *ARGUMENTS]))
    text = told.out.decode("utf-8")  # and strictly so
    assert steering(text) == set()
    ours = [line for line in text.splitlines() if str(tmp_path)[:20] in line or "/nonexistent/" in line]
    assert len(ours) >= 2 * len(NAMES)
    if form == "json":
        files = {json.loads(line)["file"] for line in ours}
        assert "/nonexistent/\x1b[2Jcleared" in files
        assert "/nonexistent/\\x9b31mred\x9b" in files


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("name", NAMES, ids=map(repr, range(len(NAMES))))
def test_tcptop(form, name):
    with running("tcptop", "-o", form) as told, connection() as (client, _):

        def work():
            libc().prctl(_PR_SET_NAME, ctypes.c_char_p(name[:15]), 0, 0, 0)
            client.sendall(b"from a hostile process")
            os._exit(0)

        pid = forked(work, status=0)
    text = told.out.decode("utf-8")
    assert steering(text) == set()
    assert str(pid) in text

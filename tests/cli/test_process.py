"""``tuibpf`` as a process: what it imports, how signals and closed pipes end it, what it leaves behind."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tuibpf.kernel.info import program_ids

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tuibpf"]

loads = pytest.mark.usefixtures("privileged")


@pytest.fixture
def start():
    """Start tuibpf, wait until its probes are attached, and kill it in the end if it is still there."""
    started = []

    def start(*arguments, **options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [*COMMAND, *arguments], stderr=subprocess.PIPE, env=environment, cwd="/", text=True,
            **{"stdout": subprocess.PIPE, **options},
        )  # fmt: skip
        started.append(process)
        for line in process.stderr:
            if "attached in" in line:
                return process
        pytest.fail(f"tuibpf ended with {process.wait()}")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def programs_of(pid):
    """How many BPF programs the process holds open."""
    count = 0
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            count += "prog_id" in Path(f"/proc/{pid}/fdinfo/{fd}").read_text()
        except OSError:
            continue
    return count


def imported_by(code):
    """The modules that are there after *code*."""
    code = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout, set(done.stderr.split("\n")[-2].split())


@loads
@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_run_loads_no_toolkit_and_nothing_that_is_slow(form):
    code = f"from tuibpf.cli import main\nassert main(['run', '-d', '0', '-o', '{form}', 'biolatency']) == 0"
    _, modules = imported_by(code)
    slow = {
        "textual",
        "rich",
        "psutil",
        "asyncio",
        "argparse",
        "pycparser",
        "importlib.metadata",
        "difflib",
        "tuibpf.tui",
    }
    assert modules & slow == set()
    views = {name for name in modules if name.startswith("tuibpf.view.")}
    assert views <= {"tuibpf.view.json"} if form == "json" else "tuibpf.view.json" not in views


def test_help_and_version_load_neither_compiler_nor_kernel():
    for arguments in ("--help", "--version"):
        _, modules = imported_by(f"from tuibpf.cli import main\nassert main(['{arguments}']) == 0")
        assert not [name for name in modules if name.startswith(("tuibpf.frontend", "tuibpf.kernel", "tuibpf.codegen"))]


@loads
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_a_last_frame(start, number):
    process = start("run", "-o", "json", "execsnoop", "-n", "env")
    assert programs_of(process.pid) > 0
    subprocess.run(["/usr/bin/env", "true", "last words"], check=True)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    (row,) = [row for row in map(json.loads, out.splitlines()) if "last words" in row["args"]]
    assert row["args"] == ["/usr/bin/env", "true", "last words"]
    assert json.loads(err.splitlines()[-1])["tool"] == "execsnoop"
    assert "Traceback" not in err


@loads
@pytest.mark.parametrize("without", ["ringbuf", "batch", "ringbuf,batch"])
def test_kernels_that_can_do_less_show_the_same(start, monkeypatch, without):
    monkeypatch.setenv("TUIBPF_WITHOUT", without)
    process = start("run", "-o", "json", "execsnoop", "-n", "env")
    subprocess.run(["/usr/bin/env", "true", without, ""], check=True)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    rows = [row["args"] for row in map(json.loads, out.splitlines()) if without in row["args"]]
    assert rows == [["/usr/bin/env", "true", without, ""]]


@loads
def test_a_second_signal_kills_while_nobody_reads(start):
    """A write to a full pipe blocks, so that the first signal can not be answered."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    process = start("run", "-o", "json", "execsnoop", stdout=writer)
    os.close(writer)
    subprocess.run(["/usr/bin/env", "true"], check=True)
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    os.close(reader)
    assert process.returncode in (-signal.SIGINT, 0)


@loads
def test_an_ignored_signal_stays_ignored(start):
    process = start("run", "-o", "json", "execsnoop", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@loads
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_closed_pipe_ends_it_quietly_without_waiting_for_a_row(start, form):
    process = start("run", "-o", form, "execsnoop", "-n", "nobody-is-called-so")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=10) == 0
    assert "Traceback" not in err
    assert "Exception" not in err


@loads
def test_a_full_disk_is_an_error():
    with open("/dev/full", "w") as full:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*COMMAND, "run", "execsnoop"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=20
        )
    assert done.returncode == 1
    assert done.stderr.endswith("error: stdout can not be written: No space left on device\n")


@loads
@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_reason_to_fail(tuibpf, closed):
    done = tuibpf(
        "run", "-d", "0", "execsnoop", capture_output=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.close(closed),
    )  # fmt: skip
    assert done.returncode == 0


@loads
def test_nothing_stays_in_the_kernel_when_it_is_killed(start):
    process = start("run", "execsnoop")
    ids = {int(line.split()[1]) for line in _lines_of(process.pid) if line.startswith("prog_id")}
    assert ids
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while ids & {*program_ids()} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not ids & {*program_ids()}


def _lines_of(pid):
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        yield from Path(f"/proc/{pid}/fdinfo/{fd}").read_text().splitlines()


@loads
def test_on_a_terminal_a_table_is_overwritten():
    main, other = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    process = subprocess.Popen(
        [*COMMAND, "run", "-d", "0.5", "-i", "0.2", "tcptop"], stdout=other, stderr=subprocess.DEVNULL, env=environment
    )
    os.close(other)
    text = b""
    while True:
        try:
            text += os.read(main, 65536)
        except OSError:
            break
    os.close(main)
    assert process.wait(timeout=10) == 0
    assert text.count(b"\x1b[H") == text.count(b"LADDR") >= 2


def test_the_dashboard_opens_with_its_tools_and_q_ends_it():
    main, other = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"}
    process = subprocess.Popen(
        [*COMMAND, "execsnoop"], stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True
    )
    os.close(other)
    text, quitting = b"", False
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([main], [], [], 1)[0]:
            continue
        try:
            text += os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not quitting and b"execsnoop" in text:
            quitting = True
            os.write(main, b"q")
    else:
        process.kill()
    os.close(main)
    assert process.wait(timeout=10) == 0
    assert b"Traceback" not in text


@loads
def test_list_tells_what_this_kernel_can_run(tuibpf):
    done = tuibpf("list", "-o", "json")
    tools = {item["tool"]: item for item in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert {"execsnoop", "tcptop", "biolatency"} <= set(tools)
    assert set(tools["execsnoop"]) == {"tool", "family", "purpose", "path", "available", "reason"}
    for item in tools.values():
        assert item["available"] is (item["reason"] is None)


def test_a_broken_script_is_shown_with_its_line(tuibpf, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text('"""Broken."""\nfrom tuibpf.lang import *\n\nimport os\n')
    for command in ("check", "run", "dump"):
        done = tuibpf(command, str(script))
        assert done.returncode == 1
        assert done.stdout == ""
        assert f"{script}:4:1: error: " in done.stderr
        assert "    4 | import os\n" in done.stderr


@pytest.mark.usefixtures("kernel_types", "tracefs")
@pytest.mark.parametrize("tool", ["execsnoop", "tcptop", "biolatency"])
def test_check_tries_every_option(tuibpf, tool):
    done = tuibpf("check", tool)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{tool}.py: ok, " in done.stdout
    assert "compiled " in done.stdout


@pytest.mark.usefixtures("kernel_types")
def test_dump_shows_every_stage_or_one(tuibpf):
    whole = tuibpf("dump", "biolatency", "-D").stdout
    stages = [line[2:] for line in whole.splitlines() if line.startswith("; ") and " " not in line[2:]]
    assert stages[0] == "frontend"
    assert stages[-2:] == ["instructions", "maps"]
    alone = tuibpf("dump", "biolatency", "-D", "--after", "instructions").stdout
    assert alone in whole
    assert alone
    wrong = tuibpf("dump", "biolatency", "--after", "instruction")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "error: no such stage: 'instruction'\n  hint: did you mean instructions?\n"

"""``run`` over probes that a test plays: when rows are shown, when it ends, and what is said."""

import json

import pytest

from tests.tool.fake import KEYED, SINGLE, STREAM, TABLE, TOOL, FakeProbes, bundle, record
from tuibpf.cli import main, run
from tuibpf.diagnostics import CompileError, Diagnostic, NotSupported
from tuibpf.tool.session import Session


@pytest.fixture
def play(monkeypatch):
    """A function that lets ``run`` find the tool ``fake`` with these outputs; returns its probes."""

    def play(*outputs, refuse=None):
        made = bundle(*outputs)
        probes = FakeProbes(made, refuse)
        monkeypatch.setattr(run, "find_tool", lambda name: TOOL)
        monkeypatch.setattr(
            Session, "open", lambda tool, values, measure=True: Session(tool, made, probes, measure=measure)
        )
        return probes

    return play


def rows(*pids):
    return [record(0, pid, b"ls", b"ls\0") for pid in pids]


def test_rows_until_there_are_enough(play, capsys):
    probes = play(STREAM)
    probes.buffers["execs"].waiting += rows(1, 2, 3)
    assert main(["run", "fake", "-n", "2", "-o", "json"]) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["pid"] for line in out.splitlines()] == [1, 2]
    summary = json.loads(err.splitlines()[-1])
    assert list(summary) == ["tool", "rows", "lost", "attached_ms", "compile_ms"]
    assert (summary["tool"], summary["rows"], summary["lost"]) == ("fake", 2, 0)
    assert probes.calls[-1] == "close"


def test_rows_that_come_while_the_probes_are_taken_off_are_shown(play, capsys):
    probes = play(STREAM)
    detach = probes.detach
    probes.detach = lambda: (detach(), probes.buffers["execs"].waiting.extend(rows(9)))
    assert main(["run", "fake", "-d", "0"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == [out.split()[4], "9", "ls", "ls"]
    assert "attached in" in err


def test_a_table_every_interval_and_once_more_at_the_end(play, capsys):
    probes = play(TABLE)
    assert main(["run", "fake", "-d", "0.12", "-i", "0.05"]) == 0
    assert capsys.readouterr().out.count("PID COMM") == 3
    assert probes.epoch == 3


@pytest.mark.parametrize(("output", "frames"), [(KEYED, 1), (SINGLE, 1)])
def test_a_histogram_comes_at_the_end(play, capsys, output, frames):
    probes = play(output)
    assert main(["run", "fake", "-d", "0.05", "-o", "json"]) == 0
    out = capsys.readouterr().out.splitlines()
    if output is SINGLE:
        assert [json.loads(line) for line in out] == [{"tool": "fake", "key": None, "unit": "bytes", "buckets": []}]
    else:
        assert out == []
    assert probes.calls == ["attach", "detach", "close"]


def test_losses_are_said_by_reason(play, capsys):
    probes = play(STREAM)
    probes.lost["execs: ring buffer full"] = 12
    assert main(["run", "fake", "-d", "0", "-o", "json"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert "lost: 12 execs: ring buffer full" in err
    assert json.loads(err[-1])["lost"] == 12


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            NotSupported("tp_btf x", "this user lacks CAP_BPF", "sudo"),
            3,
            "not possible here: tp_btf x: this user lacks CAP_BPF\n  remedy: sudo\n",
        ),
        (
            CompileError(Diagnostic("the verifier refuses it", TOOL.source)),
            1,
            "fake.py: error: the verifier refuses it\n",
        ),
        (OSError(28, "No space left on device"), 1, "error: No space left on device\n"),
        (ZeroDivisionError("\x1b"), 1, "internal error: ZeroDivisionError: \\x1b\n  hint: TUIBPF_DEBUG=1 shows where"),
    ],
)
def test_errors_end_in_words_and_an_exit_code(play, capsys, error, code, said):
    probes = play(STREAM, refuse=error)
    assert main(["run", "fake"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert "Traceback" not in err
    assert probes.calls == ["attach", "close"]

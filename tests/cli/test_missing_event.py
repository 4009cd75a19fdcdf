"""A kernel that lacks the event of a tool: the script is right, so that it is not the tool that failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.frontend.small_kernel import SmallKernel
from tuibpf.cli import main
from tuibpf.kernel import machine

SCRIPT = '''"""{purpose}"""
from tuibpf.lang import *

counts = Hash(Pid, u64)

@tp_btf("{event}")
def probe():
    counts[pid()] = 1
'''


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tools of one's own, on a kernel that has the event of the first alone."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name, event in (("switches", "sched_switch"), ("socketbytes", "sock_send_length")):
        (folder / f"{name}.py").write_text(SCRIPT.format(purpose=f"About {name}.", event=event))
    monkeypatch.setenv("TUIBPF_TOOLS", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(machine, "running_target", SmallKernel)
    return folder


def test_it_is_exit_code_3_and_told_at_the_hook(tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "switches"]) == 0
    assert main(["check", "socketbytes"]) == 3
    assert capsys.readouterr().err == (
        f"{tools}/socketbytes.py:6:9: error: this kernel has no tracepoint `sock_send_length`\n"
        '    6 | @tp_btf("sock_send_length")\n'
        "      |         ^^^^^^^^^^^^^^^^^^\n"
        "  hint: this kernel is older than the event, or was built without it\n"
    )


def test_the_list_says_so_in_a_line(tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "-o", "json"]) == 0
    listed = {item["tool"]: item for item in map(json.loads, capsys.readouterr().out.splitlines())}
    assert listed["switches"]["available"]
    assert listed["socketbytes"]["reason"] == "this kernel has no tracepoint `sock_send_length`"


def test_an_event_of_control_characters_does_not_reach_the_terminal(
    tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tools / "odd.py").write_text(SCRIPT.format(purpose="Odd.", event="\\x1b[2J"))
    assert main(["check", "odd"]) == 3
    assert "no tracepoint `\\x1b[2J`" in capsys.readouterr().err

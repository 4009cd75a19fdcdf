"""Where tools come from, and which files root refuses."""

import os

import pytest

from tuibpf.diagnostics import CompileError
from tuibpf.tool.discover import discover, find_tool
from tuibpf.tool.option import UsageError

SCRIPT = '''"""What it does.

More of it.
"""
from tuibpf.lang import *

pid_only = Option("-p", "--pid", type=Pid, help="only this process")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TUIBPF_TOOLS", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nowhere"))
    return tmp_path


def test_the_tools_of_the_project_are_all_in_order():
    tools = {tool.name: tool for tool in discover()}
    assert {"execsnoop": "process", "tcptop": "network", "biolatency": "block"}.items() <= {
        name: tool.family for name, tool in tools.items()
    }.items()
    for tool in tools.values():
        assert tool.error is None, tool.error
        assert tool.purpose.endswith(".")
        assert "usage: tuibpf run" in tool.usage


def test_own_tools_go_first_and_their_folder_is_their_family(folder):
    (folder / "execsnoop.py").write_text(SCRIPT)
    (folder / "db").mkdir()
    (folder / "db" / "slow.py").write_text(SCRIPT)
    assert find_tool("execsnoop").purpose == "What it does."
    assert find_tool("execsnoop").family == "own"
    assert find_tool("slow").family == "db"
    assert find_tool("slow").options[0].usage == "-p, --pid PID"
    assert sum(tool.name == "execsnoop" for tool in discover()) == 1


def test_a_damaged_tool_is_listed_with_its_error_and_stops_nothing(folder):
    (folder / "broken.py").write_text("def (:\n")
    (folder / "binary.py").write_bytes(b"\xff\xfe\0")
    (folder / "large.py").write_text("#" * (1 << 19))
    (folder / "dir.py").mkdir()
    tools = {tool.name: tool for tool in discover()}
    assert "execsnoop" in tools
    assert all(tools[name].error is not None for name in ("broken", "binary", "large", "dir"))
    assert "larger than 256 KiB" in str(tools["large"].error)
    with pytest.raises(CompileError):
        find_tool("broken")


def test_a_path_names_a_file(folder):
    (folder / "mine.py").write_text(SCRIPT)
    tool = find_tool(str(folder / "mine.py"))
    assert (tool.name, tool.family) == ("mine", "own")
    with pytest.raises(UsageError, match="no such file"):
        find_tool("./nothing.py")


def test_a_name_that_does_not_exist_gets_near_ones(folder):
    with pytest.raises(UsageError) as caught:
        find_tool("execsnop")
    assert str(caught.value).startswith("no such tool: 'execsnop' (did you mean execsnoop")


@pytest.mark.skipif(os.geteuid() != 0, reason="this is a check that only root makes")
def test_root_refuses_what_others_could_have_written(folder, monkeypatch):
    monkeypatch.delenv("SUDO_UID", raising=False)
    script = folder / "mine.py"
    script.write_text(SCRIPT)
    script.chmod(0o666)
    with pytest.raises(CompileError, match="others may write"):
        find_tool("mine")
    script.chmod(0o644)
    os.chown(script, 12345, 12345)
    with pytest.raises(CompileError, match="script of user 12345"):
        find_tool("mine")
    monkeypatch.setenv("SUDO_UID", "12345")
    assert find_tool("mine").purpose == "What it does."


def test_a_fifo_does_not_hang(folder):
    os.mkfifo(folder / "pipe.py")
    with pytest.raises(CompileError, match="not a regular file"):
        find_tool("pipe")


def test_the_name_of_a_file_does_not_steer_the_terminal(folder):
    path = folder / "\x1b[2Jclear.py"
    path.write_text(SCRIPT)
    assert find_tool(str(path)).name == "\\x1b[2Jclear"

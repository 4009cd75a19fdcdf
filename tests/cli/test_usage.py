"""Command lines: what is understood, what is refused, in which words and with which exit code."""

import pytest

from tuibpf.cli import main
from tuibpf.cli.dashboard import read_tools
from tuibpf.cli.run import read_request


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "error: no such tool or command: 'bogus'\n  hint: tuibpf list shows them\n"),
        (["lst"], "error: no such tool or command: 'lst'\n  hint: did you mean list?\n"),
        (["--bogus"], "error: no such option: --bogus\n  hint: tuibpf --help shows what there is\n"),
        (["run"], "error: run which tool?\n  hint: tuibpf list shows them\n"),
        (["run", "biolatncy"], "error: no such tool: 'biolatncy'\n  hint: did you mean biolatency?\n"),
        (["run", "a\x1b[2J"], "error: no such tool: 'a\\x1b[2J'\n  hint: tuibpf list shows them\n"),
        (["run", "./nothing.py"], "error: no such file: './nothing.py'\n"),
        (["run", "execsnoop", "-z"], "error: no such option: -z\n"),
        (["run", "execsnoop", "--fail"], "error: no such option: --fail\n  hint: did you mean --fails?\n"),
        (["run", "execsnoop", "5"], "error: execsnoop takes no argument '5'\n  hint: seconds are given by -d and -i\n"),
        (["run", "-o", "xml", "execsnoop"], "error: --output is one of table, json, csv, not 'xml'\n"),
        (["run", "-d", "x", "execsnoop"], "error: --duration is a number, not 'x'\n"),
        (["run", "-d", "-1", "execsnoop"], "error: --duration is at least 0, not -1\n"),
        (["run", "-i", "0", "tcptop"], "error: --interval is at least 0.01, not 0\n"),
        (["run", "-n", "0", "tcptop"], "error: --rows is at least 1, not 0\n"),
        (["run", "tcptop", "-p"], "error: -p needs a value: -p, --pid PID\n"),
        (["list", "all"], "error: list takes no argument 'all'\n"),
        (["check"], "error: check which tool or file?\n  hint: tuibpf list shows the tools\n"),
        (["doctor", "-o", "csv"], "error: --output is one of table, json, not 'csv'\n"),
        (["help", "tcpto"], "error: no such command or tool: 'tcpto'\n  hint: did you mean tcptop?\n"),
    ],
)
def test_usage_errors_are_two_lines_and_exit_code_2(arguments, said, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["-h"], ["help"], ["help", "run"], ["run", "--help"], ["run", "-h"], ["run", "tcptop", "--help"],
        ["help", "tcptop"], ["list", "--help"], ["check", "-h"], ["dump", "--help"], ["doctor", "--help"],
    ],
)  # fmt: skip
def test_help_has_examples_and_needs_80_columns_or_a_little_more(arguments, capsys):
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "usage: tuibpf" in out
    assert "examples:\n  " in out
    assert err == ""
    assert max(map(len, out.splitlines())) <= 120


def test_version(capsys):
    from tuibpf import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tuibpf {__version__}\n"


def test_the_dashboard_needs_a_terminal(tuibpf):
    done = tuibpf("execsnoop")
    assert (done.returncode, done.stdout) == (3, "")
    assert "it needs a terminal\n  remedy: tuibpf run" in done.stderr


def test_options_of_run_stand_before_the_tool_and_the_tools_own_after_it(capsys):
    request = read_request(["-o", "json", "-n", "5", "execsnoop", "-n", "bash", "-d", "2", "-x"])
    assert (request.form, request.rows, request.duration_s) == ("json", 5, 2)
    assert request.values["name"] == "bash"
    assert request.values["failed"] is True
    assert capsys.readouterr().err == ""


def test_long_options_of_run_work_after_the_tool_unless_it_has_them_too(capsys):
    request = read_request(
        ["biolatency", "--duration=2", "-d", "vda", "--output", "csv", "--interval", "1", "--rows", "9"]
    )
    assert (request.form, request.rows, request.duration_s, request.interval_s) == ("csv", 9, 2, 1)
    assert request.values["disk"] == "vda"
    request = read_request(["--rows", "7", "tcptop", "--rows", "3", "-n", "9"])
    assert (request.rows, request.values["rows"]) == (9, 3)
    assert capsys.readouterr().err == ""


def test_a_number_for_an_option_that_the_tool_took_is_pointed_out(capsys):
    assert read_request(["biolatency", "-d", "5"]).duration_s is None
    said = "note: -d is --disk of biolatency; to end after that many seconds, write --duration 5\n"
    assert capsys.readouterr().err == said


def test_tools_for_the_dashboard_each_with_their_options():
    found = read_tools(["execsnoop", "-xn", "bash", "biolatency", "-D", "tcptop"])
    assert [tool.name for tool, _ in found] == ["execsnoop", "biolatency", "tcptop"]
    assert found[0][1]["name"] == "bash"
    assert found[1][1]["by_disk"] is True
    assert found[2][1]["rows"] == 20
    assert read_tools([]) == []

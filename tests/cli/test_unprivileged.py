"""Without privileges every command says what is missing and how to get it, and what needs none works."""

import json

import pytest


def test_version_and_help_need_nothing(as_nobody):
    assert as_nobody("--version").stdout.startswith("tuibpf ")
    assert "examples:" in as_nobody("run", "execsnoop", "--help").stdout


@pytest.mark.usefixtures("kernel_types")
@pytest.mark.parametrize("tool", ["execsnoop", "tcptop", "biolatency"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_run_says_which_capability_is_missing_and_how_to_get_it(as_nobody, tool, form):
    done = as_nobody("run", "-o", form, tool)
    assert (done.returncode, done.stdout) == (3, "")
    said = done.stderr.splitlines()
    assert said[0].startswith("not possible here: ")
    assert "this user lacks CAP_" in said[0]
    assert said[1].startswith("  remedy: sudo tuibpf")
    assert "setpriv" in said[1]
    assert len(said) == 2


@pytest.mark.usefixtures("kernel_types")
@pytest.mark.parametrize("tool", ["tcptop", "biolatency", "execsnoop"])
def test_check_and_dump_work(as_nobody, tool):
    checked = as_nobody("check", tool)
    assert checked.returncode == 0, checked.stderr
    assert ": ok, " in checked.stdout
    dumped = as_nobody("dump", tool)
    assert dumped.returncode == 0, dumped.stderr
    assert "; instructions" in dumped.stdout


@pytest.mark.usefixtures("kernel_types")
def test_list_works_and_says_what_running_them_takes(as_nobody):
    done = as_nobody("list")
    assert done.returncode == 0
    assert "execsnoop" in done.stdout
    assert "note: this user lacks CAP_" in done.stderr


def test_doctor_finds_it_out_and_ends_with_3(as_nobody):
    done = as_nobody("doctor")
    assert done.returncode == 3
    assert "NO  privileges" in done.stdout
    assert "Probes can not run here: privileges" in done.stdout
    findings = [json.loads(line) for line in as_nobody("doctor", "-o", "json").stdout.splitlines()]
    privileges = next(finding for finding in findings if finding["what"] == "privileges")
    assert privileges["ok"] is False
    assert "sudo" in privileges["remedy"]

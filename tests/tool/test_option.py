"""Command lines, as a tool's options read them."""

import pytest

from tuibpf.tool.option import Option, UsageError, parse_arguments

PID = Option("pid", "-p", "--pid", "integer", display="pid", minimum=-(1 << 31), maximum=(1 << 31) - 1)
UID = Option("uid", "-u", "--uid", "integer", display="uid")
FAILS = Option("fails", "-x", "--fails", "flag", False)
QUOTE = Option("quote", "-q", "--quote", "flag", False)
NAME = Option("name", "-n", "--name", "string")
SORT = Option("sort", "-s", "--sort", "string", "all", ("all", "sent"))
EVERY = Option("every", None, "--every", "number")
LIMIT = Option("limit", None, "--limit", "integer", 20, minimum=1, maximum=1024)
SPELLINGS = {
    text: option
    for option in (PID, UID, FAILS, QUOTE, NAME, SORT, EVERY, LIMIT)
    for text in (option.short, option.long)
    if text
}


def parsed(*arguments):
    return parse_arguments(SPELLINGS, arguments)


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["-p", "7"], "pid", 7),
        (["-p7"], "pid", 7),
        (["--pid=7"], "pid", 7),
        (["--pid", "0x10"], "pid", 16),
        (["-xqn", "bash"], "name", "bash"),
        (["-xqnbash"], "quote", True),
        (["--fails=no"], "fails", False),
        (["-n", "-x"], "name", "-x"),
        (["-u", "root"], "uid", 0),
        (["--every", ".5"], "every", 0.5),
        ([], "limit", 20),
        (["-s", "sent"], "sort", "sent"),
    ],
)
def test_values(arguments, name, value):
    assert parsed(*arguments).values[name] == value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-z"], "no such option: -z"),
        (["--nam"], "no such option: --nam (did you mean --name?)"),
        (["-p"], "-p needs a value: -p, --pid PID"),
        (["-p", "x"], "--pid is a whole number, not 'x'"),
        (["-p", "-1"], "--pid is at least 0, not -1"),
        (["-p", "4194305"], "--pid is at most 4194304, not 4194305"),
        (["-u", "no-such-user"], "--uid is a user's number or name, not 'no-such-user'"),
        (["-s", "all "], "--sort is one of all, sent, not 'all ' (did you mean all?)"),
        (["--limit", "0"], "--limit is at least 1, not 0"),
        (["--every", "nan"], "--every is a number, not 'nan'"),
        (["--every", "-1"], "--every is at least 0, not -1"),
        (["--fails=maybe"], "--fails is yes or no, not 'maybe'"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(UsageError) as caught:
        parsed(*arguments)
    assert str(caught.value) == message


def test_words_are_left():
    assert parsed("a", "-x", "--", "-p", "b").words == ["a", "-p", "b"]
    assert parse_arguments(SPELLINGS, ["-x", "tool", "-p", "1"], stop_at_word=True).words == ["tool", "-p", "1"]
    assert parsed("-").words == ["-"]


def test_given_tells_what_was_written():
    assert parsed("-x", "--limit", "20").given == {"fails", "limit"}


@pytest.mark.parametrize(
    ("display", "text", "value"),
    [("error", "ENOENT", 2), ("error", "2", 2), ("syscall", "openat2", 437), ("syscall", "437", 437)],
)
def test_what_has_names_is_given_by_name_or_number(display, text, value):
    assert Option("only", None, "--only", "integer", display=display).parse(text) == value


@pytest.mark.parametrize(
    ("display", "text", "message"),
    [
        ("error", "ENOEN", "--only is an error's number or name, not 'ENOEN' (did you mean ENOENT"),
        ("syscall", "opennat2", "--only is a system call's number or name, not 'opennat2' (did you mean openat2"),
    ],
)
def test_a_name_that_there_is_not(display, text, message):
    with pytest.raises(UsageError) as caught:
        Option("only", None, "--only", "integer", display=display).parse(text)
    assert str(caught.value).startswith(message)

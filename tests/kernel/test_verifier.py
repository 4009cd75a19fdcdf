"""Logs of the verifier, of several kernels and kinds, read back to the script's line."""

from __future__ import annotations

import pytest

from tuibpf.diagnostics import Source, Span
from tuibpf.kernel.verifier import refusal
from tuibpf.program import Hook, HookKind, Line, Program

SOURCE = Source("tool.py", "first = 1\nsecond = first.x\nthird(second)\n")
FIRST, SECOND, THIRD = Span(1, 0, 1, 9), Span(2, 9, 2, 16), Span(3, 0, 3, 13)
PROGRAM = Program(
    "probe", Hook(HookKind.RAW_TP, "x"), bytes(8 * 40), lines=(Line(0, FIRST), Line(3, SECOND), Line(10, THIRD))
)

OLD = """\
0: (b7) r0 = 0
1: (79) r1 = *(u64 *)(r1 +0)
; second = first.x
3: (71) r2 = *(u8 *)(r1 +0)
R1 invalid mem access 'inv'
processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""
NEW = """\
0: R1=ctx() R10=fp0
; third(second) @ tool.py:3
10: (bf) r2 = r10                     ; R2_w=fp0 R10=fp0
11: (79) r1 = *(u64 *)(r10 +8)
invalid read from stack R10 off=8 size=8
processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""
STATES = """\
from 4 to 9: R0=0 R10=fp0 refs=2
9: R0=0 R10=fp0 refs=2
9: (95) exit
Unreleased reference id=2 alloc_insn=4
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
"""
EARLY = "unknown opcode 06 at insn 12\n"
EARLY_OTHER = """\
jump out of range from insn 10 to 99
processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""
SENTENCE_ONLY = "Type 'x' is not a struct\n"


@pytest.mark.parametrize(
    ("log", "span", "sentence"),
    [
        (OLD, SECOND, "R1 invalid mem access 'inv'"),
        (NEW, THIRD, "invalid read from stack R10 off=8 size=8"),
        (STATES, SECOND, "Unreleased reference id=2 alloc_insn=4"),
        (EARLY, THIRD, "unknown opcode 06 at insn 12"),
        (EARLY_OTHER, THIRD, "jump out of range from insn 10 to 99"),
        (SENTENCE_ONLY, None, "Type 'x' is not a struct"),
        ("", None, "no reason given"),
    ],
)
def test_where_and_why(log: str, span: Span | None, sentence: str) -> None:
    told = refusal(PROGRAM, SOURCE, log).diagnostic
    assert told.span == span
    assert told.message == f"the kernel's verifier refuses probe: {sentence}"
    assert told.source is SOURCE


def test_the_whole_text() -> None:
    assert str(refusal(PROGRAM, SOURCE, OLD)) == (
        "tool.py:2:10: error: the kernel's verifier refuses probe: R1 invalid mem access 'inv'\n"
        "    2 | second = first.x\n"
        "      |          ^^^^^^^\n"
        "  hint: the script compiled, so this is a limit of the kernel, or of what tuibpf can prove to it\n"
        "  note: 0: (b7) r0 = 0\n"
        "  note: 1: (79) r1 = *(u64 *)(r1 +0)\n"
        "  note: ; second = first.x\n"
        "  note: 3: (71) r2 = *(u8 *)(r1 +0)\n"
        "  note: R1 invalid mem access 'inv'"
    )


def test_a_log_can_not_steer_the_terminal() -> None:
    told = refusal(PROGRAM, SOURCE, "3: (71) r2 = 1\n\x1b[2J evil \x07\n").diagnostic
    assert told.render().isprintable() or "\x1b" not in told.render()
    assert "\\x1b[2J evil" in told.message


def test_a_program_without_lines_has_no_place() -> None:
    bare = Program("bare", Hook(HookKind.RAW_TP, "x"), bytes(8))
    assert refusal(bare, SOURCE, OLD).diagnostic.span is None

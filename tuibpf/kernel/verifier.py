"""The verifier's log, read back to the script: which instruction it stopped at, and what it said."""

from __future__ import annotations

import re
from bisect import bisect_right

from tuibpf.diagnostics import CompileError, Diagnostic, Source, Span, printable
from tuibpf.program import Program

__all__ = ["refusal"]

_AT = re.compile(r"^(\d+): \([0-9a-f]{2}\) ")
_NAMED = re.compile(r"\binsn (\d+)")
_SUMMARY = re.compile(r"^(processed \d+ insns|verification time |stack depth )")
_LEVELS = re.compile(r"^(\d+: |; |from \d+ to |caller:|callee:|R\d+=|func#|mark_precise)")
_TAIL_LINES = 8


def refusal(program: Program, source: Source, log: str) -> CompileError:
    """The compile error for a program that the verifier refused with *log* (``log_level`` 1, kernel/bpf/verifier.c).

    Its place is the script's line of the last instruction in the log, its message the verifier's last sentence.
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    said = [line for line in lines if not _SUMMARY.match(line)]
    sentence = next((line for line in reversed(said) if not _LEVELS.match(line)), "no reason given")
    index = _instruction(said, sentence)
    return CompileError(
        Diagnostic(
            message=f"the kernel's verifier refuses {program.name}: {printable(sentence)}",
            source=source,
            span=_span(program, index) if index is not None else None,
            hint="the script compiled, so this is a limit of the kernel, or of what tuibpf can prove to it",
            notes=tuple(printable(line) for line in said[-_TAIL_LINES:]),
        )
    )


def _instruction(lines: list[str], sentence: str) -> int | None:
    """The index of the instruction at fault: named by the sentence (the early checks do that), else the last one."""
    if named := _NAMED.search(sentence):
        return int(named[1])
    return next((int(at[1]) for line in reversed(lines) if (at := _AT.match(line))), None)


def _span(program: Program, index: int) -> Span | None:
    before = bisect_right([line.instruction for line in program.lines], index)
    return program.lines[before - 1].span if before else None

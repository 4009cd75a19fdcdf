"""A program's own BTF: the kernel takes it whatever the script is called and says, and shows the script's lines."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tuibpf.btf import Btf, Function, Kind
from tuibpf.btf.debug_info import DebugInfo, ProgramInfo, debug_info
from tuibpf.btf.sections import Sections
from tuibpf.diagnostics import CompileError, Source, Span
from tuibpf.isa import encode, exit_program, load, load_constant, mov64_imm, mov64_reg
from tuibpf.kernel import bpf
from tuibpf.kernel.loader import load as load_bundle
from tuibpf.program import Bundle, Hook, HookKind, Line, Program, ProgramType

SOURCE = Source("tools/demo.py", "from tuibpf.lang import *\n\ndef issue(rq):\n    first = 1\n    return\tfirst\n")
LINES = [(0, Span(3, 0, 3, 3)), (1, Span(4, 4, 4, 9)), (3, Span(4, 12, 4, 13)), (4, Span(5, 4, 5, 8))]
CODE = [mov64_imm(0, 1), load_constant(1, 1 << 40), mov64_reg(2, 1), mov64_imm(0, 0), exit_program()]


def lines_of(info: DebugInfo, program: ProgramInfo) -> list[tuple[int, str, str, int, int]]:
    """Slot, file, text, line and column of each record."""
    sections = Sections(memoryview(info.btf))
    return [
        (slot, sections.name(file), sections.name(text), place >> 10, place & 0x3FF)
        for slot, file, text, place in struct.iter_unpack("=4I", program.line_info)
    ]


def test_lines_and_functions() -> None:
    info = debug_info(SOURCE, [("issue", LINES), ("complete", [])])
    first, second = info.programs
    assert lines_of(info, first) == [
        (0, "tools/demo.py", "def issue(rq):", 3, 1),
        (1, "tools/demo.py", "first = 1", 4, 5),
        (4, "tools/demo.py", "return\\tfirst", 5, 5),
    ]
    assert second.line_info == b""
    btf = Btf(info.btf)
    for program, name in ((first, "issue"), (second, "complete")):
        slot, type_id = struct.unpack("=II", program.func_info)
        function = btf.type(type_id)
        assert slot == 0
        assert isinstance(function, Function)
        assert (function.name, btf.format_type(function.prototype)) == (name, "int (void *)")
    assert btf.find_all("ctx") == []
    assert btf.find("issue", Kind.FUNC) is not None


def test_odd_lines() -> None:
    """A first line that does not begin at slot 0, slots that do not ascend, a line that the source does not have."""
    far = Span(1 << 23, 5000, 1 << 23, 5001)
    lines = [(2, Span(1, 0, 1, 1)), (2, Span(2, 0, 2, 1)), (1, Span(3, 0, 3, 1)), (5, far)]
    info = debug_info(Source("x", "  one  \r\ntwo\n" + "y" * 1000), [("1 ünï", lines), ("", [])])
    assert lines_of(info, info.programs[0]) == [(0, "x", "one", 1, 1), (5, "x", "", (1 << 22) - 1, 1023)]
    assert list(Btf(info.btf).names(Kind.FUNC)) == ["_1__n_", "_"]
    long = debug_info(Source("x", "y" * 1000), [("f" * 500, [(0, Span(1, 0, 1, 1))])])
    assert len(lines_of(long, long.programs[0])[0][2]) == 200
    assert len(next(Btf(long.btf).names(Kind.FUNC))) == 127


texts = st.text(st.characters(exclude_characters="\0"), max_size=60)


@pytest.mark.usefixtures("privileged")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, texts, texts, st.lists(st.tuples(st.sampled_from([0, 1, 3, 4, 5]), st.integers(-1, 6))))
@example("", "", "", [])
@example("%s\x1b[2J", "\udcff\n\u202e", "if", [(0, 1), (3, 2)])
def test_the_kernel_takes_it_whatever_it_says(
    name: str, text: str, function: str, places: list[tuple[int, int]]
) -> None:
    lines = [(slot, Span(max(line, 0), abs(line), line, 1)) for slot, line in sorted(places)]
    info = debug_info(Source(name, text), [(function, lines)])
    btf_fd = bpf.btf_load(info.btf)
    try:
        (program,) = info.programs
        code = encode(CODE)
        kind = ProgramType.RAW_TRACEPOINT
        os.close(bpf.program_load(kind, code, "tuibpf_lines", btf_fd=btf_fd, **program._asdict()))
    finally:
        os.close(btf_fd)


def bundle(*instructions: bytes) -> Bundle:
    info = debug_info(SOURCE, [("issue", LINES)])
    program = Program(
        "issue",
        Hook(HookKind.RAW_TP, "sched_switch"),
        b"".join(instructions),
        lines=tuple(Line(*line) for line in LINES),
        **info.programs[0]._asdict(),
    )
    return Bundle("demo", SOURCE, (program,), (), (), btf=info.btf)


@pytest.mark.usefixtures("privileged")
def test_bpftool_shows_the_lines_of_the_script() -> None:
    bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
    if bpftool is None:
        pytest.skip(reason="bpftool is not installed")
    with load_bundle(bundle(encode(CODE))) as loaded:
        command = [bpftool, "prog", "dump", "xlated", "id", str(loaded.programs[0].id), "linum"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:4] == [
        "int issue(void * ctx):",
        "; def issue(rq): [file:tools/demo.py line_num:3 line_col:1]",
        "   0: (b7) r0 = 1",
        "; first = 1 [file:tools/demo.py line_num:4 line_col:5]",
    ]


@pytest.mark.usefixtures("privileged")
def test_the_verifiers_log_shows_the_lines_of_the_script() -> None:
    """And its refusal is an error at that line of the script."""
    broken = encode([*CODE[:3], load(8, 0, 9, 0), exit_program()])
    with pytest.raises(CompileError) as refused:
        load_bundle(bundle(broken))
    diagnostic = refused.value.diagnostic
    assert diagnostic.span is not None
    assert diagnostic.span.line == 5
    assert any("; return\\tfirst" in note for note in diagnostic.notes), diagnostic.notes

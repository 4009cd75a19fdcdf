"""The kernel as the judge of the disassembler: the verifier's log, and ``bpftool prog dump xlated``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tuibpf.isa import Instruction, Register, encode, exit_program, mov64_imm, mov64_reg, slots, store_reg
from tuibpf.isa.disassembler import disassemble
from tuibpf.kernel import bpf
from tuibpf.kernel.machine import running_target
from tuibpf.program import ProgramType

from . import forms

_LOGGED = re.compile(r"^(\d+): \(([0-9a-f]{2})\) (.*?)\s*(?:;.*)?$", re.MULTILINE)
_DUMPED = re.compile(r"^ *(\d+): (\([0-9a-f]{2}\) .*)\n((?: +(?:[0-9a-f]{2} ?)+\n)+)", re.MULTILINE)
LOADABLE = [*forms.ARITHMETIC, *forms.JUMPS, *forms.MEMORY, *forms.ATOMICS, *forms.HELPERS]
_UNINITIALISED = Register.R9


def _logged(program_type: ProgramType, program: list[Instruction]) -> list[tuple[int, str]]:
    """How the verifier prints *program*, which it walks to its end and then refuses, for only then is there a log."""
    log = bytearray(1 << 20)
    refused = [*program, mov64_reg(Register.R0, _UNINITIALISED), exit_program()]
    with pytest.raises(OSError, match="Permission denied"):
        os.close(bpf.program_load(program_type, encode(refused), "tuibpf_log", log=log))
    text = log[: log.find(b"\0")].decode()
    assert "R9 !read_ok" in text, text
    return [(int(slot), f"({opcode}) {rest}") for slot, opcode, rest in _LOGGED.findall(text)]


def _numbered(program: list[Instruction]) -> list[tuple[int, str]]:
    listed = (line.split(": ", 1) for line in disassemble(encode(program)))
    return [(int(slot), text) for slot, text in listed]


def _sets_up(program: forms.Forms) -> list[Instruction]:
    """Everything the forms read is there before: a scalar in R0, R1 and R2, eight bytes of stack."""
    first = [mov64_imm(register, 1) for register in (0, 1, 2, 3)] + [store_reg(8, Register.FP, -8, Register.R2)]
    return [*first, *(instruction for instruction, _ in program)]


@pytest.mark.usefixtures("privileged", "kernel_types")
@pytest.mark.parametrize("feature", [None, "isa_v4", "atomic_fetch"])
def test_as_in_the_verifiers_log(feature: str | None) -> None:
    if feature is not None and feature not in running_target().features:
        pytest.skip(reason=f"this kernel refuses a program with {feature}")
    program = _sets_up([form for form in LOADABLE if forms.feature(form[1]) == feature])
    assert len(program) > 20
    assert _logged(ProgramType.RAW_TRACEPOINT, program)[: len(program)] == _numbered(program)


@pytest.mark.usefixtures("privileged")
def test_packet_access_as_in_the_verifiers_log() -> None:
    accesses = [Instruction(opcode, imm=14) for opcode in (0x20, 0x28, 0x30)]
    indirect = [i for opcode in (0x40, 0x48, 0x50) for i in (mov64_imm(2, 1), Instruction(opcode, src=2, imm=4))]
    program = [mov64_reg(Register.R6, Register.R1), *accesses, *indirect]
    assert _logged(ProgramType.SOCKET_FILTER, program)[: len(program)] == _numbered(program)


@pytest.mark.usefixtures("privileged")
def test_as_bpftool_prints_the_same_bytes() -> None:
    """What the kernel made of the program is dumped as text and bytes, and the bytes give the same text here.

    Without the newest instructions, which a bpftool of another kernel takes for others, without jumps to the next
    instruction, which the kernel drops, and without calls, which it resolves.
    """
    bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
    if bpftool is None:
        pytest.skip(reason="bpftool is not installed")
    straight = [*forms.ARITHMETIC, *forms.MEMORY, *forms.ATOMICS]
    straight = [form for form in straight if forms.feature(form[1]) is None]
    program = [*_sets_up(straight), mov64_imm(0, 0), exit_program()]
    fd = bpf.program_load(ProgramType.RAW_TRACEPOINT, encode(program), "tuibpf_dump")
    try:
        with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
            number = next(line.split()[1] for line in file if line.startswith("prog_id:"))
        command = [bpftool, "prog", "dump", "xlated", "id", number, "opcodes"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(fd)
    if done.returncode:
        pytest.skip(reason=f"bpftool prog dump xlated: {done.stderr.strip()}")
    dumped = _DUMPED.findall(done.stdout)
    assert len(dumped) >= len(program), done.stdout
    seen = [(int(slot), text) for slot, text, _ in dumped]
    code = b"".join(bytes.fromhex(opcodes.replace("\n", " ")) for _, _, opcodes in dumped)
    assert len(code) == sum(8 * slots(Instruction(int(text[1:3], 16))) for _, text, _ in dumped)
    here = [line.split(": ", 1) for line in disassemble(code)]
    assert seen == [(int(slot), text) for slot, text in here]

"""The disassembler: each form's exact text, any bytes without an exception, and no two programs of the same text."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuibpf.diagnostics import Source, Span
from tuibpf.isa import (
    Helper,
    Instruction,
    call,
    encode,
    exit_program,
    load,
    load_constant,
    load_map,
    load_map_value,
    mov64_imm,
    slots,
)  # fmt: skip
from tuibpf.isa.disassembler import disassemble, instruction_text

from . import forms

# Opcodes that mean something to the kernel (any other is refused), so that random bytes often are instructions.
OPCODES = sorted({instruction.opcode for instruction, _ in forms.ALL} | {0x20, 0x30, 0x40, 0xE5, 0xC3, 0xDB})
registers = st.integers(0, 255)
instructions = st.tuples(
    st.sampled_from(OPCODES) | st.integers(0, 255),
    st.sampled_from([0, 1, 0x10, 0x21]) | registers,
    st.sampled_from([0, 1, 8, 16, 32, -1]) | st.integers(-(1 << 15), (1 << 15) - 1),
    st.sampled_from([0, 1, 16, 64, 0x41, 0xE1, 0xF1, 0x100]) | st.integers(-(1 << 31), (1 << 31) - 1),
)


@pytest.mark.parametrize(("instruction", "text"), forms.ALL, ids=[text for _, text in forms.ALL])
def test_each_form(instruction: Instruction, text: str) -> None:
    assert instruction_text(instruction) == text
    assert disassemble(encode([instruction])) == [f"   0: ({instruction.opcode:02x}) {text}"]


def test_packet_access_and_what_the_kernel_makes_by_itself() -> None:
    assert instruction_text(Instruction(0x30, imm=14)) == "r0 = *(u8 *)skb[14]"
    assert instruction_text(Instruction(0x48, src=2, imm=3)) == "r0 = *(u16 *)skb[r2 + 3]"
    assert instruction_text(Instruction(0xE5, offset=-2)) == "may_goto pc-2"
    assert instruction_text(Instruction(0xBF, 1, 2, -1)) == "r1 = &(void __percpu *)(r2)"
    assert instruction_text(Instruction(0xBF, 1, 2, 1, 1 << 16)) == "r1 = addr_space_cast(r2, 1, 0)"
    assert instruction_text(Instruction(0xDB, 1, 2, 8, 0x100)) == "r1 = load_acquire((u64 *)(r2 +8))"
    assert instruction_text(Instruction(0xD3, 1, 2, 8, 0x110)) == "store_release((u8 *)(r1 +8), r2)"
    assert instruction_text(Instruction(0x18, 1, 5, 0, 2)) == "r1 = map[index:2]"
    assert instruction_text(Instruction(0x18, 1, 6, 0, 4 << 32 | 2)) == "r1 = map[index:2][0]+4"


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction(0x00),
        Instruction(0xFF),
        Instruction(0x95, dst=1),  # exit has no registers
        Instruction(0x95, imm=1),
        Instruction(0xB7, src=1),
        Instruction(0xB7, offset=2),
        Instruction(0x8F, dst=1),  # a negation of a second operand
        Instruction(0xD7, dst=1, imm=24),  # a swap of three bytes
        Instruction(0xDF, dst=1, imm=16),
        Instruction(0xBC, 1, 2, 32),  # sign-extension of 32 bits to 32
        Instruction(0xC3, 1, 2, 0, 0x02),  # an atomic operation that there is not
        Instruction(0xD3, 1, 2, 0, 0x00),  # an atomic addition of one byte
        Instruction(0x99, 1, 2),  # a sign-extending load of 64 bits
        Instruction(0x9D),
        Instruction(0x86, imm=1),  # a call in the 32-bit class
        Instruction(0xC2, 1),
        Instruction(0x18, 1, 1, 0, 1 << 32),
        Instruction(0x18, 1, 9),
    ],
)
def test_what_is_no_instruction_is_given_as_bytes(instruction: Instruction) -> None:
    assert instruction_text(instruction) is None
    code = encode([instruction])
    assert disassemble(code) == [f"   0: .byte {code.hex(' ')}"]


def test_a_wide_instruction_takes_two_slots_and_half_of_one_is_bytes() -> None:
    code = encode([load_constant(1, 1 << 40), exit_program()])
    assert disassemble(code) == ["   0: (18) r1 = 0x10000000000", "   2: (95) exit"]
    assert disassemble(code[:8]) == ["   0: .byte 18 01 00 00 00 00 00 00"]
    assert disassemble(code[:8] + code[16:]) == ["   0: .byte 18 01 00 00 00 00 00 00", "   1: (95) exit"]
    assert disassemble(code[:11])[1] == "   1: .byte 00 00 00"


def test_maps_are_named_and_lines_stand_before_their_instructions() -> None:
    code = encode(
        [load(8, 2, 1, 8), load_map(1, 0), load_map_value(3, 0, 0), call(Helper.MAP_LOOKUP_ELEM), exit_program()]
    )
    source = Source("tools/one.py", "a = 1\n  b = a\x1b[2J\nreturn\n")
    lines = [(0, Span(1, 0, 1, 5)), (1, Span(2, 2, 2, 3)), (3, Span(2, 6, 2, 7)), (5, Span(1, 0, 1, 5))]
    relocations = [(1, "started", None), (3, "globals", 8)]
    assert disassemble(code, relocations, source, lines) == [
        "; a = 1 @ tools/one.py:1",
        "   0: (79) r2 = *(u64 *)(r1 +8)",
        "; b = a\\x1b[2J @ tools/one.py:2",
        "   1: (18) r1 = map[started]",
        "   3: (18) r3 = map[globals][0]+8",
        "; a = 1 @ tools/one.py:1",
        "   5: (85) call bpf_map_lookup_elem#1",
        "   6: (95) exit",
    ]


@given(st.binary(max_size=200))
def test_any_bytes(code: bytes) -> None:
    assert len(disassemble(code)) <= len(code) // 8 + 1


@given(st.lists(instructions, max_size=8), st.lists(instructions, max_size=8))
def test_text_tells_all_programs_apart(first: list[tuple[int, ...]], second: list[tuple[int, ...]]) -> None:
    one, other = (b"".join(struct.pack("<BBhi", *fields) for fields in program) for program in (first, second))
    assert (disassemble(one) == disassemble(other)) == (one == other)


@given(instructions, st.integers(0, 7), st.integers(1, 255))
def test_text_shows_every_byte(fields: tuple[int, ...], place: int, change: int) -> None:
    code = struct.pack("<BBhi", *fields) + bytes(8)
    changed = bytearray(code)
    changed[place] ^= change
    assert disassemble(code) != disassemble(bytes(changed))


@given(st.lists(st.sampled_from([instruction for instruction, _ in forms.ALL])))
def test_slots_are_counted_as_jumps_count_them(program: list[Instruction]) -> None:
    numbers = [int(line.partition(":")[0]) for line in disassemble(encode(program))]
    assert numbers == [sum(map(slots, program[:i])) for i in range(len(program))]


def test_arguments_may_be_iterators() -> None:
    code = encode([mov64_imm(0, 0), exit_program()])
    assert disassemble(code, iter([]), Source("x", "y"), iter([(0, Span(1, 0, 1, 1))]))[0] == "; y @ x:1"

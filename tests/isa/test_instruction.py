"""Encoding: the bytes of the instruction set's document, fields out of range, wide constants."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuibpf import isa
from tuibpf.isa import Alu, Atomic, Instruction, Jump, encode, signed_imm32, slots

from . import forms


# By hand from Documentation/bpf/standardization/instruction-set.rst: opcode, registers, offset, immediate.
@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        (isa.alu64_reg(Alu.ADD, 1, 2), "0f 21 00 00 00 00 00 00"),
        (isa.alu32_imm(Alu.SUB, 1, 1), "14 01 00 00 01 00 00 00"),
        (isa.alu32_imm(Alu.OR, 1, 0xFFFFFFFF), "44 01 00 00 ff ff ff ff"),
        (isa.alu64_imm(Alu.SDIV, 3, -2), "37 03 01 00 fe ff ff ff"),
        (isa.alu32_reg(Alu.SMOD, 3, 4), "9c 43 01 00 00 00 00 00"),
        (isa.alu64_reg(Alu.MOVSX32, 3, 4), "bf 43 20 00 00 00 00 00"),
        (isa.mov64_imm(0, -1), "b7 00 00 00 ff ff ff ff"),
        (isa.mov32_reg(9, 8), "bc 89 00 00 00 00 00 00"),
        (isa.neg64(5), "87 05 00 00 00 00 00 00"),
        (isa.to_little_endian(2, 16), "d4 02 00 00 10 00 00 00"),
        (isa.to_big_endian(2, 64), "dc 02 00 00 40 00 00 00"),
        (isa.byte_swap(2, 32), "d7 02 00 00 20 00 00 00"),
        (isa.load(1, 1, 10, -1), "71 a1 ff ff 00 00 00 00"),
        (isa.load(2, 1, 10, -2), "69 a1 fe ff 00 00 00 00"),
        (isa.load(4, 1, 10, -4), "61 a1 fc ff 00 00 00 00"),
        (isa.load(8, 1, 10, -8), "79 a1 f8 ff 00 00 00 00"),
        (isa.load_signed(1, 1, 2, 0), "91 21 00 00 00 00 00 00"),
        (isa.load_signed(2, 1, 2, 0), "89 21 00 00 00 00 00 00"),
        (isa.load_signed(4, 1, 2, 0), "81 21 00 00 00 00 00 00"),
        (isa.store_imm(2, 10, -8, -1), "6a 0a f8 ff ff ff ff ff"),
        (isa.store_reg(8, 10, -8, 1), "7b 1a f8 ff 00 00 00 00"),
        (isa.atomic(Atomic.ADD, 8, 1, 0, 2), "db 21 00 00 00 00 00 00"),
        (isa.atomic(Atomic.CMPXCHG, 4, 1, 4, 2), "c3 21 04 00 f1 00 00 00"),
        (isa.goto(-1), "05 00 ff ff 00 00 00 00"),
        (isa.goto_long(0x10000), "06 00 00 00 00 00 01 00"),
        (isa.jump64_imm(Jump.JSGE, 1, -1, 2), "75 01 02 00 ff ff ff ff"),
        (isa.jump32_reg(Jump.JSLE, 1, 2, 3), "de 21 03 00 00 00 00 00"),
        (isa.call(14), "85 00 00 00 0e 00 00 00"),
        (isa.call_local(-2), "85 10 00 00 fe ff ff ff"),
        (isa.call_kernel(300), "85 20 00 00 2c 01 00 00"),
        (isa.exit_program(), "95 00 00 00 00 00 00 00"),
        (isa.load_constant(1, 0x1122334455667788), "18 01 00 00 88 77 66 55 00 00 00 00 44 33 22 11"),
        (isa.load_constant(1, -1), "18 01 00 00 ff ff ff ff 00 00 00 00 ff ff ff ff"),
        (isa.load_map(1, 7), "18 11 00 00 07 00 00 00 00 00 00 00 00 00 00 00"),
        (isa.load_map_value(1, 7, 8), "18 21 00 00 07 00 00 00 00 00 00 00 08 00 00 00"),
        (isa.load_btf_object(1, 9), "18 31 00 00 09 00 00 00 00 00 00 00 00 00 00 00"),
        (isa.load_function(1, -1), "18 41 00 00 ff ff ff ff 00 00 00 00 00 00 00 00"),
    ],
)
def test_bytes(instruction: Instruction, code: str) -> None:
    assert encode([instruction]) == bytes.fromhex(code)
    assert slots(instruction) * isa.SLOT_BYTES == len(bytes.fromhex(code))


def test_forms_are_all_different() -> None:
    codes = [encode([instruction]) for instruction, _ in forms.ALL]
    texts = [text for _, text in forms.ALL]
    assert len(set(codes)) == len(set(texts))


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        (Instruction(0xB7, 1, 0, 0, 1 << 31), "instruction 1 can not be encoded"),
        (Instruction(0x79, 1, 0, 1 << 15, 0), "instruction 1 can not be encoded"),
        (Instruction(0x79, 1, 16, 0, 0), "instruction 1 can not be encoded"),
        (Instruction(0x18, 1, 0, 0, 1 << 64), "the constant does not fit 64 bits"),
        (Instruction(0x18, 1, 0, 0, -(1 << 63) - 1), "the constant does not fit 64 bits"),
        (Instruction(256), "instruction 1 can not be encoded"),
    ],
)
def test_a_field_out_of_range_names_its_instruction(instruction: Instruction, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        encode([isa.exit_program(), instruction])


@given(st.integers(-(1 << 70), 1 << 70))
def test_signed_imm32_keeps_the_lower_half(value: int) -> None:
    assert signed_imm32(value) & 0xFFFFFFFF == value & 0xFFFFFFFF
    assert -(1 << 31) <= signed_imm32(value) < 1 << 31


@given(st.integers(0, 255), st.integers(0, 15), st.integers(0, 15), st.integers(-(1 << 15), (1 << 15) - 1))
def test_fields_lie_where_the_kernel_reads_them(opcode: int, dst: int, src: int, offset: int) -> None:
    code = encode([Instruction(opcode, dst, src, offset, 0)])
    assert struct.unpack("<BBh", code[:4]) == (opcode, src << 4 | dst, offset)


COMPARISONS = {
    Jump.JEQ: lambda a, b: a == b, Jump.JNE: lambda a, b: a != b, Jump.JGT: lambda a, b: a > b,
    Jump.JGE: lambda a, b: a >= b, Jump.JLT: lambda a, b: a < b, Jump.JLE: lambda a, b: a <= b,
    Jump.JSET: lambda a, b: bool(a & b), Jump.JSGT: lambda a, b: _signed(a) > _signed(b),
    Jump.JSGE: lambda a, b: _signed(a) >= _signed(b), Jump.JSLT: lambda a, b: _signed(a) < _signed(b),
    Jump.JSLE: lambda a, b: _signed(a) <= _signed(b),
}  # fmt: skip


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


words = st.sampled_from([0, 1, 2, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]) | st.integers(0, (1 << 64) - 1)


@given(st.sampled_from(sorted(COMPARISONS)), words, words)
def test_negated_and_swapped_conditions(condition: Jump, a: int, b: int) -> None:
    holds = COMPARISONS[condition]
    assert COMPARISONS[condition.swapped](b, a) == holds(a, b)
    if condition is Jump.JSET:
        with pytest.raises(KeyError):
            _ = condition.negated
    else:
        assert COMPARISONS[condition.negated](a, b) != holds(a, b)


@pytest.mark.parametrize("width", [0, 3, 16])
def test_no_other_widths(width: int) -> None:
    for make in (isa.load, isa.load_signed, isa.store_reg, isa.store_imm):
        with pytest.raises(KeyError):
            make(width, 1, 2, 0)
    with pytest.raises(KeyError):
        isa.atomic(Atomic.ADD, width, 1, 0, 2)

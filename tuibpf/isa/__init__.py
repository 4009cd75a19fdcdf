"""The BPF instruction set: opcodes by family, one constructor for each form, encoding, and the kernel's helpers.

The facts are those of Documentation/bpf/standardization/instruction-set.rst and include/uapi/linux/bpf.h.
"""

from tuibpf.isa.alu import (
    Alu,
    alu32_imm,
    alu32_reg,
    alu64_imm,
    alu64_reg,
    byte_swap,
    mov32_imm,
    mov32_reg,
    mov64_imm,
    mov64_reg,
    neg32,
    neg64,
    signed_imm32,
    to_big_endian,
    to_little_endian,
)
from tuibpf.isa.atomic import Atomic, atomic
from tuibpf.isa.helper import Helper
from tuibpf.isa.instruction import LD_IMM64, SLOT_BYTES, Class, Instruction, Register, Source, encode, slots
from tuibpf.isa.jump import (
    Call,
    Jump,
    call,
    call_kernel,
    call_local,
    exit_program,
    goto,
    goto_long,
    jump32_imm,
    jump32_reg,
    jump64_imm,
    jump64_reg,
)
from tuibpf.isa.memory import (
    SIZE_OF_WIDTH,
    Mode,
    Pseudo,
    Size,
    load,
    load_btf_object,
    load_constant,
    load_function,
    load_map,
    load_map_value,
    load_signed,
    store_imm,
    store_reg,
)

__all__ = [
    "LD_IMM64", "SIZE_OF_WIDTH", "SLOT_BYTES", "Alu", "Atomic", "Call", "Class", "Helper", "Instruction", "Jump",
    "Mode", "Pseudo", "Register", "Size", "Source", "alu32_imm", "alu32_reg", "alu64_imm", "alu64_reg", "atomic",
    "byte_swap", "call", "call_kernel", "call_local", "encode", "exit_program", "goto", "goto_long", "jump32_imm",
    "jump32_reg", "jump64_imm", "jump64_reg", "load", "load_btf_object", "load_constant", "load_function", "load_map",
    "load_map_value", "load_signed", "mov32_imm", "mov32_reg", "mov64_imm", "mov64_reg", "neg32", "neg64",
    "signed_imm32", "slots", "store_imm", "store_reg", "to_big_endian", "to_little_endian",
]  # fmt: skip

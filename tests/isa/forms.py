"""Every form of instruction that there is a constructor for, with the text that the verifier's log has for it."""

from __future__ import annotations

import re

from tuibpf.isa import (
    Alu,
    Atomic,
    Helper,
    Instruction,
    Jump,
    Register,
    alu32_imm,
    alu32_reg,
    alu64_imm,
    alu64_reg,
    atomic,
    byte_swap,
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
    load,
    load_btf_object,
    load_constant,
    load_function,
    load_map,
    load_map_value,
    load_signed,
    mov32_imm,
    mov32_reg,
    mov64_imm,
    mov64_reg,
    neg32,
    neg64,
    store_imm,
    store_reg,
    to_big_endian,
    to_little_endian,
)

R0, R1, R2, R3, R6, FP = Register.R0, Register.R1, Register.R2, Register.R3, Register.R6, Register.FP

OPERATIONS = {
    Alu.ADD: "+=", Alu.SUB: "-=", Alu.MUL: "*=", Alu.DIV: "/=", Alu.OR: "|=", Alu.AND: "&=", Alu.LSH: "<<=",
    Alu.RSH: ">>=", Alu.MOD: "%=", Alu.XOR: "^=", Alu.ARSH: "s>>=", Alu.SDIV: "s/=", Alu.SMOD: "s%=", Alu.MOV: "=",
}  # fmt: skip
CONDITIONS = {
    Jump.JEQ: "==", Jump.JGT: ">", Jump.JGE: ">=", Jump.JSET: "&", Jump.JNE: "!=", Jump.JSGT: "s>", Jump.JSGE: "s>=",
    Jump.JLT: "<", Jump.JLE: "<=", Jump.JSLT: "s<", Jump.JSLE: "s<=",
}  # fmt: skip
Forms = list[tuple[Instruction, str]]

ARITHMETIC: Forms = [
    (mov64_imm(R1, -1), "r1 = -1"),
    (mov32_imm(R2, 0xFFFFFFFE), "w2 = -2"),
    (mov64_reg(R3, R1), "r3 = r1"),
    (mov32_reg(R3, R1), "w3 = w1"),
    *((alu64_reg(operation, R1, R2), f"r1 {sign} r2") for operation, sign in OPERATIONS.items()),
    *((alu64_imm(operation, R1, 3), f"r1 {sign} 3") for operation, sign in OPERATIONS.items()),
    *((alu32_reg(operation, R1, R2), f"w1 {sign} w2") for operation, sign in OPERATIONS.items()),
    *((alu32_imm(operation, R1, 7), f"w1 {sign} 7") for operation, sign in OPERATIONS.items()),
    (alu64_imm(Alu.AND, R1, -8), "r1 &= -8"),
    (alu64_reg(Alu.MOVSX8, R1, R2), "r1 = (s8)r2"),
    (alu64_reg(Alu.MOVSX16, R1, R2), "r1 = (s16)r2"),
    (alu64_reg(Alu.MOVSX32, R1, R2), "r1 = (s32)r2"),
    (alu32_reg(Alu.MOVSX8, R1, R2), "w1 = (s8)w2"),
    (alu32_reg(Alu.MOVSX16, R1, R2), "w1 = (s16)w2"),
    (neg64(R1), "r1 = -r1"),
    (neg32(R1), "w1 = -w1"),
    *((to_little_endian(R1, bits), f"r1 = le{bits} r1") for bits in (16, 32, 64)),
    *((to_big_endian(R1, bits), f"r1 = be{bits} r1") for bits in (16, 32, 64)),
    *((byte_swap(R1, bits), f"r1 = bswap{bits} r1") for bits in (16, 32, 64)),
    (load_constant(R1, 0x123456789ABCDEF0), "r1 = 0x123456789abcdef0"),
    (load_constant(R1, -2), "r1 = 0xfffffffffffffffe"),
    (load_constant(R1, 5), "r1 = 0x5"),
]
JUMPS: Forms = [
    (goto(0), "goto pc+0"),
    (goto_long(0), "gotol pc+0"),
    *((jump64_reg(condition, R1, R2, 0), f"if r1 {sign} r2 goto pc+0") for condition, sign in CONDITIONS.items()),
    *((jump64_imm(condition, R1, 10, 0), f"if r1 {sign} 0xa goto pc+0") for condition, sign in CONDITIONS.items()),
    *((jump32_reg(condition, R1, R2, 0), f"if w1 {sign} w2 goto pc+0") for condition, sign in CONDITIONS.items()),
    *((jump32_imm(condition, R1, 11, 0), f"if w1 {sign} 0xb goto pc+0") for condition, sign in CONDITIONS.items()),
    (jump64_imm(Jump.JSLT, R1, -1, 0), "if r1 s< 0xffffffff goto pc+0"),
    (jump32_imm(Jump.JEQ, R1, 0xFFFFFFFF, 0), "if w1 == 0xffffffff goto pc+0"),
]
MEMORY: Forms = [
    (store_imm(8, FP, -8, -1), "*(u64 *)(r10 -8) = -1"),
    (store_imm(4, FP, -8, 2), "*(u32 *)(r10 -8) = 2"),
    (store_imm(2, FP, -8, 3), "*(u16 *)(r10 -8) = 3"),
    (store_imm(1, FP, -8, 4), "*(u8 *)(r10 -8) = 4"),
    *((store_reg(width, FP, -8, R2), f"*(u{8 * width} *)(r10 -8) = r2") for width in (8, 4, 2, 1)),
    *((load(width, R1, FP, -8), f"r1 = *(u{8 * width} *)(r10 -8)") for width in (8, 4, 2, 1)),
    *((load_signed(width, R1, FP, -8), f"r1 = *(s{8 * width} *)(r10 -8)") for width in (4, 2, 1)),
]
ATOMICS: Forms = []
for _width, _name in ((8, "atomic64"), (4, "atomic")):
    _place = f"(u{8 * _width} *)(r10 -8)"
    for _operation, _sign in {Atomic.ADD: "+=", Atomic.OR: "|=", Atomic.AND: "&=", Atomic.XOR: "^="}.items():
        ATOMICS.append((atomic(_operation, _width, FP, -8, R2), f"lock *{_place} {_sign} r2"))
    for _operation in (Atomic.FETCH_ADD, Atomic.FETCH_OR, Atomic.FETCH_AND, Atomic.FETCH_XOR, Atomic.XCHG):
        ATOMICS.append(
            (atomic(_operation, _width, FP, -8, R2), f"r2 = {_name}_{_operation.name.lower()}({_place}, r2)")
        )
    ATOMICS.append((atomic(Atomic.CMPXCHG, _width, FP, -8, R2), f"r0 = {_name}_cmpxchg({_place}, r0, r2)"))

HELPERS: Forms = [
    (call(Helper.KTIME_GET_NS), "call bpf_ktime_get_ns#5"),
    (call(Helper.GET_CURRENT_PID_TGID), "call bpf_get_current_pid_tgid#14"),
]
SYMBOLS: Forms = [
    (load_map(R1, 5), "r1 = map[fd:5]"),
    (load_map_value(R1, 5, 24), "r1 = map[fd:5][0]+24"),
    (load_btf_object(R1, 7), "r1 = btf[id:7]"),
    (load_function(R2, 3), "r2 = subprog[+3]"),
    (load_function(R2, -3), "r2 = subprog[-3]"),
    (call_local(4), "call pc+4"),
    (call_local(-4), "call pc-4"),
    (call_kernel(1234), "call kernel-function#1234"),
    (call(99_999), "call unknown#99999"),
    (goto(-3), "goto pc-3"),
    (goto_long(100_000), "gotol pc+100000"),
]
EXIT = (exit_program(), "exit")

ALL: Forms = [*ARITHMETIC, *JUMPS, *MEMORY, *ATOMICS, *HELPERS, *SYMBOLS, EXIT]

_ISA_V4 = re.compile(r"s[/%]=|\(s\d+|bswap|gotol")
_FETCHING = re.compile(r"atomic|lock .* [|&^]=")


def feature(text: str) -> str | None:
    """The feature of a kernel (``tuibpf.kernel.features``) that takes the instruction of *text*; None if all do."""
    return "isa_v4" if _ISA_V4.search(text) else "atomic_fetch" if _FETCHING.search(text) else None

"""From the bytes of a program to text, an instruction a line, in the notation of the verifier's log.

The notation is that of ``print_bpf_insn()``, kernel/bpf/disasm.c: ``r`` is a register of 64 bits and ``w`` its lower
half, a jump names its distance (``goto pc+3``) and a map its name. What is not an instruction, or has something in a
field that its form does not use and the text could not show, is given as bytes; so no two programs look the same.
"""

import struct
from collections.abc import Iterable, Mapping

from tuibpf.diagnostics import Source, Span, printable
from tuibpf.isa.alu import Alu
from tuibpf.isa.atomic import Atomic
from tuibpf.isa.helper import Helper
from tuibpf.isa.instruction import LD_IMM64, SLOT_BYTES, Class, Instruction
from tuibpf.isa.instruction import Source as Operand
from tuibpf.isa.jump import Call, Jump
from tuibpf.isa.memory import Mode, Pseudo, Size

__all__ = ["disassemble", "instruction_text"]

_SLOT = struct.Struct("<BBhi")
_HALVES = struct.Struct("<iI")

_ALU_SIGNS: dict[int, str] = {
    Alu.ADD: "+=", Alu.SUB: "-=", Alu.MUL: "*=", Alu.DIV: "/=", Alu.OR: "|=", Alu.AND: "&=", Alu.LSH: "<<=",
    Alu.RSH: ">>=", Alu.MOD: "%=", Alu.XOR: "^=", Alu.MOV: "=", Alu.ARSH: "s>>=", Alu.SDIV: "s/=", Alu.SMOD: "s%=",
}  # fmt: skip
_SIGN_EXTENSIONS: dict[int, str] = {Alu.MOVSX8: "(s8)", Alu.MOVSX16: "(s16)", Alu.MOVSX32: "(s32)"}
_JUMP_SIGNS: dict[int, str] = {
    Jump.JEQ: "==", Jump.JGT: ">", Jump.JGE: ">=", Jump.JSET: "&", Jump.JNE: "!=", Jump.JSGT: "s>", Jump.JSGE: "s>=",
    Jump.JLT: "<", Jump.JLE: "<=", Jump.JSLT: "s<", Jump.JSLE: "s<=",
}  # fmt: skip
_MAY_GOTO = 0xE0  # BPF_JCOND, Linux 6.9
_BITS: dict[int, int] = {Size.B: 8, Size.H: 16, Size.W: 32, Size.DW: 64}
_ATOMIC_SIGNS: dict[int, str] = {Atomic.ADD: "+=", Atomic.OR: "|=", Atomic.AND: "&=", Atomic.XOR: "^="}
_ATOMIC_CALLS: dict[int, str] = {
    Atomic.FETCH_ADD: "fetch_add", Atomic.FETCH_OR: "fetch_or", Atomic.FETCH_AND: "fetch_and",
    Atomic.FETCH_XOR: "fetch_xor", Atomic.XCHG: "xchg",
}  # fmt: skip
_HELPERS = {int(helper): f"bpf_{helper.name.lower()}" for helper in Helper}
_LOAD_ACQUIRE, _STORE_RELEASE = 0x100, 0x110  # Linux 6.15


def disassemble(
    code: bytes,
    relocations: Iterable[tuple[int, str, int | None]] = (),
    source: Source | None = None,
    lines: Iterable[tuple[int, Span]] = (),
) -> list[str]:
    """The text of *code*, any bytes: ``   3: (79) r1 = *(u64 *)(r6 +8)``, the number being that of the slot.

    *relocations* say which wide constants wait for a map: slot, name, and the offset into its value or None for the
    map itself. With *source*, the line that instructions stem from by *lines* stands before them as the kernel does it.
    """
    maps = {slot: _map_text(name, offset) for slot, name, offset in relocations}
    stems = dict(lines) if source is not None else {}
    out: list[str] = []
    line = None
    slot, count = 0, len(code) // SLOT_BYTES
    while slot < count:
        if source is not None and slot in stems and stems[slot].line != line:
            line = stems[slot].line
            out.append(f"; {printable(source.line(line).strip())} @ {printable(source.name)}:{line}")
        width, text = _at(code, slot, maps)
        out.append(f"{slot:4}: {text}")
        slot += width
    if rest := code[count * SLOT_BYTES :]:
        out.append(f"{count:4}: {_raw(rest)}")
    return out


def instruction_text(instruction: Instruction) -> str | None:
    """The instruction in the kernel's notation, without its opcode, or None if there is no such instruction."""
    read = _READERS[instruction.opcode & 0x07](instruction)
    if read is None:
        return None
    text, used = read
    # What the kernel calls reserved fields: the verifier refuses a program that has something there.
    if any(value and name not in used for name, value in zip("dsoi", instruction[1:], strict=True)):
        return None
    return text


def _at(code: bytes, slot: int, maps: Mapping[int, str]) -> tuple[int, str]:
    """The slots of the instruction at *slot*, and its text with the opcode."""
    at = slot * SLOT_BYTES
    raw = code[at : at + SLOT_BYTES]
    opcode, registers, offset, imm = _SLOT.unpack(raw)
    width = 1
    if opcode == LD_IMM64:
        second = code[at + SLOT_BYTES : at + 2 * SLOT_BYTES]
        if len(second) < SLOT_BYTES or any(second[:4]):
            return 1, _raw(raw)
        low, high = struct.unpack("<I", raw[4:])[0], struct.unpack("<I", second[4:])[0]
        width, raw, imm = 2, raw + second, high << 32 | low
        if slot in maps and not imm and not offset:
            return 2, f"({opcode:02x}) r{registers & 0x0F} = {maps[slot]}"
    text = instruction_text(Instruction(opcode, registers & 0x0F, registers >> 4, offset, imm))
    return width, f"({opcode:02x}) {text}" if text is not None else _raw(raw)


def _raw(data: bytes) -> str:
    return f".byte {data.hex(' ')}"


def _map_text(name: str, offset: int | None) -> str:
    return f"map[{printable(name)}]" if offset is None else f"map[{printable(name)}][0]{offset:+d}"


Read = tuple[str, str]
"""A text, and which fields it shows: a choice of ``d`` dst, ``s`` src, ``o`` offset, ``i`` imm."""


def _alu(instruction: Instruction) -> Read | None:
    opcode, dst, src, offset, imm = instruction
    wide = opcode & 0x07 == Class.ALU64
    letter = "r" if wide else "w"
    from_register = bool(opcode & Operand.X)
    operation = opcode & 0xF0
    if operation == Alu.NEG:
        return None if from_register else (f"{letter}{dst} = -{letter}{dst}", "d")
    if operation == Alu.END:
        if imm not in (16, 32, 64) or (wide and from_register):
            return None
        return f"r{dst} = {'bswap' if wide else 'be' if from_register else 'le'}{imm} r{dst}", "di"
    if operation == Alu.MOV and from_register and wide and offset == -1:  # Linux 6.10, made by the kernel alone
        return f"r{dst} = &(void __percpu *)(r{src})", "dso"
    if operation == Alu.MOV and from_register and wide and offset == 1:  # Linux 6.9
        return f"r{dst} = addr_space_cast(r{src}, {imm >> 16 & 0xFFFF}, {imm & 0xFFFF})", "dsoi"
    form = operation | offset << 8
    sign = _ALU_SIGNS.get(form)
    if sign is not None:
        second = f"{letter}{src}" if from_register else f"{imm}"
        return f"{letter}{dst} {sign} {second}", "dso" if from_register else "dio"
    extension = _SIGN_EXTENSIONS.get(form)
    if extension is None or not from_register or (form == Alu.MOVSX32 and not wide):
        return None
    return f"{letter}{dst} = {extension}{letter}{src}", "dso"


def _jump(instruction: Instruction) -> Read | None:
    opcode, dst, src, offset, imm = instruction
    wide = opcode & 0x07 == Class.JMP
    letter = "r" if wide else "w"
    operation, from_register = opcode & 0xF0, bool(opcode & Operand.X)
    sign = _JUMP_SIGNS.get(operation)
    if sign is not None:
        second = f"{letter}{src}" if from_register else f"{imm & 0xFFFFFFFF:#x}"
        return f"if {letter}{dst} {sign} {second} goto pc{offset:+d}", "dso" if from_register else "dio"
    if from_register:
        return None
    if operation == Jump.JA:
        return (f"goto pc{offset:+d}", "o") if wide else (f"gotol pc{imm:+d}", "i")
    if not wide:
        return None
    if operation == Jump.EXIT:
        return "exit", ""
    if operation == _MAY_GOTO:
        return f"may_goto pc{offset:+d}", "o"
    if operation == Jump.CALL:
        return _called(src, imm), "si"
    return None


def _called(src: int, imm: int) -> str:
    match src:
        case Call.HELPER:
            return f"call {_HELPERS.get(imm, 'unknown')}#{imm}"
        case Call.LOCAL:
            return f"call pc{imm:+d}"
        case Call.KERNEL:
            return f"call kernel-function#{imm}"
        case _:
            return f"call unknown#{src}:{imm}"


def _load(instruction: Instruction) -> Read | None:
    opcode, dst, src, offset, _ = instruction
    mode, bits = opcode & 0xE0, _BITS[opcode & 0x18]
    if mode == Mode.MEM or (mode == Mode.MEMSX and bits < 64):
        return f"r{dst} = *({'u' if mode == Mode.MEM else 's'}{bits} *)(r{src} {offset:+d})", "dso"
    return None


def _store_imm(instruction: Instruction) -> Read | None:
    opcode, dst, _, offset, imm = instruction
    if opcode & 0xE0 != Mode.MEM:
        return None
    return f"*(u{_BITS[opcode & 0x18]} *)(r{dst} {offset:+d}) = {imm}", "doi"


def _store_reg(instruction: Instruction) -> Read | None:
    opcode, dst, src, offset, imm = instruction
    mode, bits = opcode & 0xE0, _BITS[opcode & 0x18]
    place = f"(u{bits} *)(r{dst} {offset:+d})"
    if mode == Mode.MEM:
        return f"*{place} = r{src}", "dso"
    if mode != Mode.ATOMIC:
        return None
    if imm == _LOAD_ACQUIRE:
        return f"r{dst} = load_acquire((u{bits} *)(r{src} {offset:+d}))", "dsoi"
    if imm == _STORE_RELEASE:
        return f"store_release({place}, r{src})", "dsoi"
    if bits < 32:
        return None
    prefix = "atomic64" if bits == 64 else "atomic"
    if imm in _ATOMIC_SIGNS:
        return f"lock *{place} {_ATOMIC_SIGNS[imm]} r{src}", "dsoi"
    if imm in _ATOMIC_CALLS:
        return f"r{src} = {prefix}_{_ATOMIC_CALLS[imm]}({place}, r{src})", "dsoi"
    if imm == Atomic.CMPXCHG:
        return f"r0 = {prefix}_cmpxchg({place}, r0, r{src})", "dsoi"
    return None


def _constant(instruction: Instruction) -> Read | None:
    opcode, dst, src, _, imm = instruction
    mode, bits = opcode & 0xE0, _BITS[opcode & 0x18]
    if mode == Mode.ABS and bits < 64:
        return f"r0 = *(u{bits} *)skb[{imm}]", "i"
    if mode == Mode.IND and bits < 64:
        return f"r0 = *(u{bits} *)skb[r{src} + {imm}]", "si"
    if opcode != LD_IMM64:
        return None
    imm &= (1 << 64) - 1
    low, high = _HALVES.unpack(imm.to_bytes(8, "little"))
    match src:
        case Pseudo.CONSTANT:
            return f"r{dst} = {imm:#x}", "dsi"
        case Pseudo.MAP_VALUE:
            return f"r{dst} = map[fd:{low}][0]{high:+d}", "dsi"
        case Pseudo.MAP_VALUE_BY_INDEX:
            return f"r{dst} = map[index:{low}][0]{high:+d}", "dsi"
        case _ if high or src not in _SYMBOLS:
            return None
        case _:
            return f"r{dst} = {_SYMBOLS[src].format(low)}", "dsi"


_SYMBOLS = {
    Pseudo.MAP_FD: "map[fd:{}]", Pseudo.MAP_BY_INDEX: "map[index:{}]", Pseudo.BTF_ID: "btf[id:{}]",
    Pseudo.FUNCTION: "subprog[{:+d}]",
}  # fmt: skip
_READERS = (_constant, _load, _store_imm, _store_reg, _alu, _jump, _jump, _alu)
"""By class."""

"""Programs by hand: instructions with labels and maps by name, so that a test of the kernel needs no compiler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tuibpf.diagnostics import Source
from tuibpf.isa import (
    Alu,
    Atomic,
    Helper,
    Instruction,
    Jump,
    alu64_imm,
    alu64_reg,
    atomic,
    call,
    encode,
    exit_program,
    goto,
    jump64_imm,
    jump64_reg,
    load,
    load_constant,
    load_map,
    load_map_value,
    mov64_imm,
    mov64_reg,
    slots,
    store_reg,
)  # fmt: skip
from tuibpf.program import Bundle, Hook, HookKind, Line, Map, MapType, Program, Relocation

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP = range(11)
RB_NO_WAKEUP = 1
CURRENT_CPU = 0xFFFFFFFF
MOST_REPEATS = 2000


class Label(NamedTuple):
    name: str


class Branch(NamedTuple):
    """A jump whose offset is the way to *label*."""

    jump: Instruction
    label: str


class MapOf(NamedTuple):
    """``ld_imm64`` of the map *name*, or of the address *value_offset* bytes into its value."""

    dst: int
    name: str
    value_offset: int | None = None


Item = Instruction | Label | Branch | MapOf


def program(name: str, items: Iterable[Item], hook: Hook | None = None, lines: tuple[Line, ...] = ()) -> Program:
    """*items* with labels resolved, as a raw tracepoint's program unless *hook* says otherwise."""
    listed = list(items)
    places: dict[str, int] = {}
    at = 0
    for item in listed:
        if isinstance(item, Label):
            places[item.name] = at
        else:
            at += 2 if isinstance(item, MapOf) else 1 if isinstance(item, Branch) else slots(item)
    out: list[Instruction] = []
    relocations: list[Relocation] = []
    at = 0
    for item in listed:
        if isinstance(item, Branch):
            out.append(item.jump._replace(offset=places[item.label] - at - 1))
            at += 1
        elif isinstance(item, MapOf):
            relocations.append(Relocation(at, item.name, item.value_offset))
            out.append(load_map(item.dst, 0) if item.value_offset is None else load_map_value(item.dst, 0, 0))
            at += 2
        elif isinstance(item, Instruction):
            out.append(item)
            at += slots(item)
    hook = hook or Hook(HookKind.RAW_TP, "sched_process_exit")
    return Program(name, hook, encode(out), tuple(relocations), lines)


def bundle(name: str, programs: Iterable[Program], maps: Iterable[Map], **more: object) -> Bundle:
    return Bundle(name, Source(f"{name}.py", "one\ntwo\nthree\n"), tuple(programs), tuple(maps), (), **more)


def globals_map(name: str = "globals", losses: int = 1) -> Map:
    return Map(name, MapType.ARRAY, 4, 8 + 8 * losses, 1)


def ring(name: str, size: int = 1 << 16) -> Map:
    return Map(name, MapType.RINGBUF, 0, 0, size)


def perf_array(name: str) -> Map:
    return Map(name, MapType.PERF_EVENT_ARRAY, 4, 4, 0)


def returning(value: int = 0) -> tuple[Item, ...]:
    return mov64_imm(R0, value), exit_program()


def count_loss(globals_name: str = "globals", index: int = 0) -> tuple[Item, ...]:
    """Add 1 to a loss counter. Destroys R1 and R2."""
    return MapOf(R1, globals_name, 8 + 8 * index), mov64_imm(R2, 1), atomic(Atomic.ADD, 8, R1, 0, R2)


def emit(buffer: Map, words: int = 4, globals_name: str = "globals") -> tuple[Item, ...]:
    """Send args[0] rows of *words* u64: args[1] + the row's number, its number, then args[2] as often as needed.

    What the buffer does not take is counted as loss 0. For a test run: ``struct.pack("=3Q", rows, first, filling)``.
    """
    size = 8 * words
    if buffer.type is MapType.RINGBUF:
        send = (
            MapOf(R1, buffer.name),
            mov64_reg(R2, FP),
            alu64_imm(Alu.ADD, R2, -size),
            mov64_imm(R3, size),
            mov64_imm(R4, RB_NO_WAKEUP),
            call(Helper.RINGBUF_OUTPUT),
        )
    else:
        send = (
            mov64_reg(R1, R8),
            MapOf(R2, buffer.name),
            load_constant(R3, CURRENT_CPU),
            mov64_reg(R4, FP),
            alu64_imm(Alu.ADD, R4, -size),
            mov64_imm(R5, size),
            call(Helper.PERF_EVENT_OUTPUT),
        )
    return (
        mov64_reg(R8, R1),
        load(8, R6, R8, 0),
        mov64_imm(R7, 0),
        Label("again"),
        Branch(jump64_reg(Jump.JGE, R7, R6, 0), "out"),
        Branch(jump64_imm(Jump.JGE, R7, MOST_REPEATS, 0), "out"),
        load(8, R1, R8, 8),
        alu64_reg(Alu.ADD, R1, R7),
        store_reg(8, FP, -size, R1),
        store_reg(8, FP, -size + 8, R7),
        load(8, R1, R8, 16),
        *(store_reg(8, FP, -size + 8 * word, R1) for word in range(2, words)),
        *send,
        Branch(jump64_imm(Jump.JEQ, R0, 0, 0), "sent"),
        *count_loss(globals_name),
        Label("sent"),
        alu64_imm(Alu.ADD, R7, 1),
        Branch(goto(0), "again"),
        Label("out"),
        *returning(),
    )


def epoch_into(register: int, globals_name: str = "globals") -> tuple[Item, ...]:
    return MapOf(register, globals_name, 0), load(8, register, register, 0)


def tally(table: str, key_at: int, *, globals_name: str = "globals", pause: int = 1) -> tuple[Item, ...]:
    """Count the u64 at FP + *key_at* (at most -8) in a hash of u64 by epoch and key. Uses the stack below it.

    Losses go to counter 0. Keeps R6 to R9. *pause* turns of an empty loop pass between finding the entry and adding.
    """
    key, value = key_at - 8, key_at - 16
    done = f"done{key_at}"
    found = f"found{key_at}"
    return (
        *epoch_into(R1, globals_name),
        store_reg(8, FP, key, R1),
        *_lookup(table, key),
        Branch(jump64_imm(Jump.JNE, R0, 0, 0), found),
        mov64_imm(R1, 0),
        store_reg(8, FP, value, R1),
        MapOf(R1, table),
        mov64_reg(R2, FP),
        alu64_imm(Alu.ADD, R2, key),
        mov64_reg(R3, FP),
        alu64_imm(Alu.ADD, R3, value),
        mov64_imm(R4, 1),  # BPF_NOEXIST: another processor may have been faster, then its entry is the one
        call(Helper.MAP_UPDATE_ELEM),
        *_lookup(table, key),
        Branch(jump64_imm(Jump.JNE, R0, 0, 0), found),
        *count_loss(globals_name),
        Branch(goto(0), done),
        Label(found),
        mov64_imm(R1, 0),
        Label(f"pause{key_at}"),
        alu64_imm(Alu.ADD, R1, 1),
        Branch(jump64_imm(Jump.JLT, R1, pause, 0), f"pause{key_at}"),
        mov64_imm(R1, 1),
        atomic(Atomic.ADD, 8, R0, 0, R1),
        Label(done),
    )


def _lookup(table: str, key: int) -> tuple[Item, ...]:
    return MapOf(R1, table), mov64_reg(R2, FP), alu64_imm(Alu.ADD, R2, key), call(Helper.MAP_LOOKUP_ELEM)

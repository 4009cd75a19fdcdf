"""The way of one function through code generation."""

from __future__ import annotations

from tuibpf.codegen.emit import emit
from tuibpf.codegen.frame import STACK_BYTES, Frame
from tuibpf.codegen.liveness import live_ranges
from tuibpf.codegen.machine import MachineFunction
from tuibpf.codegen.registers import allocate
from tuibpf.codegen.select import select
from tuibpf.codegen.sharing import plan
from tuibpf.codegen.spill import Spiller
from tuibpf.ir import Function, Module, Target
from tuibpf.program import Program

__all__ = ["generate"]


def generate(module: Module, target: Target) -> tuple[Program, ...]:
    """The programs of *module*, after ``passes.run_passes()``, in the order of its functions.

    ``CompileError`` without a source, which the caller knows, where the stack or a jump does not suffice.
    """
    del target  # every kernel that has BTF has all the instructions that are used
    return tuple(_generate(function) for function in module.functions)


def _generate(function: Function) -> Program:
    frame = Frame()
    machine, colours = _allocate(function, frame)
    if frame.size > STACK_BYTES:
        frame = Frame(plan(function))
        machine, colours = _allocate(function, frame)
        if frame.size > STACK_BYTES:
            raise frame.overflow(function)
    return emit(machine, colours, frame)


def _allocate(function: Function, frame: Frame) -> tuple[MachineFunction, list[int]]:
    """Machine code and the real register of each register, after as many rounds of spilling as it takes."""
    machine = select(function, frame)
    liveness = live_ranges(machine)
    colours, homeless = allocate(liveness, machine.registers)
    if homeless:
        spiller = Spiller(machine, liveness, frame)
        while homeless:
            colours, homeless = allocate(spiller.spill(homeless), spiller.first_carrier)
    return machine, colours

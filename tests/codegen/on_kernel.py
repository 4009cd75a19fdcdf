"""Compiles hand-made IR, runs it in the kernel by BPF_PROG_TEST_RUN, and tells what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from struct import pack

from tests.codegen.ir_interpreter import Interpreter
from tuibpf.codegen import generate
from tuibpf.diagnostics import Source, Span
from tuibpf.ir import Builder, Function, Module, check_function
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target
from tuibpf.passes import run_passes
from tuibpf.program import Bundle, Hook, HookKind, Map, MapType, Program

ARGUMENTS = 8
OUT_BYTES = 1024
SPAN = Span(1, 0, 1, 4)
OUT = Map("out", MapType.ARRAY, 4, OUT_BYTES, 1)


@dataclass
class AnyKernel:
    """A target with no more than what passes and code generation ask for."""

    features: frozenset[str] = frozenset({"ringbuf"})
    cpus: int = 2
    formats: dict[str, str] = field(default_factory=dict)
    btf: object = None


@cache
def atomic_operators() -> tuple[str, ...]:
    """The operators of ``ops.Atomic`` that this kernel takes: before Linux 5.12 it only adds."""
    features = running_target().features
    return ("add", "or", "and", "xor") if "atomic_fetch" in features else ("add",)


def new_function(name: str = "probe") -> Function:
    return Function(name, Hook(HookKind.RAW_TP, "sched_switch"), SPAN)


def module_of(*functions: Function, maps: Iterable[Map] = (OUT,)) -> Module:
    module = Module()
    module.functions.extend(functions)
    module.maps.update({one.name: one for one in maps})
    return module


def built(build: Callable[[Builder], None]) -> Module:
    """A module with one function, whose body *build* appends."""
    function = new_function()
    build(Builder(function))
    check_function(function)
    return module_of(function)


def compiled(module: Module, *, optimise: bool = True, target: AnyKernel | None = None) -> tuple[Program, ...]:
    target = target or AnyKernel()
    if optimise:
        run_passes(module, target, lambda name, module: None)  # type: ignore[arg-type]
    return generate(module, target)  # type: ignore[arg-type]


def bundle_of(module: Module, programs: tuple[Program, ...]) -> Bundle:
    return Bundle("test", Source("test.py", "\n" * 200), programs, tuple(module.maps.values()), (), losses=("lost",))


def run(module: Module, programs: tuple[Program, ...], inputs: Iterable[list[int]]) -> list[tuple[int, bytes]]:
    """For each of *inputs*, u64 arguments: the result of the first program, and what then lies in the map ``out``."""
    results = []
    with load(bundle_of(module, programs)) as loaded:
        for arguments in inputs:
            loaded.map("out").update(bytes(4), bytes(OUT_BYTES))
            ran = loaded.test_run(programs[0].name, pack(f"={ARGUMENTS}Q", *arguments))
            results.append((ran.retval, loaded.map("out").lookup(bytes(4)) or b""))
    return results


def interpreted(function: Function, inputs: Iterable[list[int]]) -> list[tuple[int, bytes]]:
    """The same by the interpreter of the IR."""
    results = []
    for arguments in inputs:
        maps = {"out": bytearray(OUT_BYTES)}
        result = Interpreter(pack(f"={ARGUMENTS}Q", *arguments), maps).run(function)
        results.append((result, bytes(maps["out"])))
    return results

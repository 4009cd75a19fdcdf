"""The compiler from end to end: a probe script and a target in, a bundle of programs and maps out. No system calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from tuibpf.btf import BtfError
from tuibpf.btf.debug_info import debug_info
from tuibpf.codegen import generate
from tuibpf.diagnostics import CompileError, Diagnostic, NotSupported, Source
from tuibpf.frontend.module import build_module
from tuibpf.frontend.script import Script
from tuibpf.frontend.unit import GLOBALS
from tuibpf.ir import Module, Target
from tuibpf.passes import run_passes
from tuibpf.program import Bundle, Map, MapType, Program

__all__ = ["Stage", "compile_script", "compile_stages"]


class Stage(NamedTuple):
    """What a script looks like at one point of its way: ``frontend``, after a pass, ``instructions``, ``maps``."""

    name: str
    text: str


def compile_script(source: Source, options: Mapping[str, object], target: Target) -> Bundle:
    """Compile *source* for *target*. *options* has the values of the script's options; defaults stand for the others.

    Raises ``CompileError`` for what is not in the language, ``NotSupported`` for what the target does not tell.
    """
    with _explained(source):
        module = build_module(Script(source), options, target)
        run_passes(module, target)
        return _bundle(source, module, generate(module, target))


def compile_stages(source: Source, options: Mapping[str, object], target: Target) -> Iterator[Stage]:
    """The same, with everything in between as text. The IR is checked after each pass."""
    from tuibpf.ir import check_function, print_module

    with _explained(source):
        module = build_module(Script(source), options, target)
        for function in module.functions:
            function.blocks = function.reachable()
            check_function(function)
        yield Stage("frontend", print_module(module))
        stages: list[Stage] = []
        run_passes(module, target, after=lambda name, module: stages.append(Stage(name, print_module(module))))
        yield from stages
        bundle = _bundle(source, module, generate(module, target))
        yield Stage("instructions", "\n".join(_listing(source, program) for program in bundle.programs))
        yield Stage("maps", "".join(map(_describe_map, bundle.maps)))


def _bundle(source: Source, module: Module, programs: tuple[Program, ...]) -> Bundle:
    name = source.name.rpartition("/")[2].removesuffix(".py")
    info = debug_info(source, [(program.name, program.lines) for program in programs])
    told = tuple(
        program._replace(func_info=functions, line_info=lines)
        for program, (functions, lines) in zip(programs, info.programs, strict=True)
    )
    maps, outputs = _used_maps(module, programs), tuple(module.outputs)
    return Bundle(name, source, told, maps, outputs, losses=tuple(module.losses), btf=info.btf)


def _used_maps(module: Module, programs: tuple[Program, ...]) -> tuple[Map, ...]:
    """The maps that a program or a reader names; what an option switched off would cost memory."""
    used = {relocation.map for program in programs for relocation in program.relocations}
    used.update(output.map for output in module.outputs)
    return tuple(spec for name, spec in module.maps.items() if name in used or name == GLOBALS)


@contextmanager
def _explained(source: Source) -> Iterator[None]:
    """Errors of the later stages, which do not know the source, and of scripts and types that nobody would write."""
    try:
        yield
    except CompileError as error:
        if error.diagnostic.source is not None:
            raise
        raise CompileError(error.diagnostic._replace(source=source)) from None
    except RecursionError:
        raise CompileError(Diagnostic("the script is nested too deeply", source)) from None
    except BtfError as error:
        raise NotSupported(
            "the kernel's types", f"its BTF can not be read: {error}", "report the kernel's version"
        ) from error


def _listing(source: Source, program: Program) -> str:
    """The instructions of a program under the lines of the script that they stem from."""
    from tuibpf.isa.disassembler import disassemble

    sizes = f"{program.slots} instructions, {program.stack_bytes} bytes of stack"
    head = f"{program.name}: {program.hook.kind} {program.hook.target}, {sizes}"
    text = disassemble(program.instructions, program.relocations, source, program.lines)
    return "\n".join([head, *text]) + "\n"


def _describe_map(item: Map) -> str:
    kind = MapType(item.type).name.lower()
    sizes = f"key {item.key_size}, value {item.value_size} bytes, " if item.key_size else ""
    return f"{item.name}: {kind}, {sizes}{item.max_entries} {'bytes' if item.type is MapType.RINGBUF else 'entries'}\n"

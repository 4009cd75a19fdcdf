"""From a bundle to programs in the kernel: maps created, relocations filled in, programs loaded."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from struct import Struct

from tuibpf.diagnostics import CompileError, Diagnostic, NotSupported
from tuibpf.kernel import bpf
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.features import withheld
from tuibpf.kernel.globals import Globals
from tuibpf.kernel.loaded import Loaded, LoadedProgram
from tuibpf.kernel.maps import KernelMap
from tuibpf.program import Bundle, HookKind, Map, Program

__all__ = ["load"]

# The upper half of a wide instruction's second byte says what its constant is: a map by its descriptor, or the
# address of a place in an array map's only value (BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, include/uapi/linux/bpf.h).
_PSEUDO_MAP_FD, _PSEUDO_MAP_VALUE = 1, 2
_SLOT_BYTES = 8
_REGISTERS = 1
_IMM = Struct("=i")
_IMM_OFFSET = 4

_LOG_BYTES = (1 << 20, (1 << 24) - 1)  # before Linux 6.4, a log that does not fit is cut at its end, with ENOSPC


def load(bundle: Bundle) -> Loaded:
    """Create the maps and load the programs of *bundle*; nothing is attached yet.

    ``CompileError`` with the script's line where the verifier refuses a program, ``NotSupported`` where this user or
    this kernel can not. On any error nothing stays behind.
    """
    owned = ExitStack()
    try:
        maps: dict[str, KernelMap] = {}
        for spec in bundle.maps:
            created = maps[spec.name] = _create(spec, bpf.MMAPABLE if spec.name == bundle.globals else 0)
            owned.callback(created.close)
        common = None
        if bundle.globals in maps:
            common = Globals(maps[bundle.globals], bundle.epoch_offset, bundle.losses_offset, bundle.losses)
            owned.callback(common.close)
        programs = []
        with _described(bundle) as btf:
            for program in bundle.programs:
                descriptor = Descriptor(_load(bundle, program, maps, btf))
                owned.callback(descriptor.close)
                programs.append(LoadedProgram(program, descriptor))
        return Loaded(bundle, maps, tuple(programs), common, owned)
    except BaseException:
        owned.close()
        raise


def _create(spec: Map, flags: int) -> KernelMap:
    try:
        return KernelMap.create(spec, flags=flags, batches="batch" not in withheld())
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            from tuibpf.kernel.privileges import denied

            raise denied(f"map {spec.name}", error) from error
        what = f"map {spec.name} ({spec.type.name}, {spec.max_entries} entries)"
        raise NotSupported(what, f"the kernel does not create it: {error.strerror}") from error


def relocated(program: Program, maps: dict[str, KernelMap]) -> bytearray:
    """The instructions of *program* with the descriptors of *maps* filled in."""
    code = bytearray(program.instructions)
    for relocation in program.relocations:
        at = relocation.instruction * _SLOT_BYTES
        direct = relocation.value_offset is not None
        code[at + _REGISTERS] = code[at + _REGISTERS] & 0x0F | (_PSEUDO_MAP_VALUE if direct else _PSEUDO_MAP_FD) << 4
        _IMM.pack_into(code, at + _IMM_OFFSET, maps[relocation.map].fileno())
        _IMM.pack_into(code, at + _SLOT_BYTES + _IMM_OFFSET, relocation.value_offset or 0)
    return code


@contextmanager
def _described(bundle: Bundle) -> Iterator[Descriptor | None]:
    """BTF that tells the kernel's own log and ``bpftool prog dump`` the script's lines. Programs run without it.

    Each program that was loaded with it keeps its own reference.
    """
    try:
        btf = Descriptor(bpf.btf_load(bundle.btf)) if bundle.btf else None
    except OSError:
        btf = None
    try:
        yield btf
    finally:
        if btf is not None:
            btf.close()


def _load(bundle: Bundle, program: Program, maps: dict[str, KernelMap], btf: Descriptor | None) -> int:
    """Load without a log; only if that fails, load again with one, since writing it costs more than all the rest."""
    code = relocated(program, maps)
    try:
        return _program_load(program, code, btf, None)
    except OSError as first:
        error = first
    for size in _LOG_BYTES:
        log = bytearray(size)
        try:
            return _program_load(program, code, btf, log)
        except OSError as again:
            if again.errno != errno.ENOSPC:
                break
    raise _explained(bundle, program, error, log[: log.find(b"\0")].decode("utf-8", "replace")) from error


def _program_load(program: Program, code: bytearray, btf: Descriptor | None, log: bytearray | None) -> int:
    typed = program.hook.kind is HookKind.TP_BTF
    return bpf.program_load(
        program.hook.program_type,
        code,
        program.name,
        expected_attach_type=bpf.TRACE_RAW_TP if typed else 0,
        attach_btf_id=program.hook.btf_id if typed else 0,
        btf_fd=btf.fileno() if btf else 0,
        func_info=program.func_info if btf else b"",
        line_info=program.line_info if btf else b"",
        log=log,
    )


def _explained(bundle: Bundle, program: Program, error: OSError, log: str) -> CompileError | NotSupported:
    what = f"{program.hook.kind} {program.hook.target}"
    if log.strip():
        from tuibpf.kernel.verifier import refusal

        return refusal(program, bundle.source, log)
    if error.errno in (errno.EPERM, errno.EACCES):
        from tuibpf.kernel.privileges import denied

        return denied(what, error)
    if error.errno == errno.E2BIG:
        return CompileError(
            Diagnostic(
                f"{program.name} has {program.slots} instructions, more than this kernel takes",
                bundle.source,
                hint="shorten its loops; a user without cap_bpf has 4096 instructions in all",
            )
        )
    return NotSupported(what, f"this kernel does not load a program for it: {error.strerror}")

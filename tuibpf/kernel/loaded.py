"""What a bundle became in the kernel: its maps and programs, attached or not, and everything to close."""

import errno
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple, Self

from tuibpf.kernel import bpf
from tuibpf.kernel.buffers import BufferReader, open_buffer
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.globals import Globals
from tuibpf.kernel.hooks import Attachment, attach
from tuibpf.kernel.maps import KernelMap
from tuibpf.program import Bundle, Hook, HookKind, Program

if TYPE_CHECKING:
    from tuibpf.kernel.info import ProgramInfo

__all__ = ["Loaded", "LoadedProgram", "RunCost"]


_SKIPPED_RUNS = "runs skipped by the kernel"


class RunCost(NamedTuple):
    """Nanoseconds spent in programs, how often they ran, and how often the kernel skipped one (recursion)."""

    run_ns: int
    runs: int
    missed: int


class LoadedProgram:
    """A program in the kernel. ``info()`` tells its sizes, ``instructions()`` what the verifier made of it."""

    def __init__(self, program: Program, descriptor: Descriptor) -> None:
        self.program = program
        self._descriptor = descriptor

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def hook(self) -> Hook:
        return self.program.hook

    @property
    def id(self) -> int:
        return self.info().id

    def fileno(self) -> int:
        return self._descriptor.fileno()

    def info(self) -> "ProgramInfo":
        from tuibpf.kernel.info import program_info  # a launch that measures nothing asks nothing

        return program_info(self.fileno())

    def instructions(self) -> bytes:
        """The instructions as they run before the JIT (``bpftool prog dump xlated``)."""
        from tuibpf.kernel.info import program_instructions

        return program_instructions(self.fileno())


class Loaded:
    """Owns all that ``loader.load()`` created; ``close()`` or the end of a ``with`` gives everything back.

    Not pinned anywhere: when the process dies, by whatever signal, the kernel closes the descriptors and is clean.
    """

    def __init__(
        self,
        bundle: Bundle,
        maps: dict[str, KernelMap],
        programs: tuple[LoadedProgram, ...],
        common: Globals | None,
        owned: ExitStack,
    ) -> None:
        self.bundle = bundle
        self.programs = programs
        self._maps = maps
        self._globals = common
        self._owned = owned
        self._buffers: dict[str, BufferReader] = {}
        self._attachments: list[Attachment] = []
        self._statistics: Descriptor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def attach(self) -> None:
        """Put every program on its hook, in the bundle's order; where one can not be, those before it come off."""
        try:
            for program in self.programs:
                self._attachments.append(_attach(program))
        except BaseException:
            self.detach()
            raise

    def detach(self) -> None:
        """Take all programs off their hooks; maps stay and can still be read."""
        attachments, self._attachments = self._attachments, []
        _close_all(attachments, self.programs)

    def close(self) -> None:
        """Detach, then give back buffers, programs and maps. May be called again, and in any state."""
        try:
            self.detach()
        finally:
            if self._statistics is not None:
                self._statistics.close()
            self._owned.close()

    def map(self, name: str) -> KernelMap:
        """A map by its name in the bundle; ``KeyError`` if there is none."""
        return self._maps[name]

    def buffer(self, name: str) -> BufferReader:
        """The reader of the ring or perf buffer *name*: one for each, opened when first asked for, closed by this."""
        reader = self._buffers.get(name)
        if reader is None:
            reader = self._buffers[name] = open_buffer(self._maps[name])
            self._owned.callback(reader.close)
        return reader

    @property
    def epoch(self) -> int:
        """The epoch under which programs write now."""
        return self._common.epoch

    def advance_epoch(self) -> int:
        """Start a new epoch and return the old one, which no program writes any more (6 ms on an idle machine)."""
        return self._common.advance_epoch()

    def losses(self) -> dict[str, int]:
        """By reason (``Bundle.losses``), how much was lost since the programs were loaded.

        To these comes what no program can count: runs that the kernel skipped, because the program was interrupted by
        its own event on that processor (``recursion_misses``, Linux 5.12).
        """
        counted = self._common.losses() if self._globals is not None else {}
        if skipped := sum(program.info().missed for program in self.programs):
            counted[_SKIPPED_RUNS] = skipped
        return counted

    def cost(self) -> RunCost:
        """What the programs cost since this was first called, which has the kernel measure from then on (0.7 ms).

        Measuring adds some 40 ns to each run of every BPF program on the machine, and needs CAP_SYS_ADMIN: all zero
        without it, except for what the kernel counts anyway.
        """
        if self._statistics is None:
            try:
                self._statistics = Descriptor(bpf.enable_stats())
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EINVAL):
                    raise
        told = [program.info() for program in self.programs]
        return RunCost(sum(one.run_ns for one in told), sum(one.runs for one in told), sum(one.missed for one in told))

    def test_run(self, program_name: str, args: bytes) -> bpf.TestRun:
        """Run a raw tracepoint program once with *args*, its u64 arguments, without its event."""
        program = next(program for program in self.programs if program.name == program_name)
        return bpf.program_test_run(program.fileno(), context=args)

    @property
    def _common(self) -> Globals:
        if self._globals is None:
            raise ValueError(f"{self.bundle.name} has no map {self.bundle.globals}, so it has no epochs")
        return self._globals


def _attach(program: LoadedProgram) -> Attachment:
    try:
        return attach(program.fileno(), program.hook)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            from tuibpf.kernel.privileges import denied

            raise denied(f"{program.hook.kind} {program.hook.target}", error) from error
        raise


def _close_all(attachments: list[Attachment], programs: tuple[LoadedProgram, ...]) -> None:
    """Close in threads where that takes long: a tracepoint needs 75 ms on its own, four at a time 190 ms together."""
    slow = sum(program.hook.kind is HookKind.TRACEPOINT for program in programs)
    if slow < 2 or len(attachments) < 2:
        for attachment in attachments:
            attachment.close()
        return
    from threading import Thread

    threads = [Thread(target=attachment.close) for attachment in attachments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

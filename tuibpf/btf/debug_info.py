"""What tells the kernel the script behind a program: its functions' types and, by instruction, its lines.

The kernel prints a line in front of the code that stems from it, in the verifier's log and in what ``bpftool prog
dump`` shows. Programs of one script share one BTF; two arrays for each program point into it::

    struct bpf_func_info   insn_off u32 │ type_id u32                                        (Linux 5.0)
    struct bpf_line_info   insn_off u32 │ file_name_off u32 │ line_off u32 │ line_col u32    (Linux 5.0)

Source: include/uapi/linux/bpf.h; what the kernel demands of them: ``check_btf_line()``, kernel/bpf/verifier.c.
"""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from tuibpf.btf.kinds import Kind
from tuibpf.btf.writer import Writer
from tuibpf.diagnostics import Source, Span, printable

__all__ = ["DebugInfo", "ProgramInfo", "debug_info"]

_SIGNED = 1 << 24  # BTF_INT_SIGNED
_STATIC = 0  # BTF_FUNC_STATIC
_COLUMN_BITS = 10  # BPF_LINE_INFO_LINE_COL(): the upper 22 bits are the line
_LAST_COLUMN = (1 << _COLUMN_BITS) - 1
_LAST_LINE = (1 << 32 - _COLUMN_BITS) - 1
_LONGEST_TEXT = 200
_LONGEST_NAME = 127  # KSYM_NAME_LEN - 1 before Linux 6.1


class ProgramInfo(NamedTuple):
    """The arrays of one program: ``struct bpf_func_info`` and ``struct bpf_line_info``, back to back."""

    func_info: bytes
    line_info: bytes


class DebugInfo(NamedTuple):
    """The BTF of a script's programs, and what each program has to say with it, in the order they were given."""

    btf: bytes
    programs: tuple[ProgramInfo, ...]


def debug_info(source: Source, programs: Iterable[tuple[str, Iterable[tuple[int, Span]]]]) -> DebugInfo:
    """Describe *programs* of *source*: each a name, and the index of an instruction slot with the span it stems from.

    The slots ascend and are the first of their instruction; each holds until the next. Every program is described as
    ``int name(void *ctx)``. A program without spans has no lines.
    """
    writer = Writer()
    number = writer.add(Kind.INT, "int", 4, [_SIGNED | 32])
    pointer = writer.add(Kind.PTR)
    prototype = writer.add(Kind.FUNC_PROTO, "", number, [writer.string("ctx"), pointer])
    file = writer.string(printable(source.name))
    texts = source.text.split("\n")
    described = []
    for name, lines in programs:
        function = writer.add(Kind.FUNC, _identifier(name), prototype, elements=_STATIC)
        line_info = _line_info(writer, file, texts, lines)
        described.append(ProgramInfo(array("I", (0, function)).tobytes(), line_info))
    return DebugInfo(writer.to_bytes(), tuple(described))


def _line_info(writer: Writer, file: int, texts: list[str], lines: Iterable[tuple[int, Span]]) -> bytes:
    """One record where the line changes: the kernel would repeat the text for each column. The first is for slot 0."""
    words = array("I")
    last_slot, last_line = -1, -1
    for slot, span in lines:
        line = min(span.line, _LAST_LINE)
        if line == last_line or slot <= last_slot:
            continue
        text = texts[line - 1] if 0 < line <= len(texts) else ""
        column = min(span.column + 1, _LAST_COLUMN)
        words.extend((slot if words else 0, file, writer.string(_shown(text)), line << _COLUMN_BITS | column))
        last_slot, last_line = slot, line
    return words.tobytes()


def _shown(text: str) -> str:
    """The line as it is printed: without its indentation, which the kernel drops too, and nothing a terminal obeys."""
    return printable(text.strip()[:_LONGEST_TEXT])


def _identifier(name: str) -> str:
    """*name* as the kernel takes it for a function: an identifier of C (``btf_name_valid_identifier()``)."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return (f"_{kept}" if not kept or kept[0].isdigit() else kept)[:_LONGEST_NAME]

"""The peers: where they are, and how they are asked for what our tools show.

libbpf-tools are C programs that were compiled when their package was built; bpftrace and bcc compile on each start, as
tuibpf does, with LLVM. Debian has them as libbpf-tools, bpftrace and bpfcc-tools.
"""

from __future__ import annotations

import os
import shutil

from tests.benchmarks.contender import Contender

__all__ = ["bcc_exec_script", "bpftrace", "bpftrace_script", "missing", "tool_of_bcc", "tool_of_libbpf"]

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin:/usr/share/bpftrace/tools"
_ELF = b"\x7fELF"

# The least that bcc can be asked for: nothing of execsnoop-bpfcc but the arguments, without a kprobe, which it needs.
_BCC_EXEC = r"""
from bcc import BPF

bpf = BPF(text='''
struct row { u32 pid; char word[64]; };
BPF_PERF_OUTPUT(rows);
TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
    struct row row = {.pid = bpf_get_current_pid_tgid() >> 32};
    const char *word = 0;
    bpf_probe_read_user(&word, sizeof(word), &args->argv[1]);
    bpf_probe_read_user_str(row.word, sizeof(row.word), word);
    rows.perf_submit(args, &row, sizeof(row));
    return 0;
}
''')

def show(cpu, data, size):
    row = bpf['rows'].event(data)
    print(row.pid, row.word.decode(errors='replace'), flush=True)

bpf['rows'].open_perf_buffer(show)
try:
    while True:
        bpf.perf_buffer_poll()
except KeyboardInterrupt:
    pass
"""


def missing(name: str, package: str) -> str:
    """What to say of a peer that is not there."""
    return f"skipped: {name} is not installed (Debian: {package})"


def tool_of_libbpf(name: str, *words: str) -> Contender | str:
    """The C tool *name*; the reason if there is none. A script of that name belongs to another collection."""
    path = _which(name)
    if path is None or not _starts_with(path, _ELF):
        return missing(f"libbpf-tools' {name}", "libbpf-tools")
    return Contender(f"libbpf-tools {name}", (path, *words))


def bpftrace(name: str, program: str, *words: str) -> Contender | str:
    """bpftrace with a program that is given here; *words* are its $1, $2…"""
    path = _which("bpftrace")
    return Contender(name, (path, "-e", program, *words)) if path else missing("bpftrace", "bpftrace")


def bpftrace_script(name: str) -> Contender | str:
    """bpftrace with one of the scripts that come with it."""
    path, script = _which("bpftrace"), _which(name)
    if path is None or script is None:
        return missing(f"bpftrace's {name}", "bpftrace")
    return Contender(f"bpftrace {name}", (path, script))


def tool_of_bcc(name: str) -> Contender | str:
    path = _which(f"{name}-bpfcc")
    return Contender(f"{name}-bpfcc", (path,)) if path else missing(f"{name}-bpfcc", "bpfcc-tools")


def bcc_exec_script() -> Contender | str:
    """A minimal script for bcc, under the Python that bcc's own tools ask for."""
    path = _which("execsnoop-bpfcc")
    if path is None:
        return missing("bcc", "bpfcc-tools")
    with open(path, "rb") as file:
        interpreter = file.readline().decode().removeprefix("#!").split()
    return Contender("bcc, minimal exec script", (*interpreter, "-c", _BCC_EXEC))


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")


def _starts_with(path: str, magic: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(magic)) == magic

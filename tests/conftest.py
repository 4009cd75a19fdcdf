"""What all tests share: what this machine allows, probed by trying, and how to run tuibpf as somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOBODY = 65534

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def why_not_privileged() -> str | None:
    """Why this process can not load a program that looks at the kernel; None if it can. Asked of bpf(2) itself."""
    from tuibpf.diagnostics import NotSupported
    from tuibpf.isa import Register, encode, exit_program, mov64_imm
    from tuibpf.kernel import bpf
    from tuibpf.program import ProgramType

    code = encode((mov64_imm(Register.R0, 0), exit_program()))
    try:
        os.close(bpf.program_load(ProgramType.RAW_TRACEPOINT, code, "tuibpf_probe"))
    except OSError as error:
        return f"bpf(BPF_PROG_LOAD) of a raw tracepoint program: {error.strerror}"
    except NotSupported as error:
        return str(error)
    return None


def why_no_tracefs() -> str | None:
    """Why the format of a plain tracepoint can not be read; None if it can."""
    from tuibpf.diagnostics import NotSupported
    from tuibpf.kernel.machine import running_target

    try:
        running_target().formats["sched/sched_switch"]
    except (NotSupported, KeyError, OSError) as error:
        return f"the format of sched/sched_switch: {error}".partition("\n")[0]
    return None


@pytest.fixture(scope="session")
def privileged() -> None:
    """Skip unless programs can be loaded: ``@pytest.mark.usefixtures("privileged")``."""
    if reason := why_not_privileged():
        pytest.skip(reason=reason)


@pytest.fixture(scope="session")
def tracefs() -> None:
    """Skip unless the formats of tracepoints can be read."""
    if reason := why_no_tracefs():
        pytest.skip(reason=reason)


@pytest.fixture(scope="session")
def kernel_types() -> None:
    """Skip unless the kernel tells its types, which compiling for it needs."""
    from tuibpf.diagnostics import NotSupported
    from tuibpf.kernel.machine import running_target

    try:
        assert running_target().btf
    except NotSupported as error:
        pytest.skip(str(error).partition("\n")[0])


@pytest.fixture
def tuibpf(tmp_path: Path) -> Run:
    """Run ``python -m tuibpf`` with arguments, in an empty home; returns the completed process with its text."""
    return lambda *arguments, **options: _run(arguments, _environment(tmp_path), **options)


@pytest.fixture
def as_nobody() -> Iterator[Run]:
    """The same as a user without the privilege to load programs: nobody where this is root, else whoever this is."""
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        prefix = _nobody() or pytest.skip(reason="nobody can read neither this checkout nor this Python")
    elif why_not_privileged() is None:
        pytest.skip(reason="this user is not root, and yet may load programs")
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        yield lambda *arguments, **options: _run(arguments, _environment(Path(home)), prefix, **options)


def _nobody() -> tuple[str, ...]:
    """How to start a program as nobody, so that it can read this checkout; empty if there is no way.

    A checkout in root's home is out of reach for nobody. A capability that lets it read files does not let it load
    programs.
    """
    identity = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
    reading = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
    for prefix in (identity, (*identity, *reading)):
        try:
            if _run(("--version",), _environment(Path("/")), prefix).returncode == 0:
                return prefix
        except OSError:
            continue
    return ()


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TERM")}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def _run(
    arguments: tuple[str, ...], environment: Mapping[str, str], prefix: tuple[str, ...] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    environment = {**environment, **options.pop("env", {})}
    command = [*prefix, sys.executable, "-m", "tuibpf", *arguments]
    told = {"timeout": 60, "capture_output": True, "stdin": subprocess.DEVNULL, "cwd": "/", "text": True, **options}
    return subprocess.run(command, env=environment, check=False, **told)

"""However a process ends, nothing of it stays in the kernel: no program, no map, no link."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuibpf.kernel.loader import load as load_bundle
from tuibpf.program import Bundle, Hook, HookKind, Map, MapType

from .assembly import bundle, globals_map, perf_array, program, returning, ring
from .conftest import NOTHING

pytestmark = pytest.mark.usefixtures("privileged")

ROOT = Path(__file__).parents[2]
HOLD = """
import os, signal, sys
sys.path.insert(0, {path!r})
os.environ["TUIBPF_CACHE"] = {cache!r}
from tests.kernel.test_closing import whole_session
from tuibpf.kernel.loader import load
with load(whole_session({token!r}, {tracefs!r})) as loaded:
    loaded.attach()
    loaded.advance_epoch()
    loaded.cost()
    loaded.buffer({token!r} + "_ring")
    loaded.buffer({token!r} + "_perf")
    print("attached", flush=True)
    {ending}
"""


def whole_session(token: str, tracefs: bool) -> Bundle:
    """Something of everything that a session holds, with *token* (at most 9 characters) in every name."""
    hooks = [Hook(HookKind.RAW_TP, "sched_process_exit"), Hook(HookKind.RAW_TP, "sched_process_fork")]
    if tracefs:
        hooks.append(Hook(HookKind.TRACEPOINT, "sched/sched_process_exec"))
    maps = [
        globals_map(f"{token}_glo"),
        ring(f"{token}_ring"),
        perf_array(f"{token}_perf"),
        Map(f"{token}_hash", MapType.HASH, 16, 8, 64),
    ]
    programs = [program(f"{token}_{i}", returning(), hook) for i, hook in enumerate(hooks)]
    return bundle(token, programs, maps, globals=f"{token}_glo")


@pytest.fixture
def with_tracefs() -> bool:
    from tuibpf.diagnostics import NotSupported
    from tuibpf.kernel.tracefs import Tracefs

    try:
        Tracefs().close()
    except NotSupported:
        return False
    return True


@pytest.fixture
def token(request: pytest.FixtureRequest) -> str:
    return f"t{os.getpid() % 100000}{abs(hash(request.node.name)) % 1000}"


def expected(token: str, with_tracefs: bool) -> dict[str, list[str]]:
    made = whole_session(token, with_tracefs)
    programs = sorted(one.name for one in made.programs)
    by_link = sorted(one.name for one in made.programs if one.hook.kind is HookKind.RAW_TP)
    return {"programs": programs, "maps": sorted(one.name for one in made.maps), "links": by_link}


def test_closing_gives_everything_back(kernel_objects: Any, token: str, with_tracefs: bool) -> None:
    listed, left = kernel_objects
    loaded = load_bundle(whole_session(token, with_tracefs))
    loaded.attach()
    loaded.buffer(f"{token}_ring")
    loaded.buffer(f"{token}_perf")
    found = listed(token)
    assert found["programs"] == expected(token, with_tracefs)["programs"]
    assert found["maps"] == expected(token, with_tracefs)["maps"]
    assert set(expected(token, with_tracefs)["links"]) <= set(found["links"])
    loaded.detach()
    assert set(listed(token)["programs"]) == set(found["programs"]), "they stay loaded"
    loaded.close()
    assert left(token) == NOTHING


def test_a_failed_load_leaves_nothing(kernel_objects: Any, token: str) -> None:
    from tuibpf.diagnostics import CompileError
    from tuibpf.isa import mov64_imm

    _, left = kernel_objects
    good = whole_session(token, False)
    bad = program(f"{token}_bad", (mov64_imm(0, 0),))
    with pytest.raises(CompileError):
        load_bundle(bundle(token, [*good.programs, bad], good.maps, globals=good.globals))
    assert left(token) == NOTHING


def send(signal_number: int) -> Callable[[subprocess.Popen[str]], None]:
    def act(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal_number)

    act.__name__ = signal.Signals(signal_number).name
    return act


def close_input(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None  # for communicate(), which would flush it


ENDINGS = [
    ("normal end", "sys.stdin.read()", close_input, 0),
    ("exception", "sys.stdin.read(); raise RuntimeError('on purpose')", close_input, 1),
    ("sys.exit", "sys.stdin.read(); sys.exit(5)", close_input, 5),
    ("os._exit", "sys.stdin.read(); os._exit(6)", close_input, 6),
    ("SIGINT", "sys.stdin.read()", send(signal.SIGINT), -signal.SIGINT),
    ("SIGTERM", "sys.stdin.read()", send(signal.SIGTERM), -signal.SIGTERM),
    ("SIGHUP", "sys.stdin.read()", send(signal.SIGHUP), -signal.SIGHUP),
    ("SIGKILL", "sys.stdin.read()", send(signal.SIGKILL), -signal.SIGKILL),
]


@pytest.mark.parametrize(("name", "ending", "act", "status"), ENDINGS, ids=[row[0] for row in ENDINGS])
def test_the_end_of_a_process(
    name: str, ending: str, act: Callable[[subprocess.Popen[str]], None], status: int, kernel_objects: Any, token: str,
    with_tracefs: bool, tmp_path: Path,
) -> None:  # fmt: skip
    listed, left = kernel_objects
    assert listed(token) == NOTHING
    script = HOLD.format(path=str(ROOT), cache=str(tmp_path), token=token, tracefs=with_tracefs, ending=ending)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "attached\n", process.communicate()
        found = listed(token)
        assert found["programs"] == expected(token, with_tracefs)["programs"]
        assert found["maps"] == expected(token, with_tracefs)["maps"]
        act(process)
        assert process.wait(60) == status
    finally:
        process.kill()
        process.communicate()
    assert left(token) == NOTHING

"""Whatever is done to a script, the compiler refuses it with a diagnostic or compiles it."""

from __future__ import annotations

import ast
import random
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.frontend.small_kernel import SmallKernel
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import CompileError, Source

SCRIPTS = [
    case.read_text().partition("-" * 40)[0]
    for case in sorted((Path(__file__).parents[1] / "frontend/refusals").glob("*.txt"))
]
SCRIPTS.append("""
from tuibpf.lang import *

flag = Option("-x", "--extra", help="more")
count = Option("-n", "--count", type=u32, default=3, help="how many")

class Key(Struct):
    pid: Pid
    comm: Comm = Column(shown=flag)

class Value(Struct):
    count: Count
    bytes: Bytes = Column("B")

class Event(Row):
    time: Time
    comm: Comm
    parent: Text[16]
    args: Arguments[count]

events = Stream(Event)
table = Table(Key, Value, sort="bytes+count", limit=count)
latency = Histogram(Microseconds, key=Key if flag else None)
seen = LruHash(Pid, Key, 64)
plain = Histogram(Nanoseconds)

def key_of(task: "struct task_struct *"):
    return Key(pid=task.tgid, comm=task.comm)

@tp_btf("sched_switch")
def switched(prev: "struct task_struct *", next: "struct task_struct *", prev_state: u32):
    total = 0
    for i in range(min(prev_state, 8)):
        if i == 3 or next.tgid == 7:
            continue
        total += i
    key = key_of(prev)
    table[key].count += 1
    if row := table.setdefault(key, Value(bytes=total)):
        row.bytes += u64(next.pid) // 3
    seen[next.pid] = Key(pid=prev.pid, comm="idle")
    if old := seen.pop(prev.pid):
        plain.add(u64(old.pid))
    latency[key if flag else None].add(now() % 1000)
    events.emit(time=now(), comm=next.comm, parent=kernel_text(u64(prev)), args=user_memory(next.mm.arg_start, total))

if exists("task_struct.mm"):
    @tracepoint("syscalls/sys_enter_openat")
    def opened(filename: u64, dfd: u64):
        if (task := current_task()) and task.comm == comm() and uid() in (0, 1000) and -dfd_of(dfd) < 0:
            events.emit(parent=user_text(filename), args=user_strings(filename))

def dfd_of(value):
    return s64(value)
""")
KERNEL = SmallKernel()


def compiles_or_refuses(text: str) -> bool:
    try:
        compile_script(Source("tool.py", text), {"flag": True}, KERNEL)
    except CompileError as error:
        return not error.diagnostic.render()
    return True


def test_the_whole_one_compiles() -> None:
    assert compiles_or_refuses(SCRIPTS[-1])


def _mutated(tree: ast.Module, chance: random.Random) -> str:
    """The script with some of its expressions and statements exchanged, doubled or dropped."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.expr, ast.stmt))]
    for _ in range(chance.randint(1, 3)):
        parent = chance.choice(
            [node for node in ast.walk(tree) if any(isinstance(v, (list, ast.AST)) for _, v in ast.iter_fields(node))]
        )
        name, value = chance.choice(list(ast.iter_fields(parent)))
        if isinstance(value, ast.expr):
            setattr(parent, name, deepcopy(chance.choice([node for node in nodes if isinstance(node, ast.expr)])))
        elif isinstance(value, list) and value and isinstance(value[0], (ast.expr, ast.stmt)):
            kind = ast.expr if isinstance(value[0], ast.expr) else ast.stmt
            match chance.randint(0, 2):
                case 0:
                    value.pop(chance.randrange(len(value)))
                case 1:
                    value.insert(
                        chance.randrange(len(value) + 1),
                        deepcopy(chance.choice([node for node in nodes if isinstance(node, kind)])),
                    )
                case 2:
                    value[chance.randrange(len(value))] = deepcopy(
                        chance.choice([node for node in nodes if isinstance(node, kind)])
                    )
        elif isinstance(value, str):
            setattr(
                parent, name, chance.choice(["x", "comm", "pid", "now", "Key", "task_struct", "events", "u8", "None"])
            )
        elif isinstance(value, int) and name != "level":  # of an import: so many dots would fill the memory
            setattr(parent, name, chance.choice([0, -1, 2**31, 2**63, 2**64, 2**200, "text", None, 1.5, True]))
    return ast.unparse(ast.fix_missing_locations(tree))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.sampled_from(SCRIPTS), seed=st.integers(0, 2**32))
def test_exchanged_parts(script: str, seed: int) -> None:
    try:
        text = _mutated(ast.parse(script), random.Random(seed))
    except (SyntaxError, ValueError, RecursionError, TypeError, AttributeError, KeyError, OverflowError):
        return  # what came out can not be written as Python
    compiles_or_refuses(text)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.sampled_from(SCRIPTS), at=st.floats(0, 1), length=st.integers(0, 30), put=st.text(max_size=6))
def test_exchanged_text(script: str, at: float, length: int, put: str) -> None:
    place = int(at * len(script))
    compiles_or_refuses(script[:place] + put + script[place + length :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800",
        "(" * 5000,
        "-" * 9000 + "1",
        "x = " + "not " * 3000 + "1",
        "a." * 3000 + "b",
        "if 1:\n" * 99,
        "x" * (1 << 19),
    ],
    ids=["empty", "nul", "surrogate", "parentheses", "minus", "not", "dots", "blocks", "long"],
)
def test_hostile_texts(text: str) -> None:
    assert not compiles_or_refuses(text)


def test_calls_that_double_are_refused_in_time() -> None:
    steps = "\n".join(f"def f{i}(n):\n    return f{i + 1}(n) + f{i + 1}(n)" for i in range(30))
    text = f"{steps}\ndef f30(n):\n    return n\n@tp_btf('sched_process_exit')\ndef probe(p):\n    x = f0(1)\n"
    assert not compiles_or_refuses(text)

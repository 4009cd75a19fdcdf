"""What a name stands for, and when: texts, parts of structures, arguments, results, what may be missing."""

from __future__ import annotations

import pytest

from tests.compiler.in_kernel import run
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import Source
from tuibpf.kernel.loader import load
from tuibpf.kernel.machine import running_target

pytestmark = pytest.mark.usefixtures("privileged")

DECLARATIONS = """
class Pair(Struct):
    a: Text[16]
    b: Text[16]
    n: u64

class Both(Struct):
    left: Pair
    right: Pair

class Total(Struct):
    n: u64

numbers = Hash(u32, u64)
by_pair = Hash(Pair, u64)
by_text = Hash(Text[16], u64)
pairs = Hash(u32, Pair)
totals = Table(u64, Total)
LIMIT = 7
"""

CASES = {
    "texts of two fields change places": """
def f(x, y):
    p = Pair(a="one", b="two")
    p.a, p.b = p.b, p.a
    s, t = p.a, p.b
    s, t = t, s
    return p.a == "two" and p.b == "one" and s == "one" and t == "two"
""",
    "a text stays what it was": """
def f(x, y):
    p = Pair(a="old")
    before = p.a
    p.a = "new"
    other = before
    before = p.a
    return other == "old" and before == "new"
""",
    "so does one that was read from a map": """
def f(x, y):
    pairs[1] = Pair(a="old")
    if p := pairs.get(1):
        before = p.a
        p.a = "new"
        return before == "old" and p.a == "new"
    return False
""",
    "parts change places, and are made of one another": """
def f(x, y):
    both = Both(left=Pair(a="one", b="two", n=1), right=Pair(n=2))
    both.left, both.right = both.right, both.left
    both.right = Pair(a=both.right.b, b=both.right.a, n=both.left.n)
    return both.right.a == "two" and both.right.b == "one" and both.right.n == 2 and both.left.n == 2
""",
    "nothing is left behind a shorter text": """
def f(x, y):
    key = Pair(a="a much longer t")
    key.a = kernel_text(current_task().comm)
    by_pair[key] = 1
    by_text[kernel_text(current_task().comm)] = 2
    return Pair(a=comm()) in by_pair and comm() in by_text
""",
    "arguments are evaluated in the order of the call": """
def take(n):
    if v := numbers.pop(n):
        return v
    return 0

def g(a, b):
    return a * 10 + b

def f(x, y):
    numbers[1] = 3
    return g(b=take(1), a=take(1)) == 3
""",
    "a default does not know the names of the caller": """
def g(a, n=LIMIT):
    return a + n

def h(LIMIT):
    return g(LIMIT)

def f(x, y):
    return h(x) == x + 7
""",
    "a return from a loop that is compiled twice": """
def g(x, y):
    t = 0
    for i in range(5):
        if i == x:
            return t
        t = s64(y) - 9
    return t

def f(x, y):
    return g(x, y) == -7
""",
    "a declared variable may be missing again": """
def f(x, y):
    numbers[2] = 9
    last: u64 = None
    for i in range(4):
        last = numbers.get(u32(i))
    return last is None
""",
    "a row of a table is set": """
def f(x, y):
    totals[x].n = 5
    totals[x].n += y
    if row := totals[x]:
        return row.n == 5 + y
    return False
""",
    "an amount that is taken out of the entry it is added to is not lost": """
def f(x, y):
    numbers[3] = 5
    numbers[3] += numbers.pop(3) or 0
    if n := numbers.get(3):
        return n == 5
    return False
""",
    "a truth value is not the low bits": """
class Flag(Struct):
    set: Boolean

flags = Hash(u32, Flag)

def f(x, y):
    flag: Boolean = x << 8
    flags[1] = Flag(set=x << 40)
    if held := flags.get(1):
        return flag and held.set == True and Boolean(x << 9) == 1 and not Boolean(x >> 1) and Boolean(256) == 1
    return False
""",
    "a power of minus one": """
def f(x, y):
    return (-1) ** 65 == -1 and (-1) ** 66 == 1 and 2 ** 63 == 1 << 63
""",
    "a bound does not outlive a cut": """
def f(x, y):
    narrow: s8 = min(s64(x) - 201, 0)
    turns = 0
    for i in range(narrow):
        turns += 1
    return turns == 56
""",
}


@pytest.mark.parametrize("name", CASES)
def test_it_holds(name: str) -> None:
    assert run(DECLARATIONS + CASES[name], [(1, 2)], result="u8") == [1]


def test_maps_of_the_compiler_have_names_that_no_script_has() -> None:
    text = """
from tuibpf.lang import *

class Event(Row):
    arguments: Arguments[2]

zeros = Hash(u32, u64)
events_rows_0 = Hash(u32, u64)
events = Stream(Event)
sizes = Histogram(Bytes, key=Comm)

@raw_tp("sched_switch")
def probe(prev: "struct task_struct *"):
    zeros[1] = 2
    events_rows_0[1] = 3
    sizes[comm()].add(4)
    events.emit(arguments=user_memory(0, 0))
"""
    bundle = compile_script(Source("names.py", text), {}, running_target())
    assert len({one.name for one in bundle.maps}) == len(bundle.maps) == 7
    with load(bundle) as loaded:
        loaded.test_run("probe", bytes(32))
        assert loaded.map("zeros").lookup((1).to_bytes(4, "little")) == (2).to_bytes(8, "little")
        assert loaded.map("events_rows_0").lookup((1).to_bytes(4, "little")) == (3).to_bytes(8, "little")
        assert loaded.map("sizes").items().count == 1

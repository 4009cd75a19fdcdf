"""CPython is the oracle: the same function, run by Python and in the kernel, gives the same."""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.in_kernel import run

pytestmark = [
    pytest.mark.usefixtures("privileged"),
    pytest.mark.skipif(
        sys.byteorder != "little", reason=f"arguments are packed for little endian, this is {sys.byteorder}"
    ),
]

INTERESTING = (
    0,
    1,
    2,
    3,
    7,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**32,
    2**63 - 1,
    2**63,
    2**64 - 1,
)


def wrapped(value: int, signed: bool) -> int:
    """*value* reduced to 64 bits."""
    value %= 2**64
    return value - 2**64 if signed and value >= 2**63 else value


def cast(value: int, type: str) -> int:
    value %= 2 ** int(type[1:])
    return value - 2 ** int(type[1:]) if type[0] == "s" and value >= 2 ** (int(type[1:]) - 1) else value


@dataclass
class Expression:
    """The text of an expression, what it is for (x, y), and whether it is signed."""

    text: str
    values: list[int]
    signed: bool


def operate(operator: str, left: int, right: int, signed: bool) -> int:
    """Python's own arithmetic, and BPF's where Python raises."""
    if operator == "//":
        return 0 if right == 0 else wrapped(left // right, signed)
    if operator == "%":
        return left if right == 0 else left % right
    return wrapped(eval(f"a {operator} b", {"a": left, "b": right}), signed)


@st.composite
def expressions(draw: st.DrawFn, x: list[int], y: list[int], signed: bool) -> Expression:
    """Trees of arithmetic over two variables of one sign."""

    def grow(depth: int) -> Expression:
        kind = draw(st.integers(0, 6)) if depth else draw(st.integers(0, 2))
        if kind == 0:
            return Expression("x", x, signed)
        if kind == 1:
            return Expression("y", y, signed)
        if kind == 2:
            number = draw(st.one_of(st.sampled_from(INTERESTING[:-3]), st.integers(0, 2**62)))
            return Expression(str(number), [number] * len(x), signed)
        left = grow(depth - 1)
        if kind == 3:
            count = draw(st.integers(0, 70))
            operator = draw(st.sampled_from(("<<", ">>")))
            values = [wrapped(a << min(count, 64) if operator == "<<" else a >> count, signed) for a in left.values]
            return Expression(f"({left.text} {operator} {count})", values, signed)
        right = grow(depth - 1)
        if kind == 4:
            compare = draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
            other = grow(depth - 1)
            truths = [eval(f"a {compare} b", {"a": a, "b": b}) for a, b in zip(left.values, right.values, strict=True)]
            chosen = [b if t else c for t, b, c in zip(truths, right.values, other.values, strict=True)]
            return Expression(f"({right.text} if {left.text} {compare} {right.text} else {other.text})", chosen, signed)
        operator = draw(st.sampled_from(("+", "-", "*", "//", "%", "&", "|", "^")))
        values = [operate(operator, a, b, signed) for a, b in zip(left.values, right.values, strict=True)]
        return Expression(f"({left.text} {operator} {right.text})", values, signed)

    return grow(3)


def constant_only(text: str) -> bool:
    return "x" not in text and "y" not in text


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_arithmetic(data: st.DataObject, signed: bool) -> None:
    pairs = data.draw(
        st.lists(st.tuples(st.sampled_from(INTERESTING), st.sampled_from(INTERESTING)), min_size=8, max_size=8)
    )
    x, y = ([wrapped(pair[i], signed) for pair in pairs] for i in (0, 1))
    tree = data.draw(expressions(x, y, signed).filter(lambda tree: not _folds_wide(tree.text)))
    type = "s64" if signed else "u64"
    assert run(f"def f(x, y):\n    return {tree.text}", pairs, type, type, type) == tree.values, tree.text


def _folds_wide(text: str) -> bool:
    """Whether a part of it is all constant: that is folded without a width, and refused beyond 64 bits."""
    import ast

    return any(
        isinstance(node, (ast.BinOp, ast.Compare)) and constant_only(ast.unparse(node))
        for node in ast.walk(ast.parse(text))
    )


@pytest.mark.parametrize("type", ["u8", "u16", "u32", "s8", "s16", "s32"])
def test_conversions_keep_the_low_bits(type: str) -> None:
    pairs = [(value, 0) for value in INTERESTING]
    assert run("def f(x, y):\n    return x", pairs, type, "u64", type) == [cast(value, type) for value, _ in pairs]


@pytest.mark.parametrize(
    ("left", "right"), [("u8", "s32"), ("s16", "u32"), ("u32", "s64"), ("s8", "s64"), ("u16", "u64")]
)
@pytest.mark.parametrize("operator", ["+", "-", "*", "//", "%", "<", "=="])
def test_mixed_widths_give_what_mathematics_gives(left: str, right: str, operator: str) -> None:
    numbers = (0, 1, 5, 100, 127, 200, 255, 40000, 2**31 - 1, 2**32 - 5)
    pairs = [(a, b) for a in numbers for b in numbers[::2]]
    expected = []
    for a, b in pairs:
        first, second = cast(a, left), cast(b, right)
        if operator in ("<", "=="):
            expected.append(int(eval(f"a {operator} b", {"a": first, "b": second})))
        else:
            signed = "s" in left + right
            expected.append(operate(operator, first, second, signed))
    result = "u8" if operator in ("<", "==") else "s64" if "s" in left + right else "u64"
    assert run(f"def f(x, y):\n    return x {operator} y", pairs, left, right, result) == expected


FUNCTIONS = {
    "collatz": """
def f(x, y):
    n = x % 1000 + 1
    steps = 0
    for i in range(12):
        if n == 1:
            break
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps
""",
    "greatest common divisor": """
def f(x, y):
    a, b = x % 5000, y % 5000
    for i in range(40):
        if b == 0:
            break
        a, b = b, a % b
    return a
""",
    "nested loops with continue": """
def f(x, y):
    total = 0
    for i in range(min(x, 9)):
        for j in range(0, 12, 3):
            if (i + j) % 4 == y % 4:
                continue
            if j > i + 6:
                break
            total += i * j + 1
    return total
""",
    "loop with else": """
def f(x, y):
    for i in range(2, 20):
        if x % 97 == i:
            found = i
            break
    else:
        found = 1000
    return found + y % 3
""",
    "downwards": """
def f(x, y):
    total = 0
    for i in range(10, -1, -2):
        total = total * 3 + u64(i) + x % 7
    return total
""",
    "calls in calls": """
def twice(n):
    return n + n

def pick(n, big):
    if n > big:
        return twice(n - big)
    return big

def f(x, y):
    return pick(x % 100, y % 50) + pick(y % 10, 3)
""",
    "chained and short-circuit": """
def f(x, y):
    a = x % 10
    b = y % 10
    if 2 < a < b or not (a == b and b != 5):
        return a * 10 + b
    return (a or 77) + (b and 5)
""",
    "tuples and membership": """
def f(x, y):
    pair = x % 4 in (1, 3)
    a, b = (x, y) if pair else (y, x)
    return a % 1000 * 2 + b % 1000
""",
    "none": """
def half(n):
    if n % 2 == 0:
        return n // 2
    return None

def f(x, y):
    h = half(x)
    if h is None:
        return half(y)
    return h
""",
    "walrus and power": """
def f(x, y):
    if (n := x % 13) > 5:
        return n * 2**10
    return n
""",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    pairs = [(x, y) for x in (0, 1, 2, 3, 26, 27, 97, 6171, 2**40 + 9) for y in (0, 1, 5, 8, 36, 4998)]
    space: dict[str, object] = {"u64": lambda value: value % 2**64}
    source = FUNCTIONS[name]
    exec(source, space)
    f = space["f"]
    expected = [f(x, y) for x, y in pairs]  # type: ignore[operator]
    if name == "tuples and membership":
        source = source.replace("a, b = (x, y) if pair else (y, x)", "a, b = (x if pair else y), (y if pair else x)")
    assert run(source, pairs) == expected


STRUCTURES = """
class P(Struct):
    a: u64
    b: u64
    text: Text[8]
    other: Text[8]

def change(p, n):
    p.b = n
    return p

def f(x, y):
    p = P(a=x, b=y, text="one", other="two")
    q = p
    q.a += 1
    p = P(a=p.a, b=p.a, text=p.other, other=p.text)
    total = q.a * 3 + p.b
    p = P(a=p.b, b=y, text=p.other, other=p.text)
    if p.text == "one" and p.other == "two" and q.text == "one":
        total += 100
    p, q = q, p
    r = change(p, 7)
    total += p.b + q.b * 2
    p = P(b=1)
    total += r.b * 1000 + p.b
    t = P(a=p.a, text="one")
    for i in range(3):
        t = P(a=t.a + i, b=t.a, text=t.other, other=t.text)
        u = t
        u.b += 1
        total += t.a + t.b
    if t.other == "":
        total += 5
    s = q if x > y else p
    s.b = 50
    return total + q.b + p.b + p.a
"""


class PythonStruct:
    """``Struct``, for Python."""

    def __init__(self, **fields: object) -> None:
        self.__dict__ |= {"a": 0, "b": 0, "text": "", "other": ""} | fields


def test_two_names_of_one_structure() -> None:
    space: dict[str, object] = {"Struct": PythonStruct, "u64": int, "Text": {8: str}}
    exec(STRUCTURES, space)
    pairs = [(x, y) for x in (0, 3, 10) for y in (0, 5, 11)]
    assert run(STRUCTURES, pairs) == [space["f"](x, y) for x, y in pairs]  # type: ignore[operator]


def test_structures_in_maps_are_what_was_put_in() -> None:
    source = """
class Item(Struct):
    small: u8
    wide: u64
    name: Text[12]
    negative: s16

items = Hash(Item, Item)

def f(x, y):
    items[Item(small=u8(x), name="abc", negative=-3)] = Item(small=7, wide=y, name="hello", negative=s16(y))
    key = Item(small=u8(x), name="abc")
    key.negative = -3
    if item := items.get(key):
        item.wide += 5
        again = items.pop(key)
        if again and key not in items:
            if again.name == "hello" and again.name != "hell" and again.negative == s16(y):
                return again.wide + again.small
    return 0
"""
    pairs = [(300, 4), (1, 2**40), (255, 2**16 - 1)]
    assert run(source, pairs) == [y + 5 + 7 for _, y in pairs]


def test_packed_arguments_are_those_of_the_test_run() -> None:
    assert struct.calcsize("=QQQQ") == 32
    assert run("def f(x, y):\n    return x - y", [(10, 3)]) == [7]

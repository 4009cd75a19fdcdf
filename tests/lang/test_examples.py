"""The manual says nothing that is not so: what it shows is compiled, and what it says is refused is refused."""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from textwrap import indent

import pytest

from tests.lang.manual_kernel import ManualKernel
from tuibpf.cli.vocabulary import Entry, read_families, read_rules, split_example
from tuibpf.compiler import compile_script
from tuibpf.diagnostics import CompileError, Source
from tuibpf.frontend.declarations import MAKERS
from tuibpf.frontend.names import WORDS
from tuibpf.ir import Target
from tuibpf.program import HookKind

ENTRIES = [*(entry for family in read_families() for entry in family.entries), *read_rules()]
REFUSALS = [(entry.names[0], text) for entry in ENTRIES for text in entry.refused]
KERNEL = ManualKernel()


def script_of(example: str) -> str:
    """An example as a whole script, by the rule that ``tuibpf.cli.vocabulary`` tells."""
    top, body = split_example(example)
    probe = (
        ""
        if not body and "@" in top
        else f"""

@tp_btf("sched_switch")
def probe(prev, next):
{indent(body or "pass", "    ")}
"""
    )
    return f"from tuibpf.lang import *\n\n{top}\n{probe}"


def compiled(example: str, target: Target) -> None:
    compile_script(Source("example.py", script_of(example)), {}, target)


def name_of(entry: Entry) -> str:
    return entry.names[0]


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_every_word_has_an_example_that_compiles(entry: Entry) -> None:
    if entry.names == ("limits",):
        assert entry.refused
        return
    assert entry.example
    compiled(entry.example, KERNEL)


@pytest.mark.usefixtures("kernel_types")
@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_examples_compile_for_this_kernel(entry: Entry, request: pytest.FixtureRequest) -> None:
    from tuibpf.kernel.machine import running_target

    if "@tracepoint" in entry.example or "exists(event" in entry.example:
        request.getfixturevalue("tracefs")
    try:
        compiled(entry.example or "x = 1", running_target())
    except CompileError as error:
        if error.diagnostic.message.startswith("this kernel has no "):
            pytest.skip(error.diagnostic.message)
        raise


@pytest.mark.parametrize(("word", "text"), REFUSALS, ids=[word for word, _ in REFUSALS])
def test_what_is_called_refused_is_refused(word: str, text: str) -> None:
    with pytest.raises(CompileError) as caught:
        compiled(text, KERNEL)
    said = caught.value.diagnostic.message
    assert "Python's syntax" not in said
    unknown = re.search(r"there is no name `(\w+)`", said)
    assert unknown is None or text.count(unknown[1]) > 1, "a slip of the pen is refused, too"


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.methods], ids=name_of)
def test_the_methods_of_a_word_are_in_examples(entry: Entry) -> None:
    shown = "".join(other.example for other in ENTRIES)
    for signature, text in entry.methods:
        method = signature.partition("(")[0].partition(".")[2]
        assert text
        assert f".{method}(" in entry.example if method else "] " in shown


def test_the_manual_has_every_word_of_python() -> None:
    """Also those that are not in the language: it is told what stands in for them."""
    python = next(family for family in read_families() if family.name == "Python")
    told = {name for entry in python.entries for name in entry.names}
    assert {*keyword.kwlist, *keyword.softkwlist} - {"_"} <= told
    functions = {name for name in told if name.isidentifier()} - {*keyword.kwlist, *keyword.softkwlist, "type"}
    assert functions == {*WORDS} - {name for entry in ENTRIES if entry not in python.entries for name in entry.names}


def test_what_the_compiler_knows_is_in_the_language() -> None:
    told = {name for entry in ENTRIES for name in entry.names}
    assert {*WORDS, *MAKERS, *map(str, HookKind)} <= told


def test_what_is_in_the_language_the_compiler_knows() -> None:
    """Each word stands in its own example, where the compiler refuses names that it does not know."""
    for family in read_families():
        for entry in family.entries:
            if not entry.purpose.startswith("Not in the language"):
                shown = set(re.findall(r"\w+", entry.example))
                assert {name for name in entry.names if name.isidentifier()} <= shown


def test_neither_a_script_nor_the_compiler_pays_for_the_manual() -> None:
    code = "import sys, tuibpf.compiler; print(*(name for name in sys.modules if name.startswith('tuibpf.lang.')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "tuibpf.lang.types" in out
    assert not {"tuibpf.lang.rules", "tuibpf.lang.python"} & set(out.split())

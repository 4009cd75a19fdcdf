"""Compiled programs and the interpreter of the IR must agree, on the real kernel, whatever the program is."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codegen.on_kernel import ARGUMENTS, compiled, interpreted, module_of, run
from tests.codegen.random_programs import make_program
from tuibpf.diagnostics import CompileError
from tuibpf.ir import check_function, print_module

pytestmark = pytest.mark.usefixtures("privileged")

_WORDS = st.sampled_from([0, 1, 5, 1 << 31, 1 << 63, (1 << 64) - 1]) | st.integers(0, (1 << 64) - 1)
_INPUTS = st.lists(st.lists(_WORDS, min_size=ARGUMENTS, max_size=ARGUMENTS), min_size=2, max_size=2)
# Not derandomised: each run looks at other programs. An example that failed once is printed with its whole IR.
_RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))


def agree(random: Random, statements: int, inputs: list[list[int]], *, optimise: bool) -> None:
    function = make_program(random, statements)
    check_function(function)
    wanted = interpreted(function, inputs)
    module = module_of(function)
    text = print_module(module)
    try:
        programs = compiled(module, optimise=optimise)
    except CompileError as error:
        if "bytes of stack" in str(error):
            return  # so many values at a time do not fit, and the compiler says so
        raise
    assert run(module, programs, inputs) == wanted, text


@given(st.randoms(), _INPUTS)
@settings(_RELAXED, max_examples=600)
def test_small_programs(random: Random, inputs: list[list[int]]) -> None:
    agree(random, random.randint(1, 12), inputs, optimise=True)


@given(st.randoms(), _INPUTS)
@settings(_RELAXED, max_examples=300)
def test_small_programs_without_passes(random: Random, inputs: list[list[int]]) -> None:
    agree(random, random.randint(1, 12), inputs, optimise=False)


@pytest.mark.parametrize("optimise", [True, False])
def test_large_programs(optimise: bool) -> None:
    """Some fifty values alive at a time, in loops and branches three deep, so that most of them are spilled."""
    random = Random(7 if optimise else 8)
    for _ in range(60):
        inputs = [[random.choice((0, 1, random.getrandbits(64))) for _ in range(ARGUMENTS)]]
        agree(random, 40, inputs, optimise=optimise)

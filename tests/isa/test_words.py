"""The quick enumerations behave as the standard library's where it matters, and hold the kernel's numbers."""

from __future__ import annotations

import copy
import pickle
from enum import IntEnum

import pytest

from tuibpf.isa import Alu, Atomic, Class, Helper, Jump, Mode, Size
from tuibpf.isa.words import IntWords
from tuibpf.kernel.machine import running_target

FAMILIES = [Alu, Atomic, Class, Helper, Jump, Mode, Size]


@pytest.mark.parametrize("family", FAMILIES)
def test_like_int_enum(family: type[IntWords]) -> None:
    words = list(family)
    model = IntEnum(family.__name__, {word.name: int(word) for word in words})
    assert len(family) == len(model) == len(words)
    for word, other in zip(words, model, strict=True):
        assert (word, word.name, word.value, str(word), repr(word)) == (
            other,
            other.name,
            other.value,
            str(other),
            repr(other),
        )
        assert family[word.name] is family(int(word)) is getattr(family, word.name) is word
        assert isinstance(word, family)
        assert isinstance(word, int)
        assert int(word) in family
        assert word in family
        assert hash(word) == hash(int(word))
        assert pickle.loads(pickle.dumps(word)) is word
        assert copy.deepcopy(word) is word
        assert f"{word:#x}" == f"{other:#x}"
    with pytest.raises(ValueError, match=f"4242 is not a valid {family.__name__}"):
        family(4242)
    with pytest.raises(KeyError):
        _ = family["NOTHING"]
    assert 4242 not in family


@pytest.mark.usefixtures("kernel_types")
def test_helpers_have_the_kernels_numbers() -> None:
    """``enum bpf_func_id`` of this kernel. One that it does not have yet has no number of its own here."""
    btf = running_target().btf
    known = {helper.name: btf.enumerator(f"BPF_FUNC_{helper.name.lower()}") for helper in Helper}
    assert {name: number for name, number in known.items() if number is not None} == {
        helper.name: int(helper) for helper in Helper if known[helper.name] is not None
    }
    assert known["MAP_LOOKUP_ELEM"] == 1

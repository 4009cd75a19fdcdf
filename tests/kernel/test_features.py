"""Features are found by trying; who may not try gets the same answers from the kernel's types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tuibpf.kernel import privileges
from tuibpf.kernel.features import FEATURES, WITHOUT_VARIABLE, Features, withheld
from tuibpf.kernel.machine import running_target

pytestmark = pytest.mark.usefixtures("kernel_types")


def features() -> Features:
    return Features(lambda: running_target().btf)


@pytest.mark.usefixtures("privileged")
def test_each_has_an_answer_that_stays() -> None:
    found = features()
    answers = {name: name in found for name in FEATURES}
    assert answers == {name: name in found for name in FEATURES}
    assert set(found) == {name for name, there in answers.items() if there}
    assert answers["raw_tp"], "the fixture has loaded such a program"


@pytest.mark.usefixtures("privileged")
def test_probing_and_the_kernels_types_agree(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    names = [*FEATURES, "helper:loop", "helper:ktime_get_boot_ns", "helper:get_current_task_btf"]
    names.remove("stats")  # tried, it depends on CAP_SYS_ADMIN too
    tried = {name: name in features() for name in names}
    asked = unprivileged(lambda: {name: name in features() for name in names})
    assert asked == tried


def test_an_ordinary_user_gets_answers(unprivileged: Callable[[Callable[[], Any]], Any]) -> None:
    assert unprivileged(lambda: (bool(privileges.missing()), "raw_tp" in features())) == (True, True)


def test_the_environment_takes_features_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT_VARIABLE, "ringbuf, batch,,helper:loop")
    assert withheld() == {"ringbuf", "batch", "helper:loop"}
    found = features()
    assert "ringbuf" not in found
    assert "batch" not in found
    assert "helper:loop" not in found
    monkeypatch.delenv(WITHOUT_VARIABLE)
    assert withheld() == frozenset()


@pytest.mark.parametrize("name", ["ringbuff", "helper:no_such_helper", ""])
def test_a_misspelt_name_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="is called"):
        assert name in features()


def test_what_is_no_name_is_not_there() -> None:
    assert 7 not in features()


@pytest.mark.usefixtures("privileged")
def test_a_helper_that_raw_tracepoints_may_not_call() -> None:
    assert "helper:get_current_comm" in features()
    assert "helper:skb_load_bytes" not in features(), "it is for socket filters"

"""What the compiler asked of the kernel: noted while it compiles, and asked again before its result is used again."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING

from tuibpf.diagnostics import NotSupported

if TYPE_CHECKING:  # a launch that compiles nothing needs neither
    from tuibpf.btf import Btf
    from tuibpf.ir.target import Target

__all__ = ["Answers", "NotedTarget", "still_true"]

#: By kind of question and name: whether a feature is there, the format of a tracepoint or None, the number of cpus.
Answers = tuple[tuple[str, str, bool | int | str | None], ...]

_FEATURE, _FORMAT, _CPUS = "feature", "format", "cpus"


class NotedTarget:
    """A target that passes questions on to another one, and notes the answers.

    Not those about types: they are the same as long as the kernel is. *complete* tells whether the answers that were
    noted are all there were.
    """

    def __init__(self, target: Target) -> None:
        self.complete = True
        self.formats: Mapping[str, str] = _NotedFormats(target.formats, self)
        self.features: Container[str] = _NotedFeatures(target, self)
        self._target = target
        self._answers: dict[tuple[str, str], bool | int | str | None] = {}

    @property
    def answers(self) -> Answers:
        return tuple((kind, name, answer) for (kind, name), answer in self._answers.items())

    @property
    def btf(self) -> Btf:
        return self._target.btf

    @property
    def cpus(self) -> int:
        number = self._target.cpus
        self.note(_CPUS, "", number)
        return number

    def note(self, kind: str, name: str, answer: bool | int | str | None) -> None:
        self._answers[kind, name] = answer


class _NotedFormats(Mapping[str, str]):
    def __init__(self, formats: Mapping[str, str], notes: NotedTarget) -> None:
        self._formats = formats
        self._notes = notes

    def __getitem__(self, event: str) -> str:
        try:
            text = self._formats[event]
        except KeyError:
            self._notes.note(_FORMAT, event, None)
            raise
        except NotSupported:
            self._notes.complete = False
            raise
        self._notes.note(_FORMAT, event, text)
        return text

    def __iter__(self) -> Iterator[str]:
        self._notes.complete = False
        return iter(self._formats)

    def __len__(self) -> int:
        self._notes.complete = False
        return len(self._formats)


class _NotedFeatures(Container[str]):
    def __init__(self, target: Target, notes: NotedTarget) -> None:
        self._target = target
        self._notes = notes

    def __contains__(self, name: object) -> bool:
        there = name in self._target.features
        self._notes.note(_FEATURE, str(name), there)
        return there


def still_true(answers: Answers, target: Target) -> bool:
    """Whether *target* would give the same *answers* now."""
    try:
        return all(answer == _ask(target, kind, name) for kind, name, answer in answers)
    except NotSupported:
        return False


def _ask(target: Target, kind: str, name: str) -> bool | int | str | None:
    if kind == _FEATURE:
        return name in target.features
    if kind == _FORMAT:
        return target.formats.get(name)
    return target.cpus

"""Enumerations of integers that are made in microseconds.

The instruction set has some 150 names, and all are imported whenever a probe is started. As members of ``IntEnum``
they cost 2 ms of that start, ten times what the compiler may take for a small script; here they cost 0.1 ms.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

__all__ = ["IntWords"]

if TYPE_CHECKING:
    from enum import IntEnum as IntWords
else:

    class _Family(type):
        """Turns the integers in a class body into instances of the class, in the order in which they stand there."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: Mapping[str, Any]) -> "_Family":
            family = super().__new__(cls, name, bases, dict(namespace))
            family._names = {}
            for word, value in namespace.items():
                if type(value) is int and not word.startswith("_"):
                    member = int.__new__(family, value)
                    member.name = word
                    family._names[word] = member
                    setattr(family, word, member)
            family._values = {int(member): member for member in family._names.values()}
            return family

        def __call__(cls, value: int) -> Any:
            try:
                return cls._values[value]
            except KeyError:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __getitem__(cls, word: str) -> Any:
            return cls._names[word]

        def __contains__(cls, value: object) -> bool:
            return value in cls._values

        def __iter__(cls) -> Iterator[Any]:
            return iter(cls._names.values())

        def __len__(cls) -> int:
            return len(cls._names)

    class IntWords(int, metaclass=_Family):
        """What a type checker takes for ``IntEnum``, with the part of its behaviour that integers need.

        A class lists its words as ``NAME = number``. ``Family(number)``, ``Family["NAME"]``, iteration, ``in``,
        ``.name`` and ``.value`` are as in ``IntEnum``; a word is an ``int`` in every other way.
        """

        name: str

        @property
        def value(self) -> int:
            return int(self)

        __str__ = int.__repr__

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {int(self)}>"

        def __reduce__(self) -> tuple[type, tuple[int]]:
            return type(self), (int(self),)

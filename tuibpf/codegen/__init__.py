"""From IR to programs: select instructions, allocate registers, spill what finds none, emit bytes."""

from tuibpf.codegen.generate import generate

__all__ = ["generate"]

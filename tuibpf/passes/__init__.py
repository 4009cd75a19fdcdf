"""Passes: IR to IR, one transform a file, in the order of ``PASSES``."""

from tuibpf.passes.pipeline import PASSES, run_passes

__all__ = ["PASSES", "run_passes"]

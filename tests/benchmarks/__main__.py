"""Run the benchmarks, or those that are named, one after the other, each in a process of its own.

usage: python -m tests.benchmarks [--list] [--rounds N] [--alone] [NAME …]
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.figures import tell

_HERE = Path(__file__).parent
_NAMES = ("compile", "startup", "kernel_cost", "drain", "views", "screen")
_WITHOUT_OPTIONS = ("screen",)


def purpose(name: str) -> str:
    """The first line of a benchmark's documentation."""
    tree = ast.parse((_HERE / f"{name}.py").read_text("utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(_NAMES)}; all by default")
    parser.add_argument("--list", action="store_true", help="say what there is and end")
    parser.add_argument("--rounds", help="rounds of each, instead of its own choice")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(_NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    common = [*(["--rounds", chosen.rounds] if chosen.rounds else []), *(["--alone"] if chosen.alone else [])]
    failed = 0
    for name in chosen.names or _NAMES:
        tell(f"{name}: {purpose(name)}")
        if chosen.list:
            continue
        tell()
        options = [] if name in _WITHOUT_OPTIONS else common
        failed |= subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *options], check=False).returncode
        tell()
    return failed


if __name__ == "__main__":
    sys.exit(main())

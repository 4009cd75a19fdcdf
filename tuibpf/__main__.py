"""``python -m tuibpf``."""

import sys

from tuibpf.cli import main

if __name__ == "__main__":
    sys.exit(main())

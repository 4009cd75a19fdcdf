"""The words of a probe script: names, types and docstrings, no logic.

A script starts with ``from tuibpf.lang import *``. That line, like every other of the script, is never executed: the
compiler reads these declarations to know what there is, editors read them to complete and explain, the manual prints
them.
"""

from tuibpf.lang.constants import *
from tuibpf.lang.declarations import *
from tuibpf.lang.functions import *
from tuibpf.lang.hooks import *
from tuibpf.lang.types import *

"""The intermediate representation: typed operations in SSA form, functions, builder, printer, checker."""

from tuibpf.ir.builder import Builder
from tuibpf.ir.checker import IrError, check_function
from tuibpf.ir.function import Block, Function, Module
from tuibpf.ir.printer import print_function, print_module
from tuibpf.ir.target import Target

__all__ = [
    "Block",
    "Builder",
    "Function",
    "IrError",
    "Module",
    "Target",
    "check_function",
    "print_function",
    "print_module",
]

"""BTF, the kernel's description of its own types: read, looked up by name, walked, and written for programs.

Source of the format: Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
"""

from tuibpf.btf.btf import Btf
from tuibpf.btf.index import Index
from tuibpf.btf.kinds import (
    Array,
    BtfError,
    DeclTag,
    Enum,
    Enumerator,
    Float,
    Forward,
    Function,
    FunctionPrototype,
    Int,
    Kind,
    Member,
    Parameter,
    Pointer,
    Qualifier,
    Section,
    SectionVariable,
    Struct,
    Type,
    Typedef,
    Union,
    Variable,
    Void,
)
from tuibpf.btf.tracepoint import Tracepoint, TracepointParameter

__all__ = [
    "Array", "Btf", "BtfError", "DeclTag", "Enum", "Enumerator", "Float", "Forward", "Function", "FunctionPrototype",
    "Index", "Int", "Kind", "Member", "Parameter", "Pointer", "Qualifier", "Section", "SectionVariable", "Struct",
    "Tracepoint", "TracepointParameter", "Type", "Typedef", "Union", "Variable", "Void",
]  # fmt: skip

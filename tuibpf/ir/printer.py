"""The IR as text, as ``tuibpf dump`` and the compiler's tests show it."""

from __future__ import annotations

from tuibpf.ir import ops
from tuibpf.ir.function import Block, Function, Module
from tuibpf.ir.ops import Op

__all__ = ["print_function", "print_module"]


def print_module(module: Module) -> str:
    return "\n".join(print_function(function) for function in module.functions)


def print_function(function: Function) -> str:
    """A line an operation: ``%3: u64 = add %1, %2``, with the line of the script it stems from where that changes."""
    values: dict[Op, str] = {}
    blocks = {block: f"b{number}" for number, block in enumerate(function.blocks)}
    for op in function.ops():
        if isinstance(op, ops.Const):
            values[op] = str(op.value)
        elif op.type is not None:
            values[op] = f"%{len(values)}"
    lines = [f"{function.name}: {function.hook.kind} {function.hook.target}"]
    last = 0
    for block in function.blocks:
        lines.append(f" {blocks[block]}:")
        for op in [*block.phis, *block.ops]:
            if isinstance(op, ops.Const):
                continue
            text = _print_op(op, values, blocks)
            if op.type is not None:
                text = f"{values[op]}: {op.type.name} = {text}"
            if op.span is not None and op.span.line != last:
                last = op.span.line
                text = f"{text:<60} ; line {last}"
            lines.append(f"    {text}")
    return "\n".join(lines) + "\n"


def _print_op(op: Op, values: dict[Op, str], blocks: dict[Block, str]) -> str:
    args = [values.get(arg, "?") for arg in op.args]
    listed = ", ".join(args)
    match op:
        case ops.Binary():
            return f"{op.operator} {listed}"
        case ops.Load():
            return f"load {args[0]} + {op.offset}"
        case ops.Store():
            return f"store.{op.size} {args[0]} + {op.offset}, {args[1]}"
        case ops.Atomic():
            return f"atomic.{op.size} {op.operator} {args[0]} + {op.offset}, {args[1]}"
        case ops.Call():
            return f"call {op.helper.name.lower()}({listed})"
        case ops.FrameAddress():
            return f"frame {op.slot.name}[{op.slot.size}]"
        case ops.MapAddress():
            return f"map {op.map}"
        case ops.MapValueAddress():
            return f"value of {op.map} + {op.offset}"
        case ops.ReserveRow() | ops.SubmitRow():
            return f"{type(op).__name__.removesuffix('Row').lower()} {op.stream.name} {listed}".rstrip()
        case ops.Phi():
            return "phi " + ", ".join(f"{blocks.get(b, '?')}: {a}" for b, a in zip(op.blocks, args, strict=True))
        case ops.Jump():
            return f"jump {blocks.get(op.targets[0], '?')}"
        case ops.Branch():
            then, other = (blocks.get(target, "?") for target in op.targets)
            return f"branch {op.condition} {listed}: {then} else {other}"
    return f"{type(op).__name__.lower()} {listed}".rstrip()

"""Joins: one value for what a name stands for on the several ways that lead to a place."""

from __future__ import annotations

from tuibpf.frontend.integer_types import bound, common_type, constant_integer, is_integer
from tuibpf.frontend.labels import Edge
from tuibpf.frontend.values import Conflict, Constant, KernelPointer, Place, Scalar, Value
from tuibpf.ir.builder import Builder
from tuibpf.ir.function import Block
from tuibpf.ir.ops import Const, Op
from tuibpf.ir.types import ADDRESS, IntType, Type

__all__ = ["join"]


def join(build: Builder, name: str, values: list[Value | None], edges: list[Edge]) -> Value:
    """One value for what *name* stands for on each of the ways here; None where it stands for nothing."""
    blocks = [edge.block for edge in edges]
    present = [_settled(value, edge) for value, edge in zip(values, edges, strict=True) if value is not None]
    if len(present) < len(values):
        return Conflict(f"{_called(name)} is not set on every way to this line")
    constants = [value.value for value in present if isinstance(value, Constant)]
    if len(constants) == len(present) and len({(type(value), value) for value in constants}) == 1:
        return present[0]
    pointers = [value for value in present if isinstance(value, KernelPointer)]
    if len(pointers) == len(present) and len({value.target for value in pointers}) == 1:
        op = _phi(build, ADDRESS, [value.op for value in pointers], blocks)
        return KernelPointer(op, pointers[0].target, all(value.direct for value in pointers))
    places = [value for value in present if isinstance(value, Place)]
    if len(places) == len(present) and all(place.layout == places[0].layout for place in places):
        return _join_places(build, places, blocks)
    if all(is_integer(value) or _is_none(value) for value in present):
        return _join_integers(build, name, present, blocks)
    return Conflict(f"{_called(name)} stands for different things on the ways to this line")


def _called(name: str) -> str:
    """A name in an error; what no script can write is a value on its way: a result, or one side of ``and``."""
    return repr(name) if name.isidentifier() else "this value"


def _phi(build: Builder, type: Type, ops: list[Op], blocks: list[Block]) -> Op:
    if all(op is ops[0] for op in ops):
        return ops[0]
    phi = build.phi(type)
    for block, op in zip(blocks, ops, strict=True):
        phi.add(block, op)
    return phi


def _join_places(build: Builder, places: list[Place], blocks: list[Block]) -> Value:
    if len({(place.offset, place.map) for place in places}) > 1:
        return Conflict("this name stands for memory of different kinds on the ways to this line")
    op = _phi(build, ADDRESS, [place.op for place in places], blocks)
    optional = any(place.present is not None for place in places)
    present = _phi(build, ADDRESS, [place.present or place.op for place in places], blocks) if optional else None
    return Place(op, places[0].offset, places[0].layout, places[0].map, present)


def _join_integers(build: Builder, name: str, values: list[Value], blocks: list[Block]) -> Value:
    type = common_type([value for value in values if not _is_none(value)])
    if type is None:
        return Conflict(f"{_called(name)} is signed on one way to this line and unsigned on another")
    ops, presences, optional = [], [], False
    for value, block in zip(values, blocks, strict=True):
        if isinstance(value, Scalar):
            ops.append(value.op)
            presences.append(value.present)
            optional = optional or value.present is not None
        else:
            assert isinstance(value, Constant)
            missing = value.value is None
            ops.append(_const_in(build, block, 0 if missing else constant_integer(value), type))
            presences.append(_const_in(build, block, 0, type) if missing else None)
            optional = optional or missing
    op = _phi(build, type, ops, blocks)
    if not optional:
        return Scalar(op, type, most=None if type.signed else max(map(bound, values)))
    ones = [given or _const_in(build, block, 1, type) for given, block in zip(presences, blocks, strict=True)]
    return Scalar(op, type, _phi(build, ADDRESS, ones, blocks))


def _const_in(build: Builder, block: Block, value: int, type: IntType) -> Op:
    """A constant at the end of a block that control has left already."""
    const = Const(type.wrap(value), type, build.span)
    block.ops.insert(len(block.ops) - 1, const)
    return const


def _settled(value: Value, edge: Edge) -> Value:
    """A value that was tested on the way of *edge* can not be missing any more."""
    if isinstance(value, Scalar) and value.present is not None and value.present in edge.facts:
        return Scalar(value.op, value.type, most=value.most)
    if isinstance(value, Place) and value.present is not None and value.present in edge.facts:
        return Place(value.op, value.offset, value.layout, value.map)
    return value


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None

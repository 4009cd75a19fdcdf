"""Control flow: what is left of blocks that do nothing, or that nothing reaches."""

from __future__ import annotations

from tests.passes.before_after import after
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.ops import Op
from tuibpf.ir.types import U64


def argument(build: Builder) -> Op:
    return build.load(build.append(ops.Context()), 0, U64)


def test_a_branch_whose_way_is_known() -> None:
    """The way not taken goes with all that hangs on it, and the phi that knew both has nothing to choose."""

    def body(build: Builder) -> None:
        value = argument(build)
        yes, no, end = Block(), Block(), Block()
        build.branch("lt", build.const(1), build.const(2), yes, no)
        build.begin(yes)
        build.jump(end)
        build.begin(no)
        other = build.binary("add", value, build.const(1), U64)
        build.jump(end)
        build.begin(end)
        phi = build.phi(U64)
        phi.add(yes, value)
        phi.add(no, other)
        build.done(phi)

    assert after("control-flow", body) == (
        "b0:\n"
        "   %0: address = context\n"
        "   %1: u64 = load %0 + 0\n"
        "   return %1\n"
    )  # fmt: skip


def test_empty_blocks_are_skipped() -> None:
    def body(build: Builder) -> None:
        value = argument(build)
        first, second, third, end = (Block() for _ in range(4))
        build.branch("eq", value, build.const(0), first, second)
        for block, following in ((first, third), (second, end), (third, end)):
            build.begin(block)
            if block is second:
                build.store(build.map_value("out", 0), 0, 8, value)
            build.jump(following)
        build.begin(end)
        build.done()

    assert after("control-flow", body) == (
        "b0:\n"
        "   %0: address = context\n"
        "   %1: u64 = load %0 + 0\n"
        "   branch eq %1, 0: b2 else b1\n"
        "b1:\n"
        "   %3: address = value of out + 0\n"
        "   store.8 %3 + 0, %1\n"
        "   jump b2\n"
        "b2:\n"
        "   return 0\n"
    )


def test_an_empty_block_stays_where_a_phi_needs_it() -> None:
    """Without it both ways would come from one block, and the phi could not tell them apart."""

    def body(build: Builder) -> None:
        value = argument(build)
        entry, empty, end = build.block, Block(), Block()
        zero = build.const(0)
        build.branch("gt", value, build.const(9), empty, end)
        build.begin(empty)
        build.jump(end)
        build.begin(end)
        phi = build.phi(U64)
        phi.add(entry, value)
        phi.add(empty, zero)
        build.done(phi)

    assert "phi b0: %1, b1: 0" in after("control-flow", body)


def test_phis_follow_an_empty_block_that_goes() -> None:
    def body(build: Builder) -> None:
        value = argument(build)
        one, two, empty, end = (Block() for _ in range(4))
        build.branch("gt", value, build.const(9), one, two)
        values = []
        for block, following in ((one, empty), (two, end)):
            build.begin(block)
            values.append(build.binary("add", value, build.const(5 if block is one else 6), U64))
            build.jump(following)
        build.begin(empty)
        build.jump(end)
        build.begin(end)
        phi = build.phi(U64)
        phi.add(empty, values[0])
        phi.add(two, values[1])
        build.done(phi)

    text = after("control-flow", body)
    assert "phi b2: %6, b1: %4" in text
    assert text.count("jump") == 2


def test_straight_lines_become_one_block() -> None:
    def body(build: Builder) -> None:
        value = argument(build)
        for number in range(3):
            following = Block()
            build.jump(following)
            before = build.block
            build.begin(following)
            phi = build.phi(U64)
            phi.add(before, value)
            value = build.binary("add", phi, build.const(number + 1), U64)
        build.done(value)

    assert after("control-flow", body) == (
        "b0:\n"
        "   %0: address = context\n"
        "   %1: u64 = load %0 + 0\n"
        "   %3: u64 = add %1, 1\n"
        "   %5: u64 = add %3, 2\n"
        "   %7: u64 = add %5, 3\n"
        "   return %7\n"
    )


def test_loops_stay() -> None:
    """A block that jumps to itself, and one that control enters by its own end."""

    def body(build: Builder) -> None:
        argument(build)
        head, end = Block(), Block()
        build.jump(head)
        build.begin(head)
        build.branch("eq", build.load(build.map_value("out", 0), 0, U64), build.const(0), head, end)
        build.begin(end)
        build.done()

    assert "branch eq %3, 0: b1 else b2" in after("control-flow", body)

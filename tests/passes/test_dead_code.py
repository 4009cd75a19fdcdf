"""Dead code, invariant helpers and signs."""

from __future__ import annotations

from tests.passes.before_after import after
from tuibpf.ir import Block, Builder, ops
from tuibpf.ir.types import S16, S32, U64
from tuibpf.isa import Helper


def test_what_nobody_reads_goes() -> None:
    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        value = build.load(context, 8, U64)
        build.binary("add", value, build.const(1), U64)
        build.call(Helper.KTIME_GET_NS)
        build.call(Helper.SEND_SIGNAL, build.const(9))
        build.done()

    assert after("dead-code", body) == (
        "b0:\n"
        "   %1: u64 = call send_signal(9)\n"
        "   return 0\n"
    )  # fmt: skip


def test_phis_that_only_feed_each_other_go() -> None:
    def body(build: Builder) -> None:
        zero, entry = build.const(0), build.block
        head, inside, end = Block(), Block(), Block()
        build.jump(head)
        build.begin(head)
        counter, sum = build.phi(U64), build.phi(U64)
        build.branch("lt", counter, build.const(3), inside, end)
        build.begin(inside)
        for phi, step in ((counter, 1), (sum, 7)):
            phi.add(entry, zero)
            phi.add(inside, build.binary("add", phi, build.const(step), U64))
        build.jump(head)
        build.begin(end)
        build.done()

    text = after("dead-code", body)
    assert text.count("phi") == 1
    assert "add %1, 1" in text
    assert ", 7" not in text


def test_helpers_with_one_answer_are_asked_once() -> None:
    """On every way to the second call the first one was made; on that to the third it was not."""

    def body(build: Builder) -> None:
        pid = build.call(Helper.GET_CURRENT_PID_TGID)
        left, right, end = Block(), Block(), Block()
        build.branch("gt", pid, build.const(5), left, right)
        build.begin(left)
        build.store(build.map_value("out", 0), 0, 8, build.call(Helper.GET_CURRENT_PID_TGID))
        build.store(build.map_value("out", 0), 8, 8, build.call(Helper.GET_CURRENT_UID_GID))
        build.jump(end)
        build.begin(right)
        build.jump(end)
        build.begin(end)
        build.store(build.map_value("out", 0), 16, 8, build.call(Helper.GET_CURRENT_UID_GID))
        build.store(build.map_value("out", 0), 24, 8, build.call(Helper.KTIME_GET_NS))
        build.store(build.map_value("out", 0), 32, 8, build.call(Helper.KTIME_GET_NS))
        build.done()

    text = after("invariants", body, tidy=True)
    assert text.count("get_current_pid_tgid") == 1
    assert text.count("get_current_uid_gid") == 2
    assert text.count("ktime_get_ns") == 2


def test_signs_that_are_only_stored_are_not_extended() -> None:
    def body(build: Builder) -> None:
        context = build.append(ops.Context())
        out = build.map_value("out", 0)
        stored, widened, compared = (build.load(context, 8 * n, type) for n, type in enumerate((S32, S16, S32)))
        build.store(out, 0, 4, stored)
        build.store(out, 4, 2, stored)
        build.store(out, 8, 8, widened)
        build.store(out, 16, 4, compared)
        yes, no = Block(), Block()
        build.branch("slt", compared, build.const(0), yes, no)
        for block in (yes, no):
            build.begin(block)
            build.done()

    text = after("signs", body)
    assert "u32 = load %0 + 0" in text
    assert "s16 = load %0 + 8" in text
    assert "s32 = load %0 + 16" in text

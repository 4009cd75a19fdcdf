"""Tables are merged, ordered and cut; slots become buckets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tuibpf.tool.column import Column
from tuibpf.tool.tally import add_slots, distribution, ranked

COLUMNS = (
    Column("comm", "COMM", "comm", key=True),
    Column("rx", "RX", "bytes"),
    Column("tx", "TX", "bytes"),
    Column("last", "LAST", "time"),
    Column("pid", "PID", "pid"),
)


def test_rows_are_ordered_by_the_sum_and_then_by_key():
    entries = [(("b",), (1, 1, 0, 7)), (("a",), (2, 0, 0, 7)), (("c",), (0, 9, 0, 7))]
    assert [row[0] for row in ranked(entries, COLUMNS, ("rx", "tx"), None)] == ["c", "a", "b"]
    assert [row[0] for row in ranked(entries, COLUMNS, ("rx",), 2)] == ["a", "b"]


def test_two_keys_that_look_the_same_are_one_row():
    entries = [(("a",), (1, 2, 50, 7)), (("a",), (10, 20, 40, 8))]
    assert ranked(entries, COLUMNS, (), None) == [("a", 11, 22, 50, 7)]


@given(st.lists(st.integers(0, 1 << 32), min_size=1, max_size=64))
def test_a_distribution_keeps_every_count(counts):
    one = distribution((), [7, *counts])
    assert one.count == sum(counts)
    assert one.sum == 7
    edges = [(bucket.lo, bucket.hi) for bucket in one.buckets]
    assert all(before[1] + 1 == after[0] for before, after in pairwise(edges))
    assert not edges or edges[0] == (0, 1)


def test_slots_add_up():
    assert add_slots(None, [1, 2]) == (1, 2)
    assert add_slots((1, 2), [3, 4]) == (4, 6)

"""The models behind the views: rows keep their number or key, scales keep still, nothing grows without bound."""

from __future__ import annotations

from typing import Any

from tuibpf.tui.model.log import Log
from tuibpf.tui.model.ranking import Ranking
from tuibpf.tui.model.scale import StableScale, round_up
from tuibpf.tui.model.spread import ALL, Spread

from .fake import distribution


def text(row: tuple[Any, ...]) -> str:
    return " ".join(map(str, row))


def test_a_log_is_bounded_and_numbers_stay() -> None:
    log = Log(text, limit=100)
    for start in range(0, 1000, 10):
        log.extend((n,) for n in range(start, start + 10))
    assert 100 <= log.kept <= 110
    number, row = log.at(0)
    assert row == (number,)
    assert log.at(log.index_of(950)) == (950, (950,))
    assert log.index_of(3) == 0


def test_a_filter_holds_for_old_and_new_rows() -> None:
    log = Log(text)
    log.extend([("Alpha",), ("beta",)])
    log.set_filter("ALPHA")
    log.extend([("gamma",), ("alphabet",)])
    assert [log.at(i) for i in range(len(log))] == [(0, ("Alpha",)), (3, ("alphabet",))]
    log.set_filter("")
    assert len(log) == 4


def test_rows_that_fall_out_leave_the_filter_too() -> None:
    log = Log(text, limit=10)
    log.set_filter("x")
    for n in range(100):
        log.extend([("x", n)])
    assert len(log) == log.kept <= 11
    assert log.at(0)[1] == ("x", log.at(0)[0])


def test_a_cleared_log_does_not_use_numbers_again() -> None:
    log = Log(text)
    log.extend([("a",), ("b",)])
    log.clear()
    log.extend([("c",)])
    assert log.at(0) == (2, ("c",))


def test_a_held_row_stays_with_its_last_values() -> None:
    ranking = Ranking([0], text)
    ranking.update([("a", 5), ("b", 3)])
    ranking.hold(("b",))
    ranking.update([("c", 9)])
    assert [(entry.key, entry.gone) for entry in map(ranking.at, range(len(ranking)))] == [
        (("c",), False),
        (("b",), True),
    ]
    ranking.update([("b", 4), ("c", 1)])
    index = ranking.index_of(("b",))
    assert index is not None
    assert ranking.at(index).row == ("b", 4)
    assert not ranking.at(index).gone
    ranking.update([])
    ranking.hold(None)
    ranking.update([])
    assert len(ranking) == 0


def test_sorting_takes_values_of_any_kind() -> None:
    ranking = Ranking([0], text)
    ranking.update([("a", None), ("b", 2), ("c", 10)])
    ranking.order_by(1, descending=True)
    assert [ranking.at(i).key for i in range(3)] == [("c",), ("b",), ("a",)]
    ranking.order_by(None, descending=True)
    assert [ranking.at(i).key for i in range(3)] == [("a",), ("b",), ("c",)]


def test_a_scale_grows_at_once_and_shrinks_late() -> None:
    scale = StableScale()
    assert scale.fit(3) == 5
    assert scale.fit(40) == 50
    assert scale.fit(30) == 50
    assert [scale.fit(1) for _ in range(14)] == [50] * 14
    assert scale.fit(1) == 1


def test_round_numbers() -> None:
    assert [round_up(n) for n in (0, 1, 2, 3, 7, 11, 999, 1001)] == [1, 1, 2, 5, 10, 20, 1000, 2000]


def test_percentiles_are_the_bounds_of_buckets() -> None:
    spread = Spread()
    spread.update([distribution((), 90, 9, 1)])
    tally = spread.total[()]
    assert [tally.percentile(share) for share in (0.5, 0.9, 0.95, 0.99, 1.0)] == [127, 127, 255, 255, 511]
    assert tally.count == 100


def test_histograms_add_up_by_key_and_over_all() -> None:
    spread = Spread(intervals=3)
    for _ in range(5):
        spread.update([distribution(("vda",), 1), distribution(("vdb",), 0, 2)])
    assert spread.keys() == [ALL, ("vdb",), ("vda",)]
    assert spread.total[ALL].count == 15
    assert spread.last[("vda",)].count == 1
    assert len(spread.history) == 3
    assert spread.used_bounds(("vdb",)) == [(128, 255)]
    spread.clear()
    assert spread.keys() == []

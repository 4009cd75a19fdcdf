"""Lines of cells, rows in columns, bars, and the words of a title."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from tuibpf.tool.column import columns_of
from tuibpf.tool.frame import Cost
from tuibpf.tui.bars import bars, heat_map, summary
from tuibpf.tui.figures import Figures, Meter, short_count
from tuibpf.tui.model.scale import StableScale
from tuibpf.tui.model.spread import Tally
from tuibpf.tui.rows import RowLayout
from tuibpf.tui.strips import changed_span, fit, strip_of, wrap
from tuibpf.tui.theme import Palette
from tuibpf.tui.widgets.pane_title import figure_words, share_text

from .fake import CONNECTION, EXEC, TRAFFIC, connection_row, distribution, exec_row


@pytest.mark.parametrize("text", ["", "abc", "abcdefghijkl", "日本語テキスト", "é日", "x\ny"])
@pytest.mark.parametrize("width", [0, 1, 2, 5, 9])
def test_fitted_text_has_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(text, width, right=True)) == width


def test_text_is_wrapped_at_spaces_where_it_can_be() -> None:
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("日本語", 3) == ["日", "本", "語"]
    assert wrap("", 5) == [""]


def test_neighbours_of_one_style_are_one_segment() -> None:
    red = Style(color="red")
    strip = strip_of([("ab", red), ("cd", red), ("ef", Style.null())], 8)
    assert [segment.text for segment in strip] == ["abcd", "ef  "]
    assert strip_of([("abcdef", red)], 4).text == "abcd"


def test_the_changed_span() -> None:
    def line(text: str) -> Strip:
        return strip_of([(text, Style.null())], 10)

    assert changed_span(line("load 1.25"), line("load 1.35"), 10) == (7, 8)
    assert changed_span(None, line("x"), 10) == (0, 10)


def test_columns_keep_their_places_and_fit() -> None:
    layout = RowLayout(columns_of(CONNECTION, TRAFFIC))
    for width in (79, 80, 100, 160):
        heading = layout.heading(width, Palette(), (6, 7)).text
        line = layout.line(connection_row(1, 1 << 40, 1 << 30), width, Palette()).text
        assert len(heading) == len(line) == width
        for title in ("PID", "LADDR", "RPORT", "COMM", "▼RX_KB", "▼TX_KB"):
            assert title in heading, width
        assert line.rstrip().endswith("1048576.0")


def test_the_last_text_column_gets_what_is_left() -> None:
    layout = RowLayout(columns_of(None, EXEC))
    widths = {column.name: cells for _, column, cells in layout.widths(200)}
    assert widths["args"] > 100
    assert {column.name: cells for _, column, cells in layout.widths(80)}["args"] >= 30
    assert layout.line(exec_row(1, b"x" * 300), 80, Palette()).cell_length == 80


def test_short_counts() -> None:
    numbers = [0, 7, 950, 999, 1000, 1234, 99_949, 123_456, 34_500_000, 10**15]
    assert [short_count(n) for n in numbers] == [
        "0", "7", "950", "999", "1.0k", "1.2k", "99.9k", "123k", "34.5M", "1000T",
    ]  # fmt: skip


def test_a_meter_reads_intervals() -> None:
    meter = Meter(10.0)
    meter.count(30)
    figures = meter.read(12.0, Cost(4_000_000, 1000, 2), {"full": 5, "none": 0})
    assert figures == Figures(30, 15.0, 500.0, 4000.0, 0.002, {"full": 5}, True, 2)
    assert figures.lost == 7
    later = meter.read(13.0, Cost(4_000_000, 1000, 2), {"full": 5})
    assert (later.rows, later.rows_per_s, later.ns_per_run, later.losing) == (30, 0.0, None, False)


def test_words_of_a_title() -> None:
    figures = Figures(rows_per_s=1234, runs_per_s=5, ns_per_run=412.3, cpu_share=0.0003)
    assert [text for text, _ in figure_words(figures, True)] == ["1.2k rows/s", "0 lost", "412 ns/event", "0.03% CPU"]
    losing = Figures(losses={"full": 3}, losing=True, cpu_share=0.5)
    assert figure_words(losing, False) == [("0 events/s", "text"), ("3 LOST", "error"), ("50% CPU", "warning")]
    assert [share_text(share) for share in (0, 0.00001, 0.0123, 1.5)] == [
        "0.00% CPU",
        "<0.01% CPU",
        "1.23% CPU",
        "150% CPU",
    ]


def tally(*counts: int) -> Tally:
    made = Tally()
    made.add(distribution((), *counts))
    return made


def test_bars_begin_at_zero_and_none_is_invisible() -> None:
    counted = tally(1, 1000, 0)
    bounds = [(64, 127), (128, 255), (256, 511)]
    lines = [strip.text for strip in bars(bounds, counted, "microseconds", 80, Palette(), StableScale(), True)]
    assert lines[0].strip().startswith("0─")
    assert lines[0].strip().endswith("1.0k")
    assert "▏" in lines[1]
    assert lines[2].count("█") > 50
    assert "█" not in lines[3]
    assert "▏" not in lines[3]
    coarse = bars(bounds, counted, "microseconds", 80, Palette(), StableScale(), False)
    assert "▏" not in coarse[1].text
    assert "█" in coarse[1].text


def test_a_heat_map_has_the_newest_at_the_right() -> None:
    history = [tally(1), None, tally(0, 100)]
    lines = heat_map([(64, 127), (128, 255)], history, "microseconds", 40, Palette(), StableScale(), False)
    texts = [strip.text for strip in lines]
    assert texts[0].startswith("  128us – 256us")
    assert texts[0].rstrip().endswith("█")
    assert texts[1].rstrip()[-1] in "░▒▓"
    assert len(texts[0].rstrip()) == len(texts[1].rstrip()) + 2


def test_a_summary_takes_one_line_where_it_can() -> None:
    assert len(summary("", tally(5), "microseconds", 79, Palette())) == 1
    assert len(summary("DISK nvme0n1", tally(5), "microseconds", 60, Palette())) == 2
    assert summary("x", None, "microseconds", 60, Palette())[0].text.strip() == "x  0 values"
    narrow = [strip.text.rstrip() for strip in summary("DISK vda", tally(90, 9, 1), "microseconds", 40, Palette())]
    assert narrow == [" DISK vda  100 values", "  mean 71us  p50 <128us  p95 <256us"]

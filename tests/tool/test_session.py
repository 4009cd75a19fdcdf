"""A session over probes that a test plays: what goes into maps and buffers comes out as frames."""

from struct import pack

import pytest

from tests.tool.fake import DISK, KEY, KEYED, SINGLE, STREAM, TABLE, TOOL, VALUE, FakeProbes, bundle, record
from tuibpf.program import Record
from tuibpf.tool.arguments import Arguments
from tuibpf.tool.session import Session


def opened(*outputs, **options):
    made = bundle(*outputs)
    probes = FakeProbes(made)
    return Session(TOOL, made, probes, **options), probes


def test_rows_of_a_stream_come_decoded_and_once():
    session, probes = opened(STREAM)
    probes.buffers["execs"].waiting += [record(0, 7, b"ls\0dirt", b"ls\0-l\0"), record(1, 8, b"cat", b"a\0b\0c\0d\0")]
    (frame,) = session.rows()
    assert (frame.tool, frame.output, frame.shape) == ("fake", "execs", "stream")
    assert [row[1:] for row in frame.rows] == [
        (7, 0, "ls", Arguments((b"ls", b"-l"), False)),
        (8, 0, "cat", Arguments((b"a", b"b", b"c"), True)),
    ]
    assert frame.rows[1][0] - frame.rows[0][0] == 1
    assert session.rows()[0].rows == []


def test_a_record_shorter_than_its_layout_is_left_out():
    session, probes = opened(STREAM)
    probes.buffers["execs"].waiting += [b"short", record(0, 7, b"ls", b"ls\0")]
    assert [row[1] for row in session.rows()[0].rows] == [7]


def test_a_tail_that_claims_more_than_it_has_is_cut():
    session, probes = opened(STREAM)
    probes.buffers["execs"].waiting.append(pack("=QiI16sII", 0, 7, 0, b"ls", 0xFFFFFFFF, 0xFFFFFFFF) + b"a\0")
    assert session.rows()[0].rows[0][4] == Arguments((b"a",), True)


def test_a_table_takes_the_old_epoch_only():
    session, probes = opened(TABLE)
    traffic = probes.maps["traffic"]
    for pid, rx in ((1, 10), (2, 30), (3, 20), (4, 5)):
        traffic.put(0, pack("=i", pid), pack("=16sQ", b"nc", rx))
    traffic.put(1, pack("=i", 9), pack("=16sQ", b"late", 1))
    (frame,) = session.snapshot()
    assert frame.rows == [(2, "nc", 30), (3, "nc", 20), (1, "nc", 10)]
    assert [column.name for column in frame.columns if column.key] == ["pid"]
    (frame,) = session.snapshot()
    assert frame.rows == [(9, "late", 1)]


def test_the_last_rows_are_waited_for(monkeypatch):
    session, probes = opened(STREAM)
    late = record(0, 7, b"ls", b"ls\0")
    monkeypatch.setattr(probes, "advance_epoch", lambda: probes.buffers["execs"].waiting.append(late))
    assert [row[1] for row in session.finish()[0].rows] == [7]
    assert probes.calls == ["attach", "detach"]


def test_what_a_table_or_a_histogram_is_not_to_contain_is_left_out():
    wanted = Record((DISK.fields[0]._replace(contains="vd"),), DISK.size)
    unwanted = Record((VALUE.fields[0]._replace(contains="nc"), VALUE.fields[1]), VALUE.size)
    session, probes = opened(TABLE._replace(value=unwanted), KEYED._replace(key=wanted))
    for pid, name in ((1, b"nc"), (2, b"cat"), (3, b"ncat")):
        probes.maps["traffic"].put(0, pack("=i", pid), pack("=16sQ", name, pid))
    slots = pack("=9Q", 12, 0, 1, 1, 0, 0, 0, 0, 0)
    for key in (b"vda", b"nvme0n1", b"vdb"):
        probes.maps["latency"].put(0, key, slots, slots)
    table, histogram = session.snapshot()
    assert [row[0] for row in table.rows] == [3, 1]
    assert [one.key for one in histogram.distributions] == [("vda",), ("vdb",)]


def test_a_title_of_a_script_does_not_steer_the_terminal():
    hostile = Record((KEY.fields[0]._replace(title="\x1b]0;x\x07"),), KEY.size)
    session, _ = opened(TABLE._replace(key=hostile))
    assert session.columns["traffic"][0].title == "\\x1b]0;x\\x07"


def test_keyed_histograms_are_merged_by_what_their_key_says():
    session, probes = opened(KEYED)
    slots = pack("=9Q", 12, 0, 1, 1, 0, 0, 0, 0, 0)
    for key in (b"vda\0dirt", b"vda", b"nvme0n1"):
        probes.maps["latency"].put(0, key, slots, slots)
    (frame,) = session.snapshot()
    assert [one.key for one in frame.distributions] == [("nvme0n1",), ("vda",)]
    assert frame.distributions[1].sum == 48
    assert [(one.lo, one.hi, one.count) for one in frame.distributions[1].buckets] == [(0, 1, 0), (2, 3, 4), (4, 7, 4)]
    assert frame.unit == "microseconds"


def test_the_only_histogram_shows_what_was_added_since():
    session, probes = opened(SINGLE)
    probes.maps["sizes"].single = pack("=9Q", 3, 1, 1, *[0] * 6) + bytes(72)
    assert session.snapshot()[0].distributions[0].count == 2
    probes.maps["sizes"].single = pack("=9Q", 3, 1, 1, *[0] * 6) + pack("=9Q", 2, 0, 1, *[0] * 6)
    (one,) = session.snapshot()[0].distributions
    assert (one.sum, one.count) == (2, 1)


def test_the_end_detaches_first_and_then_reads_what_is_left():
    session, probes = opened(STREAM, TABLE)
    detach = probes.detach

    def last_row():
        detach()
        probes.buffers["execs"].waiting.append(record(0, 7, b"ls", b"ls\0"))

    probes.detach = last_row
    frames = session.finish()
    assert [len(frame.rows) for frame in frames] == [1, 0]
    session.close()
    session.close()
    assert probes.calls == ["attach", "detach", "close"]


def test_losses_are_told_by_reason_and_stay_known():
    session, probes = opened(STREAM)
    assert session.losses() == {}
    probes.lost["execs: ring buffer full"] = 4
    assert session.rows()[0].losses == {"execs: ring buffer full": 4}
    assert session.rows()[0].lost == 4
    session.close()
    assert session.losses() == {"execs: ring buffer full": 4}


def test_cost_is_told_only_where_it_is_measured():
    assert opened(STREAM)[0].rows()[0].cost.run_ns == 1000
    assert opened(STREAM, measure=False)[0].cost().runs == 0


def test_heads_are_empty_frames_of_every_output():
    heads = opened(STREAM, TABLE, KEYED)[0].heads()
    assert [(head.output, head.shape, head.rows) for head in heads] == [
        ("execs", "stream", []),
        ("traffic", "table", []),
        ("latency", "histogram", []),
    ]


def test_probes_are_closed_when_they_can_not_be_attached():
    made = bundle(STREAM)
    probes = FakeProbes(made, refuse=OSError("no"))
    with pytest.raises(OSError, match="no"):
        Session(TOOL, made, probes)
    assert probes.calls == ["attach", "close"]


def test_attached_ms_counts_from_the_start_of_the_process():
    assert opened(STREAM)[0].attached_ms > 10

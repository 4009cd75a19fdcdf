"""Disks and flags: biolatency's histograms by key, and its filter."""

from __future__ import annotations

import os
import re

import pytest

from tests.tools.blindness import sees_everything
from tests.tools.disks import loop_device
from tests.tools.running import running


@pytest.fixture
def disks(tmp_path):
    with loop_device(tmp_path, 4) as one, loop_device(tmp_path, 4) as other:
        yield one, other


def work(disks):
    """A different number of requests on each disk; returns what the kernel counted for each."""
    before = [disk.quiet() for disk in disks]
    disks[0].read(111)
    disks[1].read(55)
    disks[1].write(44)
    return [disk.quiet().since(then) for disk, then in zip(disks, before, strict=True)]


def by_key(told):
    return {tuple(row["key"].items()): sum(bucket["count"] for bucket in row["buckets"]) for row in told.rows}


@sees_everything
def test_a_histogram_for_each_disk(disks):
    with running("biolatency", "-o", "json", "-D") as told:
        done = work(disks)
    found = by_key(told)
    for disk, statistics in zip(disks, done, strict=True):
        assert found[(("disk", disk.name),)] == statistics.requests
    assert [statistics.requests for statistics in done] == [111, 99]
    # Other disks of the machine may have been at work too; they are there, by name.
    assert {name for ((_, name),) in found} <= set(os.listdir("/sys/block"))
    assert told.summary["rows"] == len(found)
    assert told.summary["lost"] == 0


@sees_everything
def test_a_histogram_for_each_disk_and_its_flags(disks):
    with running("biolatency", "-o", "json", "-D", "-F") as told:
        work(disks)
    ours = {disk.name for disk in disks}
    found = {key: count for key, count in by_key(told).items() if dict(key)["disk"] in ours}
    # Direct I/O waits for its end, which makes it REQ_SYNC; only writes tell that no more is to come (REQ_IDLE).
    read = "Sync-Read" if any("Sync-Read" in dict(key)["flags"] for key in found) else "Read"  # on older kernels
    kinds = ((0, read), (1, read), (1, "Sync-Idle-Write"))
    names = [(("disk", disks[place].name), ("flags", flags)) for place, flags in kinds]
    assert found == dict(zip(names, (111, 55, 44), strict=True))


@sees_everything
def test_only_one_disk(disks):
    for disk, count in zip(disks, (111, 99), strict=True):
        with running("biolatency", "-o", "json", "-d", disk.name) as told:
            work(disks)
        (row,) = told.rows
        assert sum(bucket["count"] for bucket in row["buckets"]) == count


@pytest.mark.parametrize("change", [lambda name: name[:-1], lambda name: name + "1", lambda name: "/dev/" + name])
@sees_everything
def test_a_disk_is_meant_by_its_whole_name(disks, change):
    name = change(disks[0].name)
    if os.path.exists(f"/sys/block/{name}"):
        name += "x"
    with running("biolatency", "-o", "json", "-d", name) as told:
        work(disks)
    assert all(not bucket["count"] for row in told.rows for bucket in row["buckets"])


@sees_everything
def test_a_histogram_for_people(disks):
    with running("biolatency", "-D", "-m") as told:
        work(disks)
    text = told.out.decode()
    for disk, count in zip(disks, (111, 99), strict=True):
        part = text[text.index(f"disk = {disk.name}\n") :].partition("\n\n")[0]
        title, *lines = part.splitlines()[1:]
        assert title.split() == ["msecs", ":", "count", "distribution"]
        assert sum(int(re.split(r"[:|]", line)[1]) for line in lines) == count
    assert "\x1b" not in text

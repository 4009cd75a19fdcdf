"""Results of earlier launches on disk: believed when all is right, as good as none when anything is wrong."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuibpf.kernel.trusted_files import CACHE_VARIABLE
from tuibpf.tool.launch_files import fetch, keep

KEY = b"what it depends on"
CONTENT = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(cache: Path) -> Path:
    """The file of an entry that was kept."""
    keep(KEY, CONTENT)
    (path,) = (cache / "launches").iterdir()
    return path


def test_what_was_kept_is_there_and_nothing_else(kept: Path) -> None:
    assert fetch(KEY) == CONTENT
    assert fetch(KEY + b"\0") is None
    assert fetch(b"") is None
    keep(KEY, b"")
    assert fetch(KEY) == b""


def test_nobody_else_can_read_it_or_what_it_is_called(cache: Path) -> None:
    before = os.umask(0)
    try:
        keep(KEY, CONTENT)
    finally:
        os.umask(before)
    (path,) = (cache / "launches").iterdir()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, cache)] == [0o600, 0o700, 0o755]


def test_two_keys_of_one_digest_are_told_apart(kept: Path) -> None:
    same = KEY + bytes(20)  # a number does not change by zeros in front of it
    assert fetch(same) is None
    keep(same, b"other")
    assert (fetch(same), fetch(KEY)) == (b"other", None)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def touched(path: Path) -> None:
    os.utime(path)


def writable_by_all(path: Path) -> None:
    path.chmod(0o666)


def folder_writable_by_all(path: Path) -> None:
    path.parent.chmod(0o777)


def place_writable_by_group(path: Path) -> None:
    path.parent.parent.chmod(0o775)


def a_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def folder_a_link(path: Path) -> None:
    path.parent.rename(path.parent.parent / "elsewhere")
    path.parent.symlink_to(path.parent.parent / "elsewhere")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def somebody_elses(path: Path) -> None:
    if os.geteuid():
        pytest.skip(reason="this user is not root, so it can give no file to another user")
    os.chown(path, 12345, 12345, follow_symlinks=False)


def folder_of_somebody_else(path: Path) -> None:
    somebody_elses(path.parent)


def place_of_somebody_else(path: Path) -> None:
    somebody_elses(path.parent.parent)


IN_THE_FILE = [emptied, lengthened, touched, writable_by_all, a_link, a_pipe, somebody_elses]
AROUND_IT = [
    folder_writable_by_all, place_writable_by_group, folder_a_link, a_folder, folder_of_somebody_else,
    place_of_somebody_else,
]  # fmt: skip


@pytest.mark.parametrize("damage", [*IN_THE_FILE, *AROUND_IT])
def test_damage_is_as_good_as_none(damage: Callable[[Path], Any], kept: Path) -> None:
    damage(kept)
    assert fetch(KEY) is None
    keep(KEY, b"anew")
    assert fetch(KEY) == (b"anew" if damage in IN_THE_FILE else None)


def test_damage_that_kept_the_time_of_the_file_is_noticed(kept: Path) -> None:
    """Whatever a bad disk or a power failure does: bits that flip, pages that are missing or zero."""
    status, whole = kept.stat(), kept.read_bytes()
    chance = random.Random(7)
    for _ in range(1500):
        damaged = bytearray(whole)
        kind, at = chance.randrange(4), chance.randrange(len(whole))
        if kind == 0:
            del damaged[at:]
        elif kind == 1:
            damaged[at:] = bytes(len(whole) - at)
        elif kind == 2:
            damaged[at] = chance.randrange(256)
        else:
            damaged[at] ^= 1 << chance.randrange(8)
        kept.write_bytes(damaged)
        os.utime(kept, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert fetch(KEY) == (CONTENT if damaged == whole else None)


def test_a_bad_disk_is_as_good_as_none(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", bad)
    assert fetch(KEY) is None


def test_the_oldest_go(cache: Path) -> None:
    for number in range(300):
        keep(b"%d" % number, b"")
    (cache / "launches" / ".unfinished.1").write_bytes(b"")
    for number in range(300, 600):
        keep(b"%d" % number, b"")
    assert len(list((cache / "launches").iterdir())) == 256
    assert not (cache / "launches" / ".unfinished.1").exists()
    assert fetch(b"599") == b""
    assert fetch(b"300") is None


def test_what_is_too_large_is_not_kept(cache: Path) -> None:
    keep(KEY, bytes(1 << 17))
    assert not cache.exists()


def test_without_a_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in ("", "/proc/self/none", str(tmp_path / "file"), str(tmp_path / "file" / "deeper"), "/dev/null"):
        monkeypatch.setenv(CACHE_VARIABLE, folder)
        keep(KEY, CONTENT)
        assert fetch(KEY) is None


def test_a_full_disk_leaves_nothing_behind(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    keep(KEY, CONTENT)
    assert list((cache / "launches").iterdir()) == []


def test_an_ordinary_user_has_a_cache_of_his_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Root's is out of reach for him, and root never believes his."""
    system, own = tmp_path / "system", tmp_path / "own"
    monkeypatch.setattr("tuibpf.tool.launch_files.cache_folders", lambda: (str(system), str(own)))
    system.mkdir(mode=0o777)
    system.chmod(0o777)
    keep(KEY, CONTENT)
    assert fetch(KEY) == CONTENT
    assert [path.name for path in tmp_path.rglob("launches")] == ["launches"]
    assert (own / "launches").is_dir()

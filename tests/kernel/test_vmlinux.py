"""The private copy of the kernel's types: used when it is right, replaced when anything about it is wrong."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from tuibpf.btf import Btf, Index, Kind
from tuibpf.diagnostics import NotSupported
from tuibpf.kernel import identity, trusted_files, vmlinux

STRINGS = b"\0int\0comm\0"


def tiny(name: int = 1) -> bytes:
    """BTF with one type, an int, called by the string at *name*. Layout: include/uapi/linux/btf.h."""
    types = pack("=4I", name, Kind.INT << 24, 4, 1 << 24 | 32)
    return pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(STRINGS)) + types + STRINGS


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    path = tmp_path / "vmlinux"
    path.write_bytes(tiny())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An entry for each time that an index is built, which is what the copy is to spare."""
    times: list[int] = []
    build = Index.build

    def counted(data: bytes | memoryview) -> Index:
        times.append(len(data))
        return build(data)

    monkeypatch.setattr(Index, "build", counted)
    return times


def names(btf: Btf) -> list[str]:
    return list(btf.names(Kind.INT))


def copy_of(folder: Path) -> Path:
    (only,) = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return only


def load(kernel: Path, folder: Path) -> Btf:
    return vmlinux.load_btf(str(kernel), (str(folder),))


def test_the_second_launch_builds_nothing(kernel: Path, folder: Path, built: list[int]) -> None:
    first, second = load(kernel, folder), load(kernel, folder)
    assert names(first) == names(second) == ["int"]
    assert len(built) == 1
    assert [path.name for path in folder.iterdir()] == [copy_of(folder).name]


def test_what_is_written_is_open_to_readers_only(kernel: Path, folder: Path) -> None:
    before = os.umask(0)
    try:
        load(kernel, folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(copy_of(folder).stat().st_mode) == 0o644
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_another_kernel_is_not_taken_for_this_one(kernel: Path, folder: Path, built: list[int]) -> None:
    load(kernel, folder)
    kernel.write_bytes(tiny() + b"\0")  # one byte more: another kernel of the same release
    load(kernel, folder)
    assert len(built) == 2


def test_the_build_id_tells_two_kernels_of_one_release_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setattr(identity, "_NOTES", str(notes))
    without = identity.identity(1)
    other = pack("=3I", 4, 8, 7) + b"Xen\0" + b"address1"  # a note that may change with each boot
    notes.write_bytes(other + pack("=3I", 4, 3, 3) + b"GNU\0" + b"abc\0")
    first = identity.identity(1)
    notes.write_bytes(other.replace(b"1", b"2") + pack("=3I", 4, 3, 3) + b"GNU\0" + b"abc\0")
    assert identity.identity(1) == first
    notes.write_bytes(other + pack("=3I", 4, 3, 3) + b"GNU\0" + b"abd\0")
    assert len({without, first, identity.identity(1)}) == 3
    notes.write_bytes(b"\xff" * 20)
    assert identity.identity(1) == without


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def touched(path: Path) -> None:
    os.utime(path)


def one_byte_changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def writable_by_all(path: Path) -> None:
    path.chmod(0o666)


def folder_writable_by_all(path: Path) -> None:
    path.parent.chmod(0o777)


def a_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


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


@pytest.mark.parametrize(
    "damage",
    [
        truncated, emptied, zeroed, lengthened, touched, one_byte_changed, writable_by_all, folder_writable_by_all,
        a_link, a_folder, a_pipe, somebody_elses, folder_of_somebody_else,
    ],
)  # fmt: skip
def test_damage_is_survived(damage: Callable[[Path], Any], kernel: Path, folder: Path, built: list[int]) -> None:
    load(kernel, folder)
    damage(copy_of(folder))
    assert names(load(kernel, folder)) == ["int"]
    assert len(built) == 2
    if damage not in (folder_writable_by_all, folder_of_somebody_else, a_folder):
        assert names(load(kernel, folder)) == ["int"]
        assert len(built) == 2, "it was written anew"


def test_damage_that_kept_the_time_of_the_file_is_survived(kernel: Path, folder: Path) -> None:
    """Whatever stands in the header and the identity. The rest is believed as far as the reader of BTF bears it out."""
    load(kernel, folder)
    path = copy_of(folder)
    status, whole = path.stat(), path.read_bytes()
    sealed = (status.st_atime_ns, status.st_mtime_ns)
    source = random.Random(5)
    checked = whole.index(tiny())
    for _ in range(300):
        damaged = bytearray(whole)
        if source.random() < 0.3:
            del damaged[source.randrange(len(whole)) :]
        else:
            damaged[source.randrange(checked)] ^= 1 << source.randrange(8)
        path.write_bytes(damaged)
        os.utime(path, ns=sealed)
        assert names(load(kernel, folder)) == ["int"]


def test_a_cache_that_can_not_be_written_is_done_without(kernel: Path, tmp_path: Path, built: list[int]) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper", Path("/proc/self/none"), Path("/dev/null")):
        assert names(load(kernel, folder)) == ["int"]
    assert names(vmlinux.load_btf(str(kernel), ())) == ["int"]
    assert len(built) == 5


def test_the_first_folder_that_takes_it(kernel: Path, tmp_path: Path, built: list[int]) -> None:
    folders = "/proc/self/none", str(tmp_path / "good")
    vmlinux.load_btf(str(kernel), folders)
    vmlinux.load_btf(str(kernel), folders)
    assert len(built) == 1


def test_a_full_disk_leaves_nothing_half_written(kernel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert names(load(kernel, folder)) == ["int"]
    assert list(folder.iterdir()) == []


def test_copies_of_old_kernels_go(kernel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = os.uname()
    for number in range(8):
        changed = os.uname_result((system[0], system[1], f"6.{number}.0/../x", *system[3:]))
        monkeypatch.setattr(os, "uname", lambda changed=changed: changed)
        load(kernel, folder)
    assert len(list(folder.iterdir())) == 4
    assert all("/" not in path.name for path in folder.iterdir())


def test_a_kernel_without_types(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="CONFIG_DEBUG_INFO_BTF") as refusal:
        vmlinux.load_btf(str(tmp_path / "none"), ())
    assert refusal.value.remedy
    (tmp_path / "text").write_text("not BTF at all, but long enough for a header")
    with pytest.raises(NotSupported, match="can not be understood"):
        vmlinux.load_btf(str(tmp_path / "text"), ())


def test_which_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(trusted_files.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert trusted_files.cache_folders() == ("/var/cache/tuibpf", "/run/tuibpf")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/me/fast")
    assert trusted_files.cache_folders()[-1] == "/home/me/fast/tuibpf"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert trusted_files.cache_folders()[-1] == "/home/me/.cache/tuibpf"
    monkeypatch.setenv(trusted_files.CACHE_VARIABLE, "/tmp/mine")
    assert trusted_files.cache_folders() == ("/tmp/mine",)
    monkeypatch.setenv(trusted_files.CACHE_VARIABLE, "")
    assert trusted_files.cache_folders() == ()


@pytest.mark.usefixtures("kernel_types")
def test_the_running_kernel(folder: Path, built: list[int]) -> None:
    first = vmlinux.load_btf(folders=(str(folder),))
    second = vmlinux.load_btf(folders=(str(folder),))
    assert len(built) == 1
    task = first.find("task_struct", Kind.STRUCT)
    assert task is not None
    assert second.find("task_struct", Kind.STRUCT) == task
    assert second.type(task) == first.type(task)
    assert len(first) == len(second) > 1000

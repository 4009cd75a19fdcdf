"""How values look, and that none can steer a terminal."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuibpf.lang import types
from tuibpf.tool.column import Column
from tuibpf.tool.decode import text_of
from tuibpf.tool.display import block_flags, bytes_text, display_of, duration_text

OPERATIONS = {0: "REQ_OP_READ", 1: "REQ_OP_WRITE", 1 << 8: "__REQ_FAILFAST_DEV", 1 << 11: "REQ_SYNC"}


def shown(display, value, names=None):
    return Column("x", "X", display, names=names or {}).text(value)


@pytest.mark.parametrize(
    ("display", "value", "text"),
    [
        ("pid", 7, "7"),
        ("errno", -2, "-2"),
        ("u64", 1 << 63, "9223372036854775808"),
        ("kibibytes", 1536, "1.5"),
        ("bytes", 1536, "1.50K"),
        ("elapsed", 1_500_000_000, "1.500"),
        ("address", bytes(10) + b"\xff\xff\x7f\0\0\1", "127.0.0.1"),
        ("address", bytes(15) + b"\1", "::1"),
        ("device", 254 << 20 | 1, "254:1"),
        ("signal", 9, "SIGKILL"),
        ("signal", 77, "77"),
        ("error", 2, "ENOENT"),
        ("error", 0, "0"),
        ("error", 4000, "4000"),
        ("mode", 0o640, "0640"),
        ("mode", -1, "?"),
        ("openflags", os.O_RDONLY, "O_RDONLY"),
        ("openflags", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, "O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC"),
        ("openflags", os.O_WRONLY | os.O_SYNC, "O_WRONLY|O_SYNC"),
        ("openflags", os.O_WRONLY | os.O_TMPFILE, "O_WRONLY|O_TMPFILE"),
        ("openflags", os.O_DIRECTORY | 1 << 30, "O_RDONLY|O_DIRECTORY|0o10000000000"),
        ("openflags", -1, "?"),
        ("syscall", 424, "pidfd_send_signal"),
        ("syscall", 99999, "99999"),
        ("pointer", 0xFFFF888000000000, "0xffff888000000000"),
        ("boolean", 0, "no"),
        ("block_flags", 1 | 1 << 11, "Sync-Write"),
    ],
)
def test_text(display, value, text):
    assert shown(display, value, OPERATIONS) == text


def test_an_enumeration_shows_its_names_and_numbers_without_one():
    assert shown("enumeration", 1, {1: "TCP_ESTABLISHED"}) == "TCP_ESTABLISHED"
    assert shown("enumeration", 2, {1: "TCP_ESTABLISHED"}) == "2"


def test_what_is_not_known_is_null_for_machines():
    assert display_of("openflags").json(-1, {}, False) is None
    assert display_of("mode").json(-1, {}, False) is None
    assert display_of("mode").json(0o640, {}, False) == 0o640


def test_flags_without_a_name_are_told_as_bits():
    assert block_flags(1 << 30 | 99, OPERATIONS) == "0x40000000-Op99"


@given(st.binary(max_size=64), st.sampled_from(["comm", "disk", "path", "text"]))
def test_strings_of_the_kernel_hold_no_control_characters(raw, display):
    value = text_of(raw)
    assert shown(display, value).isprintable()
    value.encode("utf-8")  # and can always be written


@given(st.integers(0, (1 << 64) - 1))
def test_every_number_fits_the_column_that_is_set_aside(value):
    for display in ("bytes", "nanoseconds", "microseconds", "milliseconds"):
        text = shown(display, value)
        assert text.isprintable()
        if value < 10**8:
            assert len(text) <= display_of(display).width


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1023, "1023"), (1024, "1.00K"), (1 << 40, "1.00T")])
def test_bytes(value, text):
    assert bytes_text(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "nanoseconds", "0ns"),
        (1500, "nanoseconds", "1.50us"),
        (999_999, "nanoseconds", "1.00ms"),
        (7, "milliseconds", "7ms"),
    ],
)
def test_durations(value, unit, text):
    assert duration_text(value, unit) == text


def test_every_display_type_of_the_language_has_its_own_look():
    plain = {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"}
    names = {"block_flags" if name == "BlockFlags" else name.lower() for name in types.__all__ if name not in plain}
    assert [name for name in sorted(names) if display_of(name) is display_of("integer")] == []

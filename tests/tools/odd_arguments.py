"""Two hundred argument vectors that have broken tracers before."""

from __future__ import annotations

from random import Random

_BOUND = 20 * 128  # bytes that execsnoop has room for, NULs included


def odd_vectors() -> list[list[bytes]]:
    """200 vectors, the same ones every time."""
    found = [
        [b"true"],
        [b""],
        [b"", b""],
        [b"true", b""],
        [b"true", b"", b"", b"a", b""],
        [b"", b"not", b"the", b"name"],
        [b"true", b" ", b"  leading", b"trailing  ", b"in the middle"],
        [b"true", b"\n", b"two\nlines", b"\ttab", b"\r", b"\x0b\x0c"],
        [b"true", "grüße".encode(), "日本語".encode(), "🐝".encode(), "e\u0301".encode(), "\u202egnp".encode()],
        [b"true", b"\xff", b"\xfe\xff", b"\xc3", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80\x9b31m"],
        [b"true", b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"\x1bc", b"\x7f", b"\x08\x08"],
        [b"true", b"'", b'"', b"it's", b"$HOME", b"`id`", b"$(id)", b"\\", b"\\n", b"\\xff", b"$'\\x41'", b"*", b"!"],
        [b"true", b"-rf", b"--", b"-", b"--help=\0".rstrip(b"\0"), b";", b"|", b"&&", b">file", b"#", b"~"],
        [b"x" * 15, b"y" * 16, b"z" * 17],
        [b"a" * 127, b"b" * 128, b"c" * 129],
    ]
    found += [[b"true", bytes([value]), b"in" + bytes([value]) + b"side"] for value in (*range(1, 32), 127)]
    # As many as are shown, one fewer, one more, and far more: empty, short, long.
    for count in (18, 19, 20, 21, 22, 40, 300):
        found += [[b"true", *[size * b"q"] * (count - 1)] for size in (0, 1, 7, 100, 127, 128)]
    # A total at the bound, one byte around it, and an argument that ends right there.
    for size in (_BOUND - 1, _BOUND, _BOUND + 1, _BOUND + 2, 2 * _BOUND, 100_000):
        found += [[b"l" * (size - 1)], [b"true", b"l" * (size - 6)]]
        found += [[b"l" * (size - 2), b""], [b"l" * (size - 1), b"z"]]
    found.append([b"u" * (_BOUND - 2) + "ü".encode()])  # the bound cuts a character in two
    random = Random(2)
    while len(found) < 200:
        sizes = [random.choice((0, 1, 2, 5, 16, 64, 200, 700)) for _ in range(random.randrange(1, 24))]
        found.append([bytes(random.randrange(1, 256) for _ in range(size)) for size in sizes])
    assert len(found) == 200
    return found

"""Clocks: the kernel's against the wall's, and the start of a process."""

import subprocess
import sys
import time

from tuibpf.tool.clock import Clock


def test_a_monotonic_time_becomes_the_time_of_day():
    clock = Clock()
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    assert abs(now + clock.wall_offset_ns - time.time_ns()) < 1_000_000_000
    assert clock.wall_offset_ns == clock.wall_offset_ns


def test_the_start_of_a_process_lies_between_its_making_and_its_first_line():
    code = (
        "import time; line = time.clock_gettime_ns(time.CLOCK_MONOTONIC)\n"
        "from tuibpf.tool.clock import process_start_ns\nprint(process_start_ns(), line)"
    )
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    started, first_line = map(int, out.split())
    tick_ns = 10_000_000
    assert before - tick_ns <= started <= first_line

"""Memory that is freed and asked for again does not come from the system a second time."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.support.containers import without

_PROGRAM = """
import resource
from tracker.io.process_environment import prepare_process
prepare_process()
def step():
    blocks = [bytearray(24 * 2**20) for _ in range(3)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
_PAGES = 3 * 24 * 2**20 // 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library manages memory its own way")
@pytest.mark.parametrize(
    ("given", "kept"), [({}, True), ({"MALLOC_TRIM_THRESHOLD_": "100000"}, False)], ids=["ours", "a user's"]
)
def test_a_step_finds_the_memory_of_the_one_before_unless_a_user_says_otherwise(
    given: dict[str, str], kept: bool
) -> None:
    environment = without("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES") | given
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert (int(answer.stdout) < _PAGES / 10) is kept

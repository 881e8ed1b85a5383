"""Locks exclude, are waited for or not as asked, and end with their holder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tracker.io.locks import exclusive, exclusive_if_free, lock_open_file


def test_a_lock_that_is_held_is_not_waited_for_where_that_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive(path), exclusive_if_free(path) as ours:
        assert not ours
    with exclusive_if_free(path) as ours:
        assert ours


def test_a_lock_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import sys\nfrom pathlib import Path\nfrom tracker.io.locks import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with exclusive_if_free(path) as ours:
            assert not ours
        holder.kill()
        holder.wait()
    with exclusive_if_free(path) as ours:
        assert ours


def test_two_descriptors_of_one_file_exclude_each_other_until_one_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    first, second = (os.open(tmp_path / "file", os.O_RDONLY) for _ in range(2))
    assert lock_open_file(first)
    assert not lock_open_file(second, patience_s=0.05)
    os.close(first)
    assert lock_open_file(second)
    os.close(second)

"""Locks exclude, are waited for or not as asked, and end with their holder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.containers import started
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


def test_a_lock_of_another_container_is_held_while_it_lives_and_free_when_it_is_killed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom tracker.io.locks import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n    print(os.getpid(), flush=True)\n    sys.stdin.read()\n"
    )
    held = [sys.executable, "-c", program, str(path)]
    with started(held, host="one", stdin=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "1\n", "both have the same number"
        with started(held, host="two", stdin=subprocess.PIPE) as second:
            with exclusive_if_free(path) as ours:
                assert not ours
            first.kill()
            assert second.communicate(timeout=30)[0] == "1\n"
    assert path.read_bytes() == b"", "neither a host's name nor a number is in it"


def test_two_descriptors_of_one_file_exclude_each_other_until_one_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    first, second = (os.open(tmp_path / "file", os.O_RDONLY) for _ in range(2))
    assert lock_open_file(first)
    assert not lock_open_file(second, patience_s=0.05)
    os.close(first)
    assert lock_open_file(second)
    os.close(second)

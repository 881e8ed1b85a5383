from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.disks import full_disk
from tracker.errors import TrackingError
from tracker.tracking.journal.entries import Metrics
from tracker.tracking.journal.log import Journal, has_writer, read_first, read_journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "journal.jsonl"


def epoch(step: int) -> Metrics:
    return Metrics(values={"train/loss": 1 / step}, step=step, time=1000 + step)


def write(path: Path, *steps: int) -> None:
    with Journal(path) as journal:
        for step in steps:
            journal.write(epoch(step))


def steps(path: Path, offset: int = 0) -> list[int]:
    return [line.entry.step for line in read_journal(path, offset)[0] if isinstance(line.entry, Metrics)]


def test_what_was_written_is_read_back_from_any_offset(path: Path) -> None:
    write(path, 1, 2)
    _, offset = read_journal(path)
    write(path, 3)
    assert steps(path) == [1, 2, 3]
    assert steps(path, offset) == [3]
    assert read_first(path) == epoch(1)


def test_a_journal_that_is_not_there_is_empty(path: Path) -> None:
    assert read_journal(path) == ([], 0)


def test_cut_at_any_byte_of_its_last_line_the_line_is_not_there_and_writing_goes_on(path: Path) -> None:
    write(path, 1, 2)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(first, len(whole)):
        path.write_bytes(whole[:size])
        assert steps(path) == [1]
        write(path, 7)
        assert steps(path) == [1, 7]


def test_a_last_line_that_a_power_cut_left_wrong_is_not_there(path: Path) -> None:
    write(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-20] + bytes(19) + b"\n")
    assert steps(path) == [1]


def test_a_damaged_line_in_the_middle_is_named(path: Path) -> None:
    write(path, 1, 2, 3)
    content = bytearray(path.read_bytes())
    offset = content.index(b"\n") + 1
    content[offset + 12] ^= 1
    path.write_bytes(content)
    with pytest.raises(TrackingError, match=f"the line at byte {offset} of .*journal.jsonl"):
        read_journal(path)
    with pytest.raises(TrackingError, match="checksum"):
        Journal(path)
    assert path.read_bytes() == content


def test_one_process_at_a_time_writes(path: Path) -> None:
    with Journal(path):
        assert has_writer(path)
        with pytest.raises(TrackingError, match="another one holds"):
            Journal(path)
    assert not has_writer(path)
    write(path, 1)


def test_a_full_disk_leaves_the_journal_whole(path: Path) -> None:
    with Journal(path) as journal:
        journal.write(epoch(1))
        with full_disk(path.stat().st_size + 10), pytest.raises(OSError, match="No space left"):
            journal.write(epoch(2))
        journal.write(epoch(3))
    assert steps(path) == [1, 3]


def test_a_killed_writer_leaves_whole_lines_and_no_lock(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tracker.tracking.journal.log import Journal\n"
        "from tracker.tracking.journal.entries import Metrics\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for step in range(1, 10**9):\n"
        "    journal.write(Metrics(values={'loss': 1.0}, step=step, time=step))\n"
        "    step == 50 and print('go', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert not has_writer(path)
    found = steps(path)
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= 50


def test_only_the_user_can_read_a_journal(path: Path) -> None:
    write(path, 1)
    assert path.stat().st_mode & 0o077 == 0

"""What a full disk does not take waits in memory, in order, and is written when there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.disks import full_disk
from tracker.errors import TrackingError
from tracker.tracking.journal import buffer as module
from tracker.tracking.journal.buffer import Buffer
from tracker.tracking.journal.entries import Artifact, Metrics
from tracker.tracking.journal.log import Journal, read_journal


def epoch(step: int) -> Metrics:
    return Metrics(values={"train/loss": 0.5}, step=step, time=step)


def steps(path: Path) -> list[int]:
    return [line.entry.step for line in read_journal(path)[0] if isinstance(line.entry, Metrics)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "journal.jsonl"


def test_entries_wait_in_order_until_there_is_room(path: Path) -> None:
    buffer = Buffer(Journal(path))
    buffer.write(epoch(1))
    assert buffer.problem == ""
    with full_disk(path.stat().st_size + 10):
        for step in (2, 3):
            buffer.write(epoch(step))
        assert len(buffer) == 2
        assert f"No space left on device: {path}" in buffer.problem
        assert not buffer.close()
    assert steps(path) == [1]
    buffer.write(epoch(4))
    assert buffer.problem == ""
    assert buffer.close()
    assert steps(path) == [1, 2, 3, 4]


def test_a_file_is_there_before_its_entry(path: Path) -> None:
    buffer, file = Buffer(Journal(path)), path.parent / "artifacts" / "predictions.csv"
    entry = Artifact(file="artifacts/predictions.csv", folder="", sha256="0")
    with full_disk(1000):
        buffer.write(entry, files={file: b"x" * 2000})
        assert "File too large" in buffer.problem
        buffer.write(epoch(1))
        assert read_journal(path)[0] == [], "an entry must not overtake the one before it"
        assert not list(path.parent.rglob("*.tmp")), "half a file takes the room of something else"
    assert buffer.close()
    assert file.read_bytes() == b"x" * 2000
    assert [line.entry for line in read_journal(path)[0]] == [entry, epoch(1)]


def test_memory_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 2**20)
    buffer = Buffer(Journal(path))
    file = {path.parent / "large": bytes(600_000)}
    with full_disk(10):
        buffer.write(epoch(1), files=file)
        with pytest.raises(TrackingError, match=r"at most 1 MB must wait.*Make room"):
            buffer.write(epoch(2), files=file)

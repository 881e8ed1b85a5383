"""A checkpoint is written while training goes on, from a copy that training does not touch."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support.clocks import Clock
from tests.support.disks import full_disk
from tracker.training.checkpoint_writer import CheckpointWriter, copied
from tracker.training.checkpoints import Checkpoints


class Slow(Checkpoints):
    """Writes only when it is allowed to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.allowed = threading.Event()

    def save(self, state: Mapping[str, object], **progress: Any) -> None:
        assert self.allowed.wait(20)
        super().save(state, **progress)


def test_what_changes_after_saving_is_not_in_the_checkpoint(tmp_path: Path) -> None:
    checkpoints = Slow(tmp_path / "c")
    writer = CheckpointWriter(checkpoints)
    weights, sums = torch.zeros(1000), [torch.tensor(1.0)]
    writer.save({"weights": weights, "sums": sums, "nested": {"list": [weights]}}, epochs=1, batches=0)
    weights += 1
    sums[0] += 1
    checkpoints.allowed.set()
    writer.wait()
    latest = checkpoints.latest()
    assert latest is not None
    assert latest["weights"].sum() == 0
    assert latest["nested"]["list"][0].sum() == 0
    assert latest["sums"][0] == 1
    writer.close()


def test_each_one_is_on_disk_before_the_next_is_taken(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c")
    writer = CheckpointWriter(checkpoints)
    for epoch in range(1, 6):
        writer.save({"weights": torch.full((100_000,), float(epoch))}, epochs=epoch, batches=0)
        names = [file.name for file in checkpoints.folder.glob("*.ckpt")] if epoch > 1 else []
        assert epoch == 1 or any(name.startswith(f"{epoch - 1:06}.") for name in names)
    writer.close()
    latest = checkpoints.latest()
    assert latest is not None
    assert latest["weights"].unique().tolist() == [5.0]


def test_a_full_disk_is_told_with_the_next_one(tmp_path: Path) -> None:
    writer = CheckpointWriter(Checkpoints(tmp_path / "c"))
    with full_disk(100):
        writer.save({"weights": torch.zeros(1000)}, epochs=1, batches=0)
        with pytest.raises(OSError, match="File too large"):
            writer.wait()
    writer.save({"weights": torch.ones(1000)}, epochs=2, batches=0)
    writer.close()
    latest = Checkpoints(tmp_path / "c").latest()
    assert latest is not None
    assert latest["weights"].sum() == 1000


def test_what_one_costs_is_known_when_it_is_written(tmp_path: Path) -> None:
    checkpoints, clock = Slow(tmp_path / "c"), Clock(100)
    writer = CheckpointWriter(checkpoints, clock)
    assert (writer.cost, writer.writes) == (0, False)
    writer.save({"weights": torch.zeros(1000)}, epochs=1, batches=0)
    clock.seconds += 3
    assert (writer.cost, writer.writes) == (0, True)
    clock.seconds += 4
    checkpoints.allowed.set()
    writer.close()
    clock.seconds += 50
    assert (writer.cost, writer.writes) == (7, False)


def test_one_that_nobody_needs_any_more_is_given_up_and_the_one_before_stays(tmp_path: Path) -> None:
    checkpoints = Slow(tmp_path / "c")
    Checkpoints(checkpoints.folder).save({"weights": torch.ones(10)}, epochs=1, batches=0)
    before = list(checkpoints.folder.iterdir())
    writer = CheckpointWriter(checkpoints)
    writer.save({"weights": torch.zeros(1000)}, epochs=2, batches=0)
    writer.give_up()
    checkpoints.allowed.set()
    writer.wait()
    writer.close()
    assert list(checkpoints.folder.iterdir()) == before


def test_an_older_copy_gives_its_memory() -> None:
    first = copied({"a": torch.zeros(10), "b": [torch.ones(2)], "c": 1})
    second = copied({"a": torch.ones(10), "b": [torch.zeros(2), torch.zeros(2)], "c": 2}, first)
    assert second["a"].data_ptr() == first["a"].data_ptr()
    assert second["a"].sum() == 10
    assert [item.tolist() for item in second["b"]] == [[0, 0], [0, 0]]
    assert second["c"] == 2

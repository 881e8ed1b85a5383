"""A checkpoint is there whole or not at all, and a damaged one gives way to the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.support.disks import full_disk
from tracker.training.checkpoints import Checkpoints, GivenUp


def state(number: int) -> dict[str, object]:
    return {"number": number, "weights": torch.full((1000,), float(number)), "list": [1, {"a": 0.1}]}


def saved(folder: Path, count: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    for epoch in range(1, count + 1):
        checkpoints.save(state(epoch), epochs=epoch, batches=0)
    return checkpoints


def files(checkpoints: Checkpoints) -> list[Path]:
    return sorted(checkpoints.folder.iterdir())


def test_the_newest_state_comes_back_exactly(tmp_path: Path) -> None:
    latest = saved(tmp_path / "c", 3).latest()
    assert latest is not None
    assert torch.equal(latest.pop("weights"), torch.full((1000,), 3.0))
    assert latest == {"number": 3, "list": [1, {"a": 0.1}]}


def test_without_checkpoints_there_is_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").latest() is None
    Checkpoints(tmp_path / "none").clear()


def test_the_last_two_are_kept_and_nothing_that_a_killed_process_left(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", 1)
    (checkpoints.folder / "000002.000000-0123.ckpt.ab12.tmp").write_bytes(b"half")
    checkpoints = saved(tmp_path / "c", 4)
    assert [file.name[:13] for file in files(checkpoints)] == ["000003.000000", "000004.000000"]
    assert all(file.suffix == ".ckpt" for file in files(checkpoints))


def test_the_middle_of_an_epoch_is_newer_than_its_start_and_older_than_its_end(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c")
    for epochs, batches in ((9, 0), (9, 11), (10, 0)):
        checkpoints.save(state(100 * epochs + batches), epochs=epochs, batches=batches)
        latest = checkpoints.latest()
        assert latest is not None
        assert latest["number"] == 100 * epochs + batches


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    checkpoints = saved(tmp_path / "c", 2)
    newest = files(checkpoints)[-1]
    content = bytearray(newest.read_bytes())
    if damage == "changed":
        content[len(content) // 2] ^= 1
    newest.write_bytes({"cut": content[:-1], "changed": content, "emptied": b""}[damage])
    latest = checkpoints.latest()
    assert latest is not None
    assert latest["number"] == 1
    files(checkpoints)[0].write_bytes(b"damaged as well")
    assert checkpoints.latest() is None


def test_a_full_disk_leaves_the_older_ones(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", 2)
    before = files(checkpoints)
    with full_disk(1000), pytest.raises(OSError, match="File too large"):
        checkpoints.save(state(3), epochs=3, batches=0)
    assert files(checkpoints) == before


def test_one_that_nobody_needs_is_given_up_in_the_middle_and_the_older_ones_stay(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", 2)
    before = files(checkpoints)
    sizes: list[int] = []

    def given_up() -> bool:
        sizes.extend(file.stat().st_size for file in checkpoints.folder.glob("*.tmp"))
        return sizes[-1] > 2**24

    with pytest.raises(GivenUp):
        checkpoints.save({"weights": torch.zeros(2**24)}, epochs=3, batches=0, given_up=given_up)
    assert sizes[-1] < 2**26
    assert files(checkpoints) == before


def test_those_that_were_passed_over_make_way(tmp_path: Path) -> None:
    """They are damaged, or ahead of their journal, and training goes on from the one before them."""
    checkpoints = saved(tmp_path / "c", 4)
    files(checkpoints)[-1].write_bytes(b"damaged")
    checkpoints.save(state(10), epochs=3, batches=1)
    checkpoints.save(state(11), epochs=3, batches=2)
    assert [file.name[:13] for file in files(checkpoints)] == ["000003.000001", "000003.000002"]
    latest = checkpoints.latest()
    assert latest is not None
    assert latest["number"] == 11


def test_all_can_be_removed(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", 2)
    checkpoints.clear()
    assert not checkpoints.folder.exists()

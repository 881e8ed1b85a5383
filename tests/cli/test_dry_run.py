"""A dry run refuses what the run refuses, in the same words, and leaves nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torchvision

from tests.support.command import Outcome, small_run
from tracker.io.atomic import write_whole

Tracker = Callable[..., Outcome]

MINI = ("--model", "mini-resnet")


def _of_another_network(path: Path) -> None:
    torch.save(torchvision.models.shufflenet_v2_x0_5(weights=None).state_dict(), path)


def _no_weights(path: Path) -> None:
    path.write_text("Not found")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((*MINI, "--batch-size", "1", "--image-size", "32"), "--batch-size 1 leaves mini-resnet in mode"),
        ((*MINI, "--weights", "gone.pth"), "there is no file gone.pth"),
        ((*MINI, "--weights", "other.pth"), "other.pth does not"),
        ((*MINI, "--weights", "text.pth"), "text.pth is text"),
        (("--model", "squeezenet1_1", "--weights", "bundled"), "squeezenet1_1 brings none"),
        ((*MINI, "--weights", "imagenet"), "mini-resnet is none, and was never trained on ImageNet"),
        ((*MINI, "--tuned"), "2 of 2 arms have none"),
        ((*MINI, "--tuned", "--study-storage", "sqlite:///text.pth"), "file is not a database"),
        ((*MINI, "--tune", "2", "--study-storage", "nowhere"), "the storage is 'nowhere'"),
        ((*MINI, "--tune", "2", "--study-storage", "sqlite:///text.pth"), "file is not a database"),
        ((*MINI, "--tune", "2", "--tune-folds", "20"), "20"),
    ],
)  # fmt: skip
def test_what_the_run_refuses(
    tracker: Tracker, workplace: Path, radiographs: Path, asked: tuple[str, ...], found: str
) -> None:
    _of_another_network(workplace / "other.pth")
    _no_weights(workplace / "text.pth")
    before = sorted(workplace.iterdir())
    dry = tracker(*small_run(radiographs, *asked, "--dry-run"))
    assert sorted(workplace.iterdir()) == before
    real = tracker(*small_run(radiographs, *asked))
    assert dry.code == real.code != 0
    assert found in dry.err
    assert dry.err == real.err


@pytest.mark.parametrize("command", ["run", "tune"])
def test_images_that_are_cut_off_are_found_without_decoding_the_others(
    tracker: Tracker, workplace: Path, radiographs: Path, command: str
) -> None:
    shutil.copytree(radiographs, workplace / "images")
    whole = min((workplace / "images").rglob("*.png"))
    write_whole(whole, whole.read_bytes()[:-40])
    _, *arguments = small_run(workplace / "images", *MINI, "--dry-run")
    told = tracker(command, *arguments)
    assert told.code == 1
    assert f"{whole.relative_to(workplace / 'images').as_posix()}: damaged or cut off" in told.err
    assert sorted(workplace.iterdir()) == [workplace / "images"]


@pytest.mark.parametrize("uri", ["sqlite:///images", "sqlite:///text/mlflow.db", "sqlite:///text"])
def test_a_store_that_cannot_be(tracker: Tracker, workplace: Path, radiographs: Path, uri: str) -> None:
    (workplace / "images").mkdir()
    (workplace / "text").write_text(
        "no database, but a text that is longer than a database's first line is" * 9
    )
    told = tracker(*small_run(radiographs, *MINI, "--dry-run", "--tracking-uri", uri))
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert any(why in told.err for why in ("names a folder", "is no folder", "is no database"))


def test_several_reasons_are_told_at_once(tracker: Tracker, workplace: Path, radiographs: Path) -> None:
    images = shutil.copytree(radiographs, workplace / "images")
    image = next(images.rglob("*.png"))
    image.write_bytes(image.read_bytes()[:-40])
    told = tracker(*small_run(images, *MINI, "--dry-run", "--weights", "imagenet"))
    assert told.err.count("mini-resnet is none") == 1
    assert f"{image.name}: damaged or cut off" in told.err

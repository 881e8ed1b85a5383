"""The same picture under other bytes, which no digest of files finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command import Outcome

Tracker = Callable[..., Outcome]
QUICK = [
    *("run", "--model", "mini-alexnet", "--mode", "feature-extractor", "--epochs", "1", "--batch-size", "8"),
    *("--image-size", "64", "--precision", "fp32", "--log-model", "none", "--split", "0.5/0.2/0.3"),
]


@pytest.fixture
def data(radiographs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(radiographs, tmp_path / "images"))


def test_a_picture_that_was_saved_twice_is_not_in_two_parts(tracker: Tracker, data: Path) -> None:
    for path in sorted((data / "sick").glob("*.png")):
        with Image.open(path) as image:
            image.save(path.with_name(f"again_{path.stem}.bmp"))
    told = tracker(*QUICK, "--data", str(data))
    assert told.code == 1
    assert "the same picture must be in one part of the split" in told.err
    assert "saved with other bytes" in told.err
    assert "again_" in told.err
    assert not Path("mlflow.db").exists(), "nothing begins"
    kept = tracker(*QUICK, "--data", str(data), "--exclude", "*/again_*")
    assert kept.code == 0, kept.err


def test_a_picture_under_two_labels_is_refused_though_the_bytes_differ(tracker: Tracker, data: Path) -> None:
    first = sorted((data / "sick").glob("*.png"))[0]
    with Image.open(first) as image:
        image.save(data / "healthy" / "copy.tif")
    told = tracker(*QUICK, "--data", str(data))
    assert told.code == 1
    assert "the same picture must have one label, but 1 picture has more than one" in told.err
    assert "healthy/copy.tif (healthy)" in told.err


def test_a_class_that_shows_nothing_is_refused_and_single_empty_images_are_not(
    tracker: Tracker, data: Path
) -> None:
    sick = sorted((data / "sick").glob("*.png"))
    for path in sick[:2]:
        blacken(path)
    assert tracker(*QUICK, "--data", str(data)).code == 0
    for path in sick:
        blacken(path)
    told = tracker(*QUICK, "--data", str(data))
    assert told.code == 1
    assert "in all images of sick, every pixel has the same value" in told.err


def blacken(path: Path) -> None:
    """Write a black image; each is a file of its own."""
    with Image.open(path) as image:
        Image.fromarray(np.zeros((40, image.height + int(path.stem[-1])), np.uint8)).save(path)

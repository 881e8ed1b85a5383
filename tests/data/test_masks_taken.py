"""What is told of masks that take part, and the options that leave them out."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tracker.data.choice import Choice
from tracker.data.masks_taken import masks_taken
from tracker.data.sources.source import SourceImage


def images(*ids: str) -> list[SourceImage]:
    return [SourceImage(name, Path("/") / name, name.partition("/")[0]) for name in ids]


@pytest.mark.parametrize(
    "masks",
    [
        ("a/1_MASK.png",),
        ("a/1_Mask.png", "a/2_mask.png"),
        ("a/Masks/1.png", "a/Masks/2.png"),
        ("a/1_lungmask.png", "a/2_mask.png"),
        ("a/1_LungMask.png",),
        ("a/Ground Truth/1.png", "a/ground_truth/2.png"),
        ("a/1_GroundTruth.png",),
        ("a/1_GT.png", "a/2_gt.png"),
        ("a/v2.lung masks/1.png",),
        ("a/1_Seg.png",),
    ],
)
def test_the_options_that_are_told_leave_exactly_the_masks_out(masks: tuple[str, ...]) -> None:
    others = ("a/1.png", "a/2.png", "b/1.png")
    (line,) = masks_taken(images(*others, *masks))
    words = shlex.split(line.partition("; without: ")[2])
    assert words[::2] == ["--exclude"] * (len(words) // 2) != []
    kept = Choice(exclude=words[1::2]).of(images(*others, *masks))
    assert [image.id for image in kept] == sorted(others)


@pytest.mark.parametrize(
    "ids",
    [("no_mask/1.png", "mask/2.png", "mask/2_mask.png"), ("a/1.png", "a/1_Seg.png", "b/Segal_1.png")],
)
def test_no_options_are_told_that_would_leave_images_out(ids: tuple[str, ...]) -> None:
    (line,) = masks_taken(images(*ids))
    assert line == "1 image looks like a mask and takes part"

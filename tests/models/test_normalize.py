"""Images are normalized to the last bit as one writes it down: bytes, times a scale, plus a shift."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tracker.models.normalize import Intake

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def every_byte(channels: int) -> Tensor:
    """Two images of 16x48 pixels with every byte in every channel."""
    generator = torch.Generator().manual_seed(0)
    planes = [torch.cat([torch.randperm(256, generator=generator)] * 6) for _ in range(channels)]
    return torch.stack(planes, 1).to(torch.uint8).view(2, 16, 48, channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_byte_becomes_the_number_that_the_formula_gives(channels: int) -> None:
    pixels, intake = every_byte(channels), Intake(MEAN, STD)
    before = pixels.clone()
    images = intake(pixels)
    written_down = pixels.float() * intake.scale + intake.shift
    assert torch.equal(images, written_down.permute(0, 3, 1, 2))
    assert torch.equal(pixels, before)
    assert images.shape == (2, 3, 16, 48)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_floats_that_come_in_stay_as_they_are() -> None:
    pixels = every_byte(3).float()
    before = pixels.clone()
    Intake(MEAN, STD)(pixels)
    assert torch.equal(pixels, before)

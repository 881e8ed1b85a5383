"""Where images enter a network: bytes as a decoder gives them become normalized floats."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_COLORS = 3


class Intake(nn.Module):
    """Turn pixels uint8 [N, H, W, C] into normalized images float32 [N, 3, H, W], channels-last in memory.

    Gray images (C = 1) are repeated in three channels, which is what a network for colors was trained on.
    The name of this class is part of the key of stored features.

    Args:
        mean: The mean of each channel, on the scale 0 to 1.
        std: The standard deviation of each channel, on the scale 0 to 1.
    """

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.register_buffer("scale", 1 / (255 * torch.tensor(std)))
        self.register_buffer("shift", -torch.tensor(mean) / torch.tensor(std))
        self.scale: Tensor
        self.shift: Tensor

    def forward(self, pixels_NHWC: Tensor) -> Tensor:
        """Return the normalized images [N, 3, H, W]."""
        if pixels_NHWC.shape[3] == 1:
            pixels_NHWC = torch.cat([pixels_NHWC] * _COLORS, 3)
        width = pixels_NHWC.shape[2]
        # Whole rows at a time: over three channels, a processor computes number by number.
        rows_NHR = pixels_NHWC.flatten(2).to(torch.float32, copy=True)
        rows_NHR.mul_(self.scale.repeat(width)).add_(self.shift.repeat(width))
        return rows_NHR.reshape(pixels_NHWC.shape).permute(0, 3, 1, 2)

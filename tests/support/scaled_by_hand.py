"""What the values of a deep image become, computed pixel by pixel in exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray


def scaled_by_hand(
    colors: NDArray[Any],
    *,
    alpha: NDArray[Any] | None = None,
    opaque: float = 1,
    white_is_zero: bool = False,
) -> NDArray[np.float64]:
    """Scale the colors [H, W, C] of all pixels that are seen from the smallest to the largest, over black.

    Returns:
        Numbers from 0 to 255, not rounded, [H, W] if there is one channel.
    """
    height, width, channels = colors.shape
    shown = np.ones((height, width)) if alpha is None else np.clip(alpha.astype(float) / opaque, 0, 1)
    exact = [[[Fraction(value.item()) for value in pixel] for pixel in row] for row in colors]
    seen = [
        value
        for row, of in zip(exact, shown, strict=True)
        for pixel, a in zip(row, of, strict=True)
        if a
        for value in pixel
    ]
    low, high = (min(seen), max(seen)) if seen else (Fraction(0), Fraction(0))
    result = np.zeros(colors.shape)
    for row, column, channel in np.ndindex(*colors.shape):
        if shown[row, column] and high > low:
            gray = (exact[row][column][channel] - low) * 255 / (high - low)
            result[row, column, channel] = float(255 - gray if white_is_zero else gray) * shown[row, column]
    return result[:, :, 0] if channels == 1 else result

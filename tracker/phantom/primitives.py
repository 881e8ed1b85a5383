"""Soft edges, bands and blobs: what everything is drawn with.

Sums, products, quotients and square roots in single precision, on which processors agree to the last bit; on
exponentials and matrix products they do not. What is computed in double precision is rounded to single.

Shapes: H, W the canvas; R bands; N blobs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.rng import Field

Profile = Callable[[Field], Field]
"""How thick something is across its width: a function of the place, -1 to 1 from edge to edge."""


@dataclass(frozen=True)
class Canvas:
    """Where the pixels are in the body.

    Attributes:
        x: [W] from the patient's right (negative) to the left, the spine at 0; 1 is about an image's width.
        y: [H] from the top, 0, to the bottom, about 1.
        pixel: The side of a pixel in the same unit.
    """

    x: Field
    y: Field
    pixel: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return len(self.y), len(self.x)


def floats(values: object) -> Field:
    """Return numbers in single precision."""
    return np.asarray(values, np.float32)


def ramp(distance: Field, width: float) -> Field:
    """Rise smoothly from 0 to 1 where a distance crosses 0, within a width around it."""
    place = np.clip(distance * (1.0 / width) + 0.5, 0.0, 1.0)
    return np.asarray(place * place * (3.0 - 2.0 * place), np.float32)


def dome(place: Field) -> Field:
    """Return the half circle over -1 to 1; 0 elsewhere."""
    return np.asarray(np.sqrt(np.maximum(1.0 - place * place, 0.0)), np.float32)


def bump(place: Field) -> Field:
    """Return a smooth hill over -1 to 1, of height 1; 0 elsewhere."""
    rest = np.maximum(1.0 - place * place, 0.0)
    return np.asarray(rest * rest, np.float32)


def tube(place: Field) -> Field:
    """Return the thickness of a hollow bone's wall: most at its two edges."""
    return np.asarray(dome(place) - 0.72 * dome(place * (1 / 0.76)), np.float32)


def curve(at: Field, places: list[float], values: list[float]) -> Field:
    """Join points by straight lines, [n] numbers at [n] places."""
    return np.interp(at, places, values).astype(np.float32)


def bands(canvas: Canvas, center_RW: Field, half_RW: Field, strength_RW: Field, profile: Profile) -> Field:
    """Draw bands that run across the image.

    Args:
        canvas: Where to draw.
        center_RW: The height of each band's middle at each column.
        half_RW: Half its width, in the direction of the column.
        strength_RW: How thick it is there; 0 where the band is not.
        profile: How the thickness runs across the band.

    Returns:
        [H, W] the sum of all.
    """
    bands_, columns = np.nonzero(strength_RW)
    step = 1.0 / canvas.pixel
    center = (center_RW[bands_, columns] - canvas.y[0]) * step
    half = np.maximum(half_RW[bands_, columns] * step, 0.7)
    reach = int(half.max()) + 1 if len(half) else 0
    rows = np.floor(center).astype(np.int64)[:, None] + np.arange(-reach, reach + 2)
    place = (rows - center[:, None]).astype(np.float32) / half[:, None]
    values = profile(place) * strength_RW[bands_, columns][:, None]
    return _summed(canvas, rows, np.broadcast_to(columns[:, None], rows.shape), values)


def blobs(canvas: Canvas, x_N: Field, y_N: Field, radius_N: Field, strength_N: Field) -> Field:
    """Draw round spots that fade towards their edges.

    Args:
        canvas: Where to draw.
        x_N: Their places.
        y_N: Their places.
        radius_N: Where each ends.
        strength_N: How thick each is in its middle.

    Returns:
        [H, W] the sum of all.
    """
    step = 1.0 / canvas.pixel
    across, down = (x_N - canvas.x[0]) * step, (y_N - canvas.y[0]) * step
    radius = radius_N * step
    reach = int(radius.max()) + 1
    window = np.arange(-reach, reach + 1)
    rows = np.rint(down).astype(np.int64)[:, None] + window
    columns = np.rint(across).astype(np.int64)[:, None] + window
    scale = 1.0 / (radius * radius)
    vertical = (rows - down[:, None]).astype(np.float32)
    horizontal = (columns - across[:, None]).astype(np.float32)
    square = (vertical * vertical)[:, :, None] + (horizontal * horizontal)[:, None, :]
    rest = np.maximum(1.0 - square * scale[:, None, None], 0.0)
    values = rest * rest * strength_N[:, None, None]
    rows, columns = np.broadcast_arrays(rows[:, :, None], columns[:, None, :])
    return _summed(canvas, rows, columns, values)


def _summed(
    canvas: Canvas, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float32]
) -> Field:
    height, width = canvas.shape
    inside = (values != 0) & (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    places = (rows * width + columns)[inside]
    total = np.bincount(places, values[inside], minlength=height * width)
    return total.astype(np.float32).reshape(height, width)


def enlarge(coarse: Field, height: int, width: int) -> Field:
    """Bring a small picture to a size, with straight lines between its points."""
    return _stretch(_stretch(coarse, height).T, width).T


def _stretch(values: Field, length: int) -> Field:
    """Stretch along the first axis."""
    place = np.linspace(0.0, len(values) - 1.0, length)
    first = np.minimum(place.astype(np.int64), len(values) - 2)
    part = (place - first).astype(np.float32)[:, None]
    return np.asarray(values[first] * (1.0 - part) + values[first + 1] * part, np.float32)

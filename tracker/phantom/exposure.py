"""From attenuation to grays: scattered radiation, exposure, noise, collimation, markers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.primitives import enlarge, floats, ramp
from tracker.phantom.projection import Projection
from tracker.phantom.rng import Field, grain

_COARSE = 8


def expose(attenuation: Field, projection: Projection, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Make an image of what the body lets through.

    Args:
        attenuation: [S, S] along each ray; 1.6 or so is mid-gray.
        projection: Exposure, detector and collimation.
        rng: Of the noise.

    Returns:
        [S, S] grays; what lets nothing through is white.
    """
    size = len(attenuation)
    # In double precision: the exponential's last bit differs among processors, and is far below a gray.
    beam = np.exp(-attenuation.astype(np.float64))
    beam += 0.16 * projection.scatter * _spread(beam)
    beam *= _fall_off(projection, size) * (projection.exposure / (1.0 + 0.1 * projection.scatter))
    passed = np.minimum(np.exp(projection.contrast * np.log(beam)), 1.0)
    # The thickest parts of a large patient are white; nothing is whiter.
    gray = projection.black + (projection.white - projection.black) / (
        1.0 - math.exp(-3.2 * projection.contrast)
    ) * (1.0 - passed)
    np.minimum(gray, projection.white, out=gray)
    gray += _noise(projection, size, rng)
    _collimate(gray, projection)
    _mark(gray, projection)
    return np.asarray(np.floor(np.clip(gray, 0.0, 255.0) + 0.5), np.uint8)


def _spread(beam: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur over about an eighth of the image: scatter comes from everywhere around."""
    size = len(beam)
    side = size // _COARSE
    coarse = np.zeros((side, side))
    for row in range(0, _COARSE, 4):
        for column in range(0, _COARSE, 4):
            coarse += beam[row : side * _COARSE : _COARSE, column : side * _COARSE : _COARSE]
    coarse *= 1.0 / 4.0
    for _ in range(3):
        coarse = _smooth(_smooth(coarse).T).T
    return enlarge(coarse.astype(np.float32), size, size).astype(np.float64)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.concatenate([values[:1], values[:1], values, values[-1:], values[-1:]])
    total = padded[:-4] + padded[1:-3] + padded[2:-2] + padded[3:-1] + padded[4:]
    return np.asarray(total * 0.2)


def _fall_off(projection: Projection, size: int) -> NDArray[np.float64]:
    place = np.linspace(-1.0, 1.0, size)
    round_ = 1.0 - 0.06 * (place * place)
    return np.asarray((round_ + projection.fall_off * place)[:, None] * round_[None, :])


def _noise(projection: Projection, size: int, rng: np.random.Generator) -> Field:
    """Draw grain of two sizes: single pixels, and clumps of some."""
    fine = grain(rng, size, size)
    soft = fine[:-1, :] + fine[1:, :]
    soft = np.concatenate([soft, soft[-1:]])
    both = soft[:, :-1] + soft[:, 1:]
    both = np.concatenate([both, both[:, -1:]], axis=1)
    return np.asarray(projection.grain * (0.3 * fine + 0.3 * both), np.float32)


def _collimate(gray: NDArray[np.float64], projection: Projection) -> None:
    size = len(gray)
    place = (np.arange(size, dtype=np.float32) + 0.5) / size
    lean = projection.border_tilt * (place - 0.5)
    left, right, top, bottom = floats(projection.borders)
    open_ = ramp(place[None, :] - left - lean[:, None], 0.012)
    open_ = open_ * ramp(1.0 - right - place[None, :] - lean[:, None], 0.012)
    open_ = open_ * ramp(place[:, None] - top + lean[None, :], 0.012)
    open_ = open_ * ramp(1.0 - bottom - place[:, None] + lean[None, :], 0.012)
    gray *= open_


_LETTERS = {
    "L": ("1000", "1000", "1000", "1000", "1000", "1111"),
    "R": ("1110", "1001", "1110", "1100", "1010", "1001"),
}


def _mark(gray: NDArray[np.float64], projection: Projection) -> None:
    """Draw a lead letter on the side of the patient that it names."""
    if projection.marker is None:
        return
    marker = projection.marker
    letter = "L" if marker.x > 0.5 else "R"
    bits = np.array([[float(bit) for bit in row] for row in _LETTERS[letter]], np.float32)
    size = len(gray)
    height, width = round(0.052 * marker.size * size), round(0.036 * marker.size * size)
    drawn = ramp(enlarge(np.pad(bits, 1), height, width) - 0.45, 0.5)
    top, left = round(marker.y * size), round(marker.x * size - width / 2)
    area = gray[top : top + height, left : left + width]
    ink = drawn[: area.shape[0], : area.shape[1]]
    if marker.on_plate:
        area *= 0.25
    area += (np.maximum(projection.white, area) - area) * (0.92 * ink)

"""From attenuation to greys: scattered radiation, exposure, film, noise, collimation, markers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.primitives import enlarge, floats, ramp
from tracker.phantom.projection import View
from tracker.phantom.rng import Field, grain

_COARSE = 8


def expose(attenuation: Field, view: View, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Make an image of what the body lets through.

    Args:
        attenuation: [S, S] along each ray; 1.6 or so is mid-grey.
        view: Exposure, film and collimation.
        rng: Of the noise.

    Returns:
        [S, S] greys; what lets nothing through is white.
    """
    size = len(attenuation)
    # In double precision: the exponential's last bit differs among processors, and is far below a grey.
    beam = np.exp(-attenuation.astype(np.float64))
    beam += 0.16 * view.scatter * _spread(beam)
    beam *= _fall_off(view, size) * (view.exposure / (1.0 + 0.1 * view.scatter))
    passed = np.minimum(np.exp(view.contrast * np.log(beam)), 1.0)
    # The thickest parts of a large patient are white; nothing is whiter.
    grey = view.black + (view.white - view.black) / (1.0 - math.exp(-3.2 * view.contrast)) * (1.0 - passed)
    np.minimum(grey, view.white, out=grey)
    grey += _noise(view, size, rng)
    _collimate(grey, view)
    _mark(grey, view)
    return np.asarray(np.floor(np.clip(grey, 0.0, 255.0) + 0.5), np.uint8)


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


def _fall_off(view: View, size: int) -> NDArray[np.float64]:
    place = np.linspace(-1.0, 1.0, size)
    round_ = 1.0 - 0.06 * (place * place)
    return np.asarray((round_ + view.fall_off * place)[:, None] * round_[None, :])


def _noise(view: View, size: int, rng: np.random.Generator) -> Field:
    """Draw grain of two sizes: single pixels, and clumps of some."""
    fine = grain(rng, size, size)
    soft = fine[:-1, :] + fine[1:, :]
    soft = np.concatenate([soft, soft[-1:]])
    both = soft[:, :-1] + soft[:, 1:]
    both = np.concatenate([both, both[:, -1:]], axis=1)
    return np.asarray(view.grain * (0.3 * fine + 0.3 * both), np.float32)


def _collimate(grey: NDArray[np.float64], view: View) -> None:
    size = len(grey)
    place = (np.arange(size, dtype=np.float32) + 0.5) / size
    lean = view.border_tilt * (place - 0.5)
    left, right, top, bottom = floats(view.borders)
    open_ = ramp(place[None, :] - left - lean[:, None], 0.012)
    open_ = open_ * ramp(1.0 - right - place[None, :] - lean[:, None], 0.012)
    open_ = open_ * ramp(place[:, None] - top + lean[None, :], 0.012)
    open_ = open_ * ramp(1.0 - bottom - place[:, None] + lean[None, :], 0.012)
    grey *= open_


_LETTERS = {
    "L": ("1000", "1000", "1000", "1000", "1000", "1111"),
    "R": ("1110", "1001", "1110", "1100", "1010", "1001"),
}


def _mark(grey: NDArray[np.float64], view: View) -> None:
    """Put a lead letter on the side of the patient that it names."""
    if view.marker is None:
        return
    marker = view.marker
    letter = "L" if marker.x > 0.5 else "R"
    bits = np.array([[float(bit) for bit in row] for row in _LETTERS[letter]], np.float32)
    size = len(grey)
    height, width = round(0.052 * marker.size * size), round(0.036 * marker.size * size)
    drawn = ramp(enlarge(np.pad(bits, 1), height, width) - 0.45, 0.5)
    top, left = round(marker.y * size), round(marker.x * size - width / 2)
    area = grey[top : top + height, left : left + width]
    ink = drawn[: area.shape[0], : area.shape[1]]
    if marker.on_plate:
        area *= 0.25
    area += (np.maximum(view.white, area) - area) * (0.92 * ink)

"""The vessels of the lungs: trees that grow out of the hila, thinner with every fork."""

from __future__ import annotations

import math

import numpy as np

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.layout import HILUM, SIDES, Layout
from tracker.phantom.primitives import blobs, floats
from tracker.phantom.rng import Field, generator, signed_uniform

_ROOTS = (-75.0, -48.0, -22.0, 2.0, 26.0, 48.0, 68.0, 80.0)
"""Directions in which the trunks leave a hilum: 0 is outwards, 90 down; degrees."""
_FORKS = 4
_STEPS = 12


def vessels(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the attenuation of all vessels, [H, W]; it goes on beyond the lungs."""
    parts = [_tree(anatomy, layout, side) for side in SIDES]
    x, y, radius = (np.concatenate([part[place] for part in parts]) for place in range(3))
    # Thinner than a pixel, a vessel would be a row of dots.
    drawn = np.maximum(radius, 1.2 * layout.canvas.pixel)
    return blobs(layout.canvas, x, y, drawn, floats(radius * (7.0 * anatomy.vessels)))


def _tree(anatomy: Anatomy, layout: Layout, side: int) -> tuple[Field, Field, Field]:
    """Grow one side's vessels, as points on them: x, y and radius, [N] each."""
    rng = generator(anatomy.vessel_tree, 1 + side)
    lung = layout.lungs[SIDES.index(side)]
    tall = (lung.base - lung.apex) / 0.53
    count = len(_ROOTS)
    x, y = 0.022 * signed_uniform(rng, count), 0.04 * signed_uniform(rng, count)
    angle = floats(_ROOTS) * (math.pi / 180) + 0.3 * signed_uniform(rng, count)
    length, radius = 0.085 + 0.02 * signed_uniform(rng, count), 0.0095 + 0.003 * signed_uniform(rng, count)
    points: list[tuple[Field, Field, Field]] = []
    for _ in range(_FORKS):
        bend = 0.5 * signed_uniform(rng, len(x))
        line = _branch(x, y, angle, bend, length, radius)
        points.append(line)
        x, y = (np.repeat(values[:, -1], 2) for values in line[:2])
        fork = np.tile(floats([-1.0, 1.0]), len(angle)) * (0.34 + 0.16 * signed_uniform(rng, 2 * len(angle)))
        angle = np.repeat(angle + bend, 2) + fork
        length = np.repeat(length, 2) * (0.74 + 0.16 * signed_uniform(rng, len(angle)))
        radius = np.repeat(radius, 2) * (0.68 + 0.1 * signed_uniform(rng, len(angle)))
    out, down, wide = (np.concatenate([line[place].reshape(-1) for line in points]) for place in range(3))
    root = 0.068 + side * (layout.mediastinal_shift + 0.5 * layout.anterior_shift)
    return floats(side * (root + out)), floats((HILUM - 0.01 * side) + down * tall), wide


def _branch(
    x: Field, y: Field, angle: Field, bend: Field, length: Field, radius: Field
) -> tuple[Field, Field, Field]:
    """Follow branches from their starts, [B, steps] each of x, y and radius."""
    part = np.linspace(0.0, 1.0, _STEPS, dtype=np.float32)
    heading = angle[:, None].astype(np.float64) + bend[:, None] * part
    step = (length / _STEPS)[:, None]
    across, down = (turn(heading).astype(np.float32) * step for turn in (np.cos, np.sin))
    # Running sums by hand would be slower; cumsum adds from left to right everywhere.
    thin = radius[:, None] * (1.0 - 0.3 * part)
    return x[:, None] + np.cumsum(across, axis=1), y[:, None] + np.cumsum(down, axis=1), thin

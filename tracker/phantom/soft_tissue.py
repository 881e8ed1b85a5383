"""Soft tissue and air: the body, the lungs in it, heart and mediastinum, trachea, gastric bubble."""

from __future__ import annotations

import numpy as np

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.layout import HILUM, LEFT, SIDES, Layout, Lung
from tracker.phantom.primitives import blobs, bump, curve, dome, floats, ramp
from tracker.phantom.rng import Field, generator, signed_uniform


def body(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the thickness of the body without its air, [H, W]; 1 is a chest's usual thickness."""
    x, y = layout.canvas.x, layout.canvas.y
    thick = np.maximum(_torso(anatomy, layout), _arms(anatomy, layout))
    total = floats(thick * anatomy.depth)
    if anatomy.breasts:
        for side in SIDES:
            total += _breast(anatomy, side, x, y)
    return total


def _torso(anatomy: Anatomy, layout: Layout) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    top, chest = anatomy.shoulder, anatomy.width + anatomy.soft_tissue
    neck = 0.075 + 0.5 * anatomy.soft_tissue
    half = curve(
        y,
        [top - 0.2, top - 0.1, top - 0.06, top - 0.03, top, top + 0.03, top + 0.14, top + 0.3, 0.7, 1.1],
        [neck, neck, neck * 1.25, neck * 1.9, 0.28, 0.36, 0.8 * chest + 0.08, chest, chest, chest * 1.02],
    )
    deep = curve(
        y,
        [top - 0.2, top - 0.04, top + 0.02, top + 0.1, 0.4, 0.55, 0.72, 0.85, 1.1],
        [0.5, 0.46, 0.46, 0.62, 0.84, 0.92, 1.05, 1.2, 1.25],
    )
    place = x[None, :] / half[:, None]
    return np.asarray(deep[:, None] * dome(place * place), np.float32)


def _arms(anatomy: Anatomy, layout: Layout) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    top = anatomy.shoulder
    out = anatomy.arms
    at = [top - 0.01, top + 0.02, top + 0.06, top + 0.12, top + 0.3, 1.1]
    middle = curve(y, at, [0.26, 0.3, 0.335, 0.375, 0.42 + 0.35 * out, 0.46 + 2.0 * out])
    half = curve(y, at, [0.06, 0.1, 0.118, 0.11, 0.085, 0.08]) * (0.85 + 3.0 * anatomy.soft_tissue)
    middle += anatomy.width + anatomy.soft_tissue - 0.375
    place = (np.abs(x)[None, :] - middle[:, None]) / half[:, None]
    deep = 0.48 * ramp(y - (top + 0.015), 0.07)
    return np.asarray(deep[:, None] * dome(place), np.float32)


def _breast(anatomy: Anatomy, side: int, x: Field, y: Field) -> Field:
    size = np.float32(anatomy.breasts)
    across = (x * side - (0.55 * anatomy.width)) * (1 / (0.15 + 0.05 * anatomy.breasts))
    height = 0.56 + 0.06 * anatomy.breasts
    down = (y - height) * (1 / (0.1 + 0.05 * anatomy.breasts))
    # Steep below, where the fold is; long above.
    down = np.where(down > 0, down * 1.15, down * 0.6)
    rest = np.maximum(1.0 - (across * across)[None, :] - (down * down)[:, None], 0.0)
    return np.asarray(0.2 * size * np.sqrt(rest) * ramp(rest, 0.6), np.float32)


def air(layout: Layout) -> Field:
    """Draw how much of the body's thickness is air, [H, W], 0 to about 0.75."""
    total = sum(_lung_air(layout, lung) for lung in layout.lungs)
    return np.asarray(total, np.float32)


def inside(airy: Field) -> Field:
    """Draw the mask of the lungs, [H, W]: 1 in them, 0 outside, with a soft edge."""
    return ramp(airy - 0.12, 0.2)


def _lung_air(layout: Layout, lung: Lung) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    out = (x[None, :] - layout.spine[:, None]) * lung.side
    medial, lateral = lung.medial[:, None], lung.lateral[:, None]
    place = (2.0 * out - medial - lateral) / np.maximum(lateral - medial, 1e-3)
    across = dome(place * place)
    deep = curve(y, [lung.apex, lung.apex + 0.1, lung.apex + 0.3, 0.7], [0.22, 0.42, 0.62, 0.7])
    deep = np.where(y > lung.apex, deep, 0.0)
    depth = lung.floor[None, :] - y[:, None]
    # Behind the dome the lung reaches further down.
    below = 0.93 * ramp(depth, 0.008) + 0.07 * ramp(depth + 0.035, 0.07)
    air_ = deep[:, None] * across * below
    middle = layout.heart_left if lung.side == LEFT else layout.heart_right
    covered = ramp(middle[:, None] - out, 0.012)
    return np.asarray(air_ * (1.0 - 0.8 * covered), np.float32)


def mediastinum(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw what mediastinum, heart, and the roots of the lungs add, less the air in the trachea, [H, W]."""
    x, y = layout.canvas.x, layout.canvas.y
    right, left = layout.heart_right[:, None], layout.heart_left[:, None]
    out = x[None, :] - layout.spine[:, None]
    place = (2.0 * out + right - left) / (right + left)
    thick = curve(y, [0.1, 0.2, 0.35, 0.55, 0.7, 0.8], [0.0, 0.12, 0.14, 0.22, 0.2, 0.0])
    total = thick[:, None] * dome(place)
    total += _hila(anatomy, layout)
    total -= _trachea(anatomy, layout)
    return np.asarray(total, np.float32)


def _trachea(anatomy: Anatomy, layout: Layout) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    center = layout.spine + (0.7 * layout.anterior_shift + 0.8 * layout.mediastinal_shift)
    center = center + anatomy.tracheal_deviation * curve(y, [0.05, 0.3, 0.38], [0.0, 1.0, 0.8])
    place = floats((x[None, :] - center[:, None]) * (1 / 0.021))
    long = ramp(0.385 - y, 0.03) * ramp(y - (anatomy.apex - 0.12), 0.04)
    total = 0.17 * long[:, None] * dome(place)
    for side in SIDES:
        fork = center + side * np.maximum(y - 0.355, 0.0) * (0.9 if side < 0 else 1.3)
        leg = ramp(y - 0.36, 0.02) * ramp(0.43 - y, 0.03)
        total += 0.07 * leg[:, None] * dome((x[None, :] - fork[:, None]) * (1 / 0.02))
    return np.asarray(total, np.float32)


def _hila(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the hila: soft clouds beside the heart, the left one a little higher."""
    spread = signed_uniform(generator(anatomy.vessel_tree), 2, 2, 9)
    side = np.repeat(floats([-1.0, 1.0]), 9)
    shift = layout.mediastinal_shift + 0.5 * layout.anterior_shift
    x = side * 0.08 + spread[0].reshape(-1) * 0.022 + shift
    y = HILUM - side * 0.01 + spread[1].reshape(-1) * 0.045
    strength = np.full(18, 0.05 * anatomy.vessels, np.float32)
    return blobs(layout.canvas, x, y, np.full(18, 0.036, np.float32), strength)


def gastric_bubble(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the air in the stomach below the left diaphragm, [H, W]."""
    x, y = layout.canvas.x, layout.canvas.y
    lung = layout.lungs[1]
    size = anatomy.gastric_bubble
    across = (x - (0.5 * anatomy.width)) * (1 / (0.1 * size))
    down = (y - (lung.base + 0.02 + 0.045 * size)) * (1 / (0.06 * size))
    rest = np.maximum(1.0 - (across * across)[None, :] - (down * down)[:, None], 0.0)
    return np.asarray(0.3 * np.sqrt(rest) * bump(down * 0.5)[:, None], np.float32)

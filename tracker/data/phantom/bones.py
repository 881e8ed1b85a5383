"""The skeleton: ribs, spine, collar bones, shoulders."""

from __future__ import annotations

import numpy as np

from tracker.data.phantom.anatomy import Anatomy
from tracker.data.phantom.chance import Field
from tracker.data.phantom.layout import SIDES, Layout
from tracker.data.phantom.strokes import Canvas, bands, bump, curve, dome, floats, ramp, tube

_RIBS = 11
_STEEPEST = 2.6


def skeleton(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the attenuation of all bones, [H, W]."""
    total = _spine(anatomy, layout) + _collar_bones(anatomy, layout)
    for side in SIDES:
        total += _ribs(anatomy, layout, side)
        total += _shoulder(anatomy, layout, side)
    return np.asarray(total * np.float32(anatomy.bone), np.float32)


def _ribs(anatomy: Anatomy, layout: Layout, side: int) -> Field:
    """Draw the back halves of the ribs, which are clear, and the front halves, which are not."""
    canvas = layout.canvas
    lung = layout.lungs[SIDES.index(side)]
    number = np.arange(_RIBS, dtype=np.float32)[:, None]
    squeezed = anatomy.rib_spacing * (0.94 + 0.06 * (lung.base - lung.apex) / 0.54)
    start = np.float32(lung.apex - 0.015) + number * np.float32(squeezed)
    fall = np.float32(anatomy.rib_slope) * (0.42 + np.minimum(number, 8.0) * np.float32(0.075))
    # Each rib reaches the side of the chest at the height to which it falls.
    outer = np.interp(start + 0.75 * fall, canvas.y, lung.lateral).astype(np.float32) + np.float32(0.006)
    out = (canvas.x[None, :] - np.float32(0.0)) * np.float32(side)
    along = (out - np.float32(0.022)) / (outer - np.float32(0.022))
    here = (along > 0) & (along < 0.995)
    along = np.clip(along, 0.0, 0.995)
    bend = 1.0 - np.sqrt(1.0 - along * along)
    hump = along * (1.0 - along)
    back = start + fall * (bend + 0.12 * along) - np.float32(0.045) * hump
    slope = _slope(back, canvas)
    strength = np.where(here, 0.125 - 0.02 * along, np.float32(0.0)) * _fade(number)
    half = np.float32(anatomy.rib_width) * slope
    total = bands(canvas, back, half, strength.astype(np.float32), _rib)
    turned = np.float32(layout.front)
    front_end = np.float32(0.36) + np.float32(0.02) * number
    front = (
        start
        + fall * np.float32(1.12)
        + np.sqrt(1.0 - along * along) * (np.float32(0.075) + np.float32(0.009) * number)
    )
    seen = here & (along > front_end - turned * side) & (number < 8)
    fading = np.clip((along - front_end) * 6.0, 0.0, 1.0) * np.float32(0.07)
    half = np.float32(1.15 * anatomy.rib_width) * _slope(front, canvas)
    total += bands(canvas, front, half, np.where(seen, fading, 0.0).astype(np.float32), _rib)
    return total


def _slope(line: Field, canvas: Canvas) -> Field:
    """Give how much longer a slanting band's cut along the column is than its width."""
    steep = np.gradient(line, canvas.pixel, axis=1)
    return np.minimum(np.sqrt(1.0 + steep * steep), _STEEPEST).astype(np.float32)


def _fade(number: Field) -> Field:
    return floats(np.clip((_RIBS + 0.5 - number) * np.float32(0.25), 0.0, 1.0))


def _rib(place: Field) -> Field:
    return np.asarray(0.55 * dome(place) + tube(place), np.float32)


def _spine(anatomy: Anatomy, layout: Layout) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    tall = 0.9 * anatomy.rib_spacing
    phase = (y - np.float32(anatomy.apex)) * np.float32(1 / tall)
    phase = phase - np.floor(phase)
    body = ramp(np.abs(phase - np.float32(0.5)) * np.float32(-1.0) + np.float32(0.42), 0.14)
    waist = np.float32(0.036) - np.float32(0.004) * bump((phase - np.float32(0.5)) * np.float32(2.2))
    waist = waist * curve(y, [0.0, 0.15, 0.7, 1.0], [0.8, 0.88, 1.05, 1.2])
    out = x[None, :] - layout.spine[:, None]
    place = out / waist[:, None]
    total = dome(place) * (0.1 + 0.075 * body)[:, None]
    # The roots of the arches, two bright rings on each vertebra, and the spinous process between them.
    height = (phase - np.float32(0.42)) * np.float32(4.6)
    for side in SIDES:
        width = (out - np.float32(0.021 * side)) * np.float32(1 / 0.0085)
        rest = np.maximum(1.0 - width * width - (height * height)[:, None], 0.0)
        total += 0.09 * rest
    thorn = bump((phase - np.float32(0.78)) * np.float32(4.0))
    total += 0.07 * thorn[:, None] * bump((out - np.float32(-0.3 * layout.front)) * np.float32(1 / 0.009))
    return np.asarray(total, np.float32)


def _collar_bones(anatomy: Anatomy, layout: Layout) -> Field:
    canvas = layout.canvas
    total: Field = np.zeros(canvas.shape, np.float32)
    far = anatomy.width + anatomy.flesh + 0.005
    for side in SIDES:
        along = (canvas.x * np.float32(side) - np.float32(0.026 + side * layout.front)) / np.float32(
            far - 0.03
        )
        here = (along > 0) & (along < 1)
        along = np.clip(along, 0.0, 1.0)
        # An S: it rises, runs level, and ends below the shoulder's top.
        wave = along * (1.0 - along) * (1.0 - 2.0 * along)
        line = np.float32(anatomy.clavicle) - np.float32(anatomy.clavicle_slope) * along
        line = line - np.float32(0.11) * wave
        half = np.float32(0.0125) + np.float32(0.012) * np.maximum(0.12 - along, 0.0) * np.float32(8)
        half = half * _slope(line[None, :], canvas)
        strength = np.where(here, np.float32(0.15), np.float32(0.0))[None, :]
        total += bands(canvas, line[None, :], half, strength, _rib)
    return total


def _shoulder(anatomy: Anatomy, layout: Layout, side: int) -> Field:
    """Draw shoulder blade and upper arm, faintly."""
    x, y = layout.canvas.x * np.float32(side), layout.canvas.y
    top = anatomy.shoulder + 0.02
    edge = np.float32(anatomy.width + anatomy.flesh)
    inner = curve(y, [top, top + 0.1, top + 0.3], [0.69, 0.76, 1.0]) * edge
    outer = curve(y, [top, top + 0.05, top + 0.3], [0.98, 1.0, 1.03]) * edge
    tall = ramp(y - np.float32(top), 0.02) * ramp(np.float32(top + 0.3) - y, 0.03)
    place = (2.0 * x[None, :] - inner[:, None] - outer[:, None]) / (outer - inner + np.float32(0.004))[
        :, None
    ]
    blade = (
        0.045 * ramp(1.0 - np.abs(place), 0.2) + 0.05 * ramp(0.1 - np.abs(np.abs(place) - 0.9), 0.1)
    ) * tall[:, None]
    out = x - edge - np.float32(0.045)
    head = (y - np.float32(top + 0.045)) * np.float32(1 / 0.046)
    ball = np.maximum(1.0 - (out * out)[None, :] * np.float32(1 / 0.046**2) - (head * head)[:, None], 0.0)
    bone = (
        out[None, :]
        - (np.maximum(y - np.float32(top + 0.05), 0.0) * np.float32(0.12 + 1.6 * anatomy.arms))[:, None]
    )
    shaft = _rib(bone * np.float32(1 / 0.026)) * ramp(y - np.float32(top + 0.06), 0.05)[:, None]
    return np.asarray(blade + 0.16 * np.sqrt(ball) + 0.14 * shaft, np.float32)

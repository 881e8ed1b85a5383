"""The skeleton: ribs, spine, clavicles, shoulders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.layout import SIDES, Layout
from tracker.phantom.primitives import Canvas, bands, bump, curve, dome, floats, ramp, tube
from tracker.phantom.rng import Field

_RIBS = 11
_STEEPEST = 2.6
"""Where a rib runs nearly along the column, no cut is taken to be longer than this many widths."""


def skeleton(anatomy: Anatomy, layout: Layout) -> Field:
    """Draw the attenuation of all bones, [H, W]."""
    total = _spine(anatomy, layout) + _clavicles(anatomy, layout)
    for side in SIDES:
        ribs = _lay_ribs(anatomy, layout, side)
        back = _posterior_ribs(anatomy, ribs, layout.canvas)
        total += back + _anterior_ribs(anatomy, ribs, layout.canvas, turned=layout.anterior_shift * side)
        total += _shoulder(anatomy, layout, side)
    return np.asarray(total * anatomy.bone, np.float32)


@dataclass(frozen=True, slots=True)
class _Ribs:
    """Where the ribs of one side run. R ribs, W columns.

    Attributes:
        number: [R, 1] from 0 at the top.
        start: [R, 1] height at the spine.
        fall: [R, 1] how far they fall on their way to the side.
        along: [R, W] how far along the way a column is, 0 to nearly 1.
        here: [R, W] whether there is a rib at a column.
    """

    number: Field
    start: Field
    fall: Field
    along: Field
    here: NDArray[np.bool_]


def _lay_ribs(anatomy: Anatomy, layout: Layout, side: int) -> _Ribs:
    lung = layout.lungs[SIDES.index(side)]
    number = np.arange(_RIBS, dtype=np.float32)[:, None]
    spacing = anatomy.rib_spacing * (0.94 + 0.06 * (lung.base - lung.apex) / 0.54)
    start = (lung.apex - 0.015) + number * spacing
    fall = anatomy.rib_slope * (0.42 + np.minimum(number, 8.0) * 0.075)
    # Each rib reaches the side of the chest at the height to which it falls.
    outer = np.interp(start + 0.75 * fall, layout.canvas.y, lung.lateral).astype(np.float32) + 0.006
    along = (layout.canvas.x[None, :] * side - 0.022) / (outer - 0.022)
    return _Ribs(
        number, floats(start), floats(fall), np.clip(along, 0.0, 0.995), (along > 0) & (along < 0.995)
    )


def _posterior_ribs(anatomy: Anatomy, ribs: _Ribs, canvas: Canvas) -> Field:
    """Draw what is seen clearly."""
    along = ribs.along
    bend = 1.0 - np.sqrt(1.0 - along * along)
    hump = along * (1.0 - along)
    line = ribs.start + ribs.fall * (bend + 0.12 * along) - 0.045 * hump
    fading = np.clip((_RIBS + 0.5 - ribs.number) * 0.25, 0.0, 1.0)
    strength = np.where(ribs.here, 0.125 - 0.02 * along, 0.0) * fading
    return bands(canvas, line, anatomy.rib_width * _slope(line, canvas), floats(strength), _rib)


def _anterior_ribs(anatomy: Anatomy, ribs: _Ribs, canvas: Canvas, *, turned: float) -> Field:
    """Draw what is seen faintly, and ends where cartilage begins, which the turn of the patient moves."""
    along = ribs.along
    end = 0.36 + 0.02 * ribs.number
    rise = np.sqrt(1.0 - along * along) * (0.075 + 0.009 * ribs.number)
    line = ribs.start + ribs.fall * 1.12 + rise
    seen = ribs.here & (along > end - turned) & (ribs.number < 8)
    strength = np.where(seen, np.clip((along - end) * 6.0, 0.0, 1.0) * 0.07, 0.0)
    half = (1.15 * anatomy.rib_width) * _slope(line, canvas)
    return bands(canvas, line, half, floats(strength), _rib)


def _slope(line: Field, canvas: Canvas) -> Field:
    """Return the ratio of a slanting band's cut along the column to its width."""
    steep = np.gradient(line, canvas.pixel, axis=1)
    return np.minimum(np.sqrt(1.0 + steep * steep), _STEEPEST).astype(np.float32)


def _rib(place: Field) -> Field:
    return np.asarray(0.55 * dome(place) + tube(place), np.float32)


def _spine(anatomy: Anatomy, layout: Layout) -> Field:
    x, y = layout.canvas.x, layout.canvas.y
    tall = 0.9 * anatomy.rib_spacing
    phase = (y - anatomy.apex) * (1 / tall)
    phase = phase - np.floor(phase)
    body = ramp(np.abs(phase - 0.5) * -1.0 + 0.42, 0.14)
    waist = 0.036 - 0.004 * bump((phase - 0.5) * 2.2)
    waist = waist * curve(y, [0.0, 0.15, 0.7, 1.0], [0.8, 0.88, 1.05, 1.2])
    out = x[None, :] - layout.spine[:, None]
    place = out / waist[:, None]
    total = dome(place) * (0.1 + 0.075 * body)[:, None]
    # The roots of the arches, two bright rings on each vertebra, and the spinous process between them.
    height = (phase - 0.42) * 4.6
    for side in SIDES:
        width = (out - (0.021 * side)) * (1 / 0.0085)
        rest = np.maximum(1.0 - width * width - (height * height)[:, None], 0.0)
        total += 0.09 * rest
    thorn = bump((phase - 0.78) * 4.0)
    total += 0.07 * thorn[:, None] * bump((out - (-0.3 * layout.anterior_shift)) * (1 / 0.009))
    return np.asarray(total, np.float32)


def _clavicles(anatomy: Anatomy, layout: Layout) -> Field:
    canvas = layout.canvas
    total: Field = np.zeros(canvas.shape, np.float32)
    far = anatomy.width + anatomy.soft_tissue + 0.005
    for side in SIDES:
        along = (canvas.x * side - (0.026 + side * layout.anterior_shift)) / np.float32(far - 0.03)
        here = (along > 0) & (along < 1)
        along = np.clip(along, 0.0, 1.0)
        # An S: it rises, runs level, and ends below the shoulder's top.
        wave = along * (1.0 - along) * (1.0 - 2.0 * along)
        line = anatomy.clavicle - anatomy.clavicle_slope * along
        line = line - 0.11 * wave
        half = 0.0125 + 0.012 * np.maximum(0.12 - along, 0.0) * 8
        half = half * _slope(line[None, :], canvas)
        strength = floats(np.where(here, 0.15, 0.0))[None, :]
        total += bands(canvas, line[None, :], half, strength, _rib)
    return total


def _shoulder(anatomy: Anatomy, layout: Layout, side: int) -> Field:
    """Draw shoulder blade and upper arm, faintly."""
    x, y = layout.canvas.x * side, layout.canvas.y
    top = anatomy.shoulder + 0.02
    edge = anatomy.width + anatomy.soft_tissue
    inner = curve(y, [top, top + 0.1, top + 0.3], [0.69, 0.76, 1.0]) * edge
    outer = curve(y, [top, top + 0.05, top + 0.3], [0.98, 1.0, 1.03]) * edge
    tall = ramp(y - top, 0.02) * ramp((top + 0.3) - y, 0.03)
    place = (2.0 * x[None, :] - inner[:, None] - outer[:, None]) / (outer - inner + 0.004)[:, None]
    blade = (
        0.045 * ramp(1.0 - np.abs(place), 0.2) + 0.05 * ramp(0.1 - np.abs(np.abs(place) - 0.9), 0.1)
    ) * tall[:, None]
    out = x - edge - 0.045
    head = (y - (top + 0.045)) * (1 / 0.046)
    ball = np.maximum(1.0 - (out * out)[None, :] * (1 / 0.046**2) - (head * head)[:, None], 0.0)
    bone = out[None, :] - (np.maximum(y - (top + 0.05), 0.0) * (0.12 + 1.6 * anatomy.arms))[:, None]
    shaft = _rib(bone * (1 / 0.026)) * ramp(y - (top + 0.06), 0.05)[:, None]
    return np.asarray(blade + 0.16 * np.sqrt(ball) + 0.14 * shaft, np.float32)

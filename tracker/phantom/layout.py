"""Where things are in one image: an anatomy, seen in one pose and breath."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.primitives import Canvas, bump, curve, dome
from tracker.phantom.projection import Projection
from tracker.phantom.rng import Field

RIGHT, LEFT = -1, 1
"""The patient's sides; an image shows the right one at its left."""
SIDES = (RIGHT, LEFT)
KNOB, HILUM = 0.318, 0.425
"""Heights of the aortic knob and of the roots of the lungs."""
_EXCURSION = 0.07
"""How far the diaphragm moves between shallow and full inspiration."""
MARGIN = 0.06
"""How much more than the image is drawn at each side, so that it can be rotated."""


@dataclass(frozen=True, slots=True)
class Lung:
    """One lung's borders.

    Attributes:
        side: RIGHT or LEFT.
        apex: Height of its tip.
        base: Height of its diaphragm's dome.
        medial: [H] the border towards the spine, as a distance from the middle.
        lateral: [H] the border towards the ribs, likewise.
        floor: [W] height of the diaphragm.
    """

    side: int
    apex: float
    base: float
    medial: Field
    lateral: Field
    floor: Field


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is on the canvas.

    Attributes:
        canvas: What is drawn on.
        spine: [H] the middle of the spine.
        anterior_shift: How far things in front are moved to the side, by the turn of the patient.
        mediastinal_shift: How far the mediastinum is drawn aside.
        lungs: The right and the left one.
        heart_right: [H] how far the mediastinum reaches to the patient's right of the middle.
        heart_left: [H] how far it reaches to the left.
    """

    canvas: Canvas
    spine: Field
    anterior_shift: float
    mediastinal_shift: float
    lungs: tuple[Lung, Lung]
    heart_right: Field
    heart_left: Field

    def spots(self, side: int, across_N: Field, down_N: Field) -> tuple[Field, Field]:
        """Find places in a lung.

        Args:
            side: RIGHT or LEFT.
            across_N: From 0 at the mediastinum to 1 at the ribs.
            down_N: From 0 at the apex to 1 at the dome of the diaphragm.

        Returns:
            Their x and y on the canvas, [N] each.
        """
        lung = self.lungs[SIDES.index(side)]
        y = lung.apex + down_N * (lung.base - lung.apex)
        middle = self.heart_left if side == LEFT else self.heart_right
        inner, outer, spine = (
            np.interp(y, self.canvas.y, values)
            for values in (np.maximum(middle, lung.medial), lung.lateral, self.spine)
        )
        x = spine + side * (inner + across_N * (outer - inner))
        return x.astype(np.float32), np.asarray(y, np.float32)


def lay_out(anatomy: Anatomy, projection: Projection, loss: tuple[float, float], size: int) -> Layout:
    """Place an anatomy on a canvas.

    Args:
        anatomy: The patient's chest.
        projection: How the image is taken.
        loss: How much volume the right and the left lung have lost, 0 to 1.
        size: Height and width of the image, in pixels; the canvas has a margin.
    """
    canvas = _canvas(projection, size)
    spine = np.asarray(anatomy.scoliosis * bump((canvas.y - 0.45) * (1 / 0.5)), np.float32)
    pull = 0.045 * (loss[1] - loss[0])
    right, left = _middle(anatomy, projection, canvas)
    lungs = tuple(
        _lung(anatomy, projection, canvas, side, lost) for side, lost in zip(SIDES, loss, strict=True)
    )
    front = 0.022 * projection.rotation
    moved = pull + 0.6 * front
    return Layout(canvas, spine, front, pull, (lungs[0], lungs[1]), right - moved, left + moved)


def _canvas(projection: Projection, size: int) -> Canvas:
    pixel = 1.0 / (size * projection.scale)
    count = size + 2 * round(MARGIN * size)
    steps = (np.arange(count) - (count - 1) / 2.0) * pixel
    return Canvas(
        (steps - projection.shift_x).astype(np.float32),
        (steps + 0.47 - projection.shift_y).astype(np.float32),
        pixel,
    )


def _middle(anatomy: Anatomy, projection: Projection, canvas: Canvas) -> tuple[Field, Field]:
    """Draw the contours of mediastinum and heart, as distances from the middle, [H] each."""
    y = canvas.y
    wide = anatomy.heart * (1.12 - 0.12 * projection.inspiration)
    base = anatomy.base_left - _EXCURSION * (1.0 - projection.inspiration)
    long = 0.2 * anatomy.heart_length
    upper = curve(y, [0.0, 0.2, 0.3, 0.42, 1.0], [1.15, 0.95, 0.9, 0.75, 0.75]) * np.float32(
        anatomy.mediastinum
    )
    knob = (anatomy.mediastinum - 0.012) + (0.012 + anatomy.aortic_knob) * dome((y - KNOB) * (1 / 0.05))
    knob = np.where(np.abs(y - KNOB) < 0.05, knob, 0.0)
    trunk = (0.062 + 0.012 * anatomy.heart) * bump((y - 0.405) * (1 / 0.13))
    middle = base - 0.28 * long
    ventricle = 0.155 * wide * dome((y - middle) * (1 / (0.62 * long)))
    slope = 0.15 * wide * bump((y - middle) * (0.66 / long))
    atrium = 0.082 * wide * dome((y - middle + 0.035) * (1 / (0.6 * long)))
    auricle = 0.066 * wide * bump((y - middle) * (0.6 / long))
    left = np.maximum.reduce([upper, knob, trunk, slope, ventricle])
    right = np.maximum.reduce([upper * 0.85, auricle, atrium])
    return right, left


def _lung(anatomy: Anatomy, projection: Projection, canvas: Canvas, side: int, lost: float) -> Lung:
    full = anatomy.base_left if side == LEFT else anatomy.base_right
    base = full - _EXCURSION * (1.0 - projection.inspiration) - 0.1 * lost
    apex = anatomy.apex + 0.02 * lost
    width = anatomy.width * (1.0 + 0.05 * side * projection.rotation - 0.09 * lost)
    tip = 0.37 * width
    # The sides of the chest follow the ribs, not the diaphragm.
    down = np.clip((canvas.y - apex) * (1 / (0.72 - apex)), 0.0, 1.0)
    rest = (1.0 - down) * (1.0 - down)
    slim = np.sqrt(np.maximum(1.0 - rest, 0.0))
    straight = np.sqrt(slim)
    grown = slim + (0.3 * anatomy.barrel) * (straight - slim)
    lateral = np.asarray(tip + (width - tip) * grown, np.float32)
    medial = tip - (tip - 0.028) * np.sqrt(np.clip(down * 9.0, 0.0, 1.0))
    floor = _floor(anatomy, canvas, side, base, width)
    return Lung(side, apex, base, np.asarray(medial, np.float32), lateral, floor)


def _floor(anatomy: Anatomy, canvas: Canvas, side: int, base: float, width: float) -> Field:
    summit = 0.5 * width
    out = (canvas.x * side - summit) * (1 / (width - summit))
    fall = 1.0 - dome(np.clip(out, 0.0, 1.0) * 0.985)
    inner = np.clip(-out, 0.0, 1.2)
    return np.asarray(
        base + anatomy.dome * (1.15 * fall + (0.35 if side == RIGHT else 0.2) * inner * inner), np.float32
    )

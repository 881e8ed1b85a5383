"""Images to pretrain on: other patients and other combinations of findings than the sample has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.anatomy import draw_anatomy
from tracker.phantom.drawing import draw
from tracker.phantom.findings import FINDINGS, Finding, Kind, draw_finding
from tracker.phantom.projection import draw_view
from tracker.phantom.rng import generator, happens

OF_ANATOMY = (
    *("width", "apex", "base_right", "base_left", "barrel", "depth", "flesh", "shoulder", "arms", "breasts"),
    *("heart", "heart_length", "mediastinum", "bone", "vessels", "curve", "rib_slope", "bubble"),
)
"""Numbers of the anatomy that can be read off an image."""

OF_VIEW = (
    *("scale", "shift_x", "shift_y", "tilt", "turn", "breath", "exposure", "contrast", "white", "black"),
    *("scatter", "grain", "fall_off"),
)
"""Numbers of how it was taken that can be read off it."""

_NORMAL, _EACH, _MANY = 0.2, 0.28, 0.25


@dataclass(frozen=True, slots=True)
class Lesson:
    """An image and what is to be learned of it.

    Attributes:
        image: [size, size] greys.
        findings: 1 where a finding is in it, else 0, in the order of `FINDINGS`.
        quantities: The numbers of `OF_ANATOMY` and `OF_VIEW`.
    """

    image: NDArray[np.uint8]
    findings: tuple[float, ...]
    quantities: tuple[float, ...]


def draw_lesson(number: int, *, seed: int, size: int = 224) -> Lesson:
    """Draw an image of a patient who comes once, with any findings anywhere.

    Args:
        number: Which image, 0 or more.
        seed: Of all images.
        size: Height and width, in pixels.
    """
    rng = generator(seed, number)
    anatomy = draw_anatomy(rng)
    kinds = () if happens(rng, _NORMAL) else tuple(kind for kind in FINDINGS if happens(rng, _EACH))
    findings = [_drawn(rng, kind) for kind in kinds]
    view = draw_view(rng)
    quantities = [
        *(getattr(anatomy, name) for name in OF_ANATOMY),
        *(getattr(view, name) for name in OF_VIEW),
    ]
    return Lesson(
        image=draw(anatomy, findings, view, rng, size=size),
        findings=tuple(float(kind in kinds) for kind in FINDINGS),
        quantities=tuple(quantities),
    )


def _drawn(rng: np.random.Generator, kind: Kind) -> Finding:
    return draw_finding(rng, kind, counts=(60, 130) if happens(rng, _MANY) else (1, 12))

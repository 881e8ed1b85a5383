"""Images to pretrain on: other patients and other combinations of findings than the sample has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.anatomy import draw_anatomy
from tracker.phantom.drawing import draw
from tracker.phantom.findings import FINDINGS, Finding, Kind, draw_finding
from tracker.phantom.projection import draw_projection
from tracker.phantom.rng import bernoulli, generator

OF_ANATOMY = (
    *("width", "apex", "base_right", "base_left", "barrel", "depth", "soft_tissue", "shoulder", "arms"),
    *("breasts", "heart", "heart_length", "mediastinum", "bone", "vessels", "scoliosis", "rib_slope"),
    "gastric_bubble",
)
"""Numbers of the anatomy that can be read off an image."""

OF_PROJECTION = (
    *("scale", "shift_x", "shift_y", "tilt", "rotation", "inspiration", "exposure", "contrast", "white"),
    *("black", "scatter", "grain", "fall_off"),
)
"""Numbers of how it was taken that can be read off it."""

FORMER_NAMES = {
    "flesh": "soft_tissue",
    "curve": "scoliosis",
    "bubble": "gastric_bubble",
    "turn": "rotation",
    "breath": "inspiration",
}
"""What the bundled weights' metadata and log call some of these numbers: they were named so at that time."""

_NORMAL, _EACH, _MANY = 0.2, 0.28, 0.25


@dataclass(frozen=True, slots=True)
class Lesson:
    """An image and what is to be learned of it.

    Attributes:
        image: [size, size] grays.
        findings: 1 where a finding is in it, else 0, in the order of `FINDINGS`.
        quantities: The numbers of `OF_ANATOMY` and `OF_PROJECTION`.
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
    kinds = () if bernoulli(rng, _NORMAL) else tuple(kind for kind in FINDINGS if bernoulli(rng, _EACH))
    findings = [_drawn(rng, kind) for kind in kinds]
    projection = draw_projection(rng)
    quantities = [
        *(getattr(anatomy, name) for name in OF_ANATOMY),
        *(getattr(projection, name) for name in OF_PROJECTION),
    ]
    return Lesson(
        image=draw(anatomy, findings, projection, rng, size=size),
        findings=tuple(float(kind in kinds) for kind in FINDINGS),
        quantities=tuple(quantities),
    )


def _drawn(rng: np.random.Generator, kind: Kind) -> Finding:
    return draw_finding(rng, kind, counts=(60, 130) if bernoulli(rng, _MANY) else (1, 12))

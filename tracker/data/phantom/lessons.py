"""Images to pretrain on: other patients and other combinations of findings than the sample has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracker.data.phantom.anatomy import draw_anatomy
from tracker.data.phantom.chance import generator, happens
from tracker.data.phantom.drawing import draw
from tracker.data.phantom.findings import FINDINGS, Finding, Kind, draw_finding
from tracker.data.phantom.view import draw_view

_NORMAL, _EACH, _MANY = 0.2, 0.28, 0.25


def draw_lesson(number: int, *, seed: int, size: int = 224) -> tuple[NDArray[np.uint8], tuple[Kind, ...]]:
    """Draw an image of a patient who comes once, with any findings anywhere.

    Args:
        number: Which image, 0 or more.
        seed: Of all images.
        size: Height and width, in pixels.

    Returns:
        [size, size] greys, and the findings that are in them, in the order of `FINDINGS`.
    """
    rng = generator(seed, number)
    anatomy = draw_anatomy(rng)
    kinds = () if happens(rng, _NORMAL) else tuple(kind for kind in FINDINGS if happens(rng, _EACH))
    findings = [_drawn(rng, kind) for kind in kinds]
    return draw(anatomy, findings, draw_view(rng), rng, size=size), kinds


def _drawn(rng: np.random.Generator, kind: Kind) -> Finding:
    return draw_finding(rng, kind, counts=(60, 130) if happens(rng, _MANY) else (1, 12))

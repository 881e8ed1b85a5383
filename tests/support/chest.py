"""A chest of somebody's, with findings that a test chooses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tracker.phantom.anatomy import draw_anatomy
from tracker.phantom.drawing import draw
from tracker.phantom.findings import Finding
from tracker.phantom.projection import Projection, draw_projection
from tracker.phantom.rng import generator

Chest = Callable[..., NDArray[np.int16]]


@pytest.fixture
def chest() -> Chest:
    """Draws somebody's chest with some findings, as signed numbers; the same one for the same number."""

    def drawn(*findings: Finding, number: int = 1, projection: Projection | None = None) -> NDArray[np.int16]:
        anatomy = draw_anatomy(generator(7, number))
        seen = projection or draw_projection(generator(8, number))
        return draw(anatomy, findings, seen, generator(9, number)).astype(np.int16)

    return drawn

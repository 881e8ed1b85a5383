from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tracker.data.parallel import parallel_map
from tracker.data.phantom.anatomy import draw_anatomy
from tracker.data.phantom.chance import generator
from tracker.data.phantom.cohort import Patient, cohort, draw_visit
from tracker.data.phantom.drawing import draw
from tracker.data.phantom.findings import Finding
from tracker.data.phantom.view import View, draw_view

Chest = Callable[..., NDArray[np.int16]]


@dataclass(frozen=True)
class Sample:
    """The whole sample of `--dataset phantom`, drawn once for all tests."""

    patients: list[Patient]
    visits: list[tuple[Patient, int]]
    images: NDArray[np.uint8]


@pytest.fixture(scope="session")
def sample() -> Sample:
    patients = cohort()
    visits = [(patient, visit) for patient in patients for visit in range(1, patient.visits + 1)]
    return Sample(patients, visits, np.stack(list(parallel_map(lambda visit: draw_visit(*visit), visits))))


@pytest.fixture
def chest() -> Chest:
    """Draws somebody's chest with some findings, as signed numbers; the same one for the same number."""

    def drawn(*findings: Finding, number: int = 1, view: View | None = None) -> NDArray[np.int16]:
        anatomy = draw_anatomy(generator(7, number))
        seen = view or draw_view(generator(8, number))
        return draw(anatomy, findings, seen, generator(9, number)).astype(np.int16)

    return drawn

"""The sample of synthetic radiographs, drawn once for all tests."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from tracker.io.parallel import parallel_map
from tracker.phantom.cohort import Patient, cohort, draw_visit


@dataclass(frozen=True)
class PhantomSample:
    """Patients, their visits, and the image of each visit, uint8 [visits, 224, 224]."""

    patients: list[Patient]
    visits: list[tuple[Patient, int]]
    images: NDArray[np.uint8]

    @property
    def labels(self) -> list[str]:
        return [patient.label for patient, _ in self.visits]

    @property
    def groups(self) -> list[int]:
        """The patient of each image, as a number."""
        return [patient.number for patient, _ in self.visits]


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> PhantomSample:
    patients = cohort()
    visits = [(patient, visit) for patient in patients for visit in range(1, patient.visits + 1)]
    folder = tmp_path_factory.getbasetemp()
    # All processes of the same tests share them.
    file = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "phantoms.npy"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            np.save(file, np.stack(list(parallel_map(lambda visit: draw_visit(*visit), visits))))
    return PhantomSample(patients, visits, np.load(file))

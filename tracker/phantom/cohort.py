"""The sample of `--dataset phantom`: as many images as the reference study has, of invented patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.phantom.anatomy import Anatomy, draw_anatomy
from tracker.phantom.disease import LARGE_HEART, not_tuberculosis, tuberculosis
from tracker.phantom.drawing import draw, draw_lesions
from tracker.phantom.findings import Finding
from tracker.phantom.projection import draw_projection
from tracker.phantom.rng import bernoulli, generator, integer, near

TUBERCULOSIS, OTHER = "tuberculosis", "other"
IMAGES = {TUBERCULOSIS: 336, OTHER: 326}
"""How many images each class has: as many as the Shenzhen set."""

_SEED = 662
_PATIENT, _VISIT = 0, 1
_MOST_VISITS = 3


@dataclass(frozen=True, slots=True)
class Patient:
    """Someone who comes once or several times.

    Attributes:
        number: From 1 on.
        label: The class of all images.
        anatomy: The chest.
        findings: What is wrong with it; it shows more or less from visit to visit.
        visits: How many images there are.
    """

    number: int
    label: str
    anatomy: Anatomy
    findings: tuple[Finding, ...]
    visits: int

    @property
    def name(self) -> str:
        """What the files call the patient."""
        return f"P{self.number:03}"

    @property
    def findings_text(self) -> str:
        """The findings in words."""
        kinds = dict.fromkeys(finding.kind for finding in self.findings)
        large = ["large heart"] if self.anatomy.heart >= LARGE_HEART[0] else []
        return ", ".join([*kinds, *large]) or "none"


def cohort() -> list[Patient]:
    """Draw all patients; together they have as many images of each class as there have to be."""
    left = dict(IMAGES)
    patients: list[Patient] = []
    while any(left.values()):
        number = len(patients) + 1
        rng = generator(_SEED, _PATIENT, number)
        # In turns that follow what is still to come, so that both classes end together.
        label = TUBERCULOSIS if bernoulli(rng, left[TUBERCULOSIS] / sum(left.values())) else OTHER
        visits = min(left[label], max(1, integer(rng, -1, _MOST_VISITS)))
        left[label] -= visits
        anatomy = draw_anatomy(rng)
        if label == OTHER:
            anatomy, findings = not_tuberculosis(rng, anatomy)
        else:
            findings = tuberculosis(rng)
        patients.append(Patient(number, label, anatomy, findings, visits))
    return patients


def draw_visit(patient: Patient, visit: int, *, size: int = 224) -> NDArray[np.uint8]:
    """Draw one image of a patient.

    Args:
        patient: Whose.
        visit: From 1 on.
        size: Height and width, in pixels.

    Returns:
        [size, size] grays.
    """
    rng = generator(_SEED, _VISIT, patient.number, visit)
    return draw(patient.anatomy, _findings_at(patient, rng), draw_projection(rng), rng, size=size)


def draw_lesions_of(patient: Patient, visit: int, *, size: int = 224) -> NDArray[np.bool_]:
    """Draw where the findings are on one image of a patient.

    Args:
        patient: Whose.
        visit: From 1 on.
        size: Height and width, in pixels.

    Returns:
        [size, size] whether there is one.
    """
    rng = generator(_SEED, _VISIT, patient.number, visit)
    return draw_lesions(patient.anatomy, _findings_at(patient, rng), draw_projection(rng), size=size)


def _findings_at(patient: Patient, rng: np.random.Generator) -> list[Finding]:
    return [finding.at(near(rng, 1.0, 0.3)) for finding in patient.findings]

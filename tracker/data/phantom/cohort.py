"""The sample of `--dataset phantom`: as many images as the reference study has, of patients that never lived.

Tuberculosis-like here means what a textbook says of the disease in adults: cavities, consolidation and
nodules in the upper zones, or tiny nodules everywhere, some with scars or fluid. All others are normal, or
have what looks similar elsewhere: pneumonia of the lower zones, fluid, a net of strands, one lump, a shrunken
lower lobe, a large heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracker.data.phantom.anatomy import Anatomy, draw_anatomy
from tracker.data.phantom.chance import around, between, generator, happens, whole
from tracker.data.phantom.drawing import draw
from tracker.data.phantom.findings import ANYWHERE, LOWER, UPPER, Finding, draw_finding
from tracker.data.phantom.view import draw_view

TUBERCULOSIS, OTHER = "tuberculosis", "other"
IMAGES = {TUBERCULOSIS: 336, OTHER: 326}
"""How many images each class has: as many as the Shenzhen set."""

LARGE_HEART = (1.3, 1.6)
"""Sizes of a heart that counts as a finding; no other one is as large."""

_SEED = 662
_PATIENT, _VISIT = 0, 1
_MOST_VISITS = 3
_MILIARY = (50, 100)


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
        label = TUBERCULOSIS if happens(rng, left[TUBERCULOSIS] / sum(left.values())) else OTHER
        visits = min(left[label], max(1, whole(rng, -1, _MOST_VISITS)))
        left[label] -= visits
        anatomy = draw_anatomy(rng)
        if label == OTHER:
            anatomy, findings = _other(rng, anatomy)
        else:
            findings = _tuberculosis(rng)
        patients.append(Patient(number, label, anatomy, findings, visits))
    return patients


def draw_visit(patient: Patient, visit: int, *, size: int = 224) -> NDArray[np.uint8]:
    """Draw one image of a patient.

    Args:
        patient: Whose.
        visit: From 1 on.
        size: Height and width, in pixels.

    Returns:
        [size, size] greys.
    """
    rng = generator(_SEED, _VISIT, patient.number, visit)
    findings = [finding.at(around(rng, 1.0, 0.3)) for finding in patient.findings]
    return draw(patient.anatomy, findings, draw_view(rng), rng, size=size)


def _tuberculosis(rng: np.random.Generator) -> tuple[Finding, ...]:
    leading = _chosen(rng, _LEADING)
    beside = [add(rng) for add, probability in _BESIDE if happens(rng, probability)]
    return (*leading(rng), *beside)


def _cavitary(rng: np.random.Generator) -> Iterator[Finding]:
    cavity = draw_finding(rng, "cavity", zone=UPPER)
    yield cavity
    if happens(rng, 0.5):
        yield replace(cavity, kind="consolidation", size=0.7 * cavity.size, strength=0.6 * cavity.strength)


def _infiltrate(rng: np.random.Generator) -> Iterator[Finding]:
    first = draw_finding(rng, "consolidation", zone=UPPER)
    yield first
    if happens(rng, 0.3):
        yield replace(draw_finding(rng, "consolidation", zone=UPPER), side=-first.side)


def _nodular(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", zone=UPPER, counts=(4, 12))


def _miliary(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", zone=ANYWHERE, counts=_MILIARY)


_Leading = Callable[[np.random.Generator], Iterator[Finding]]
_LEADING: tuple[tuple[_Leading, float], ...] = (
    (_cavitary, 0.35),
    (_infiltrate, 0.22),
    (_nodular, 0.31),
    (_miliary, 0.12),
)
_BESIDE: tuple[tuple[Callable[[np.random.Generator], Finding], float], ...] = (
    (lambda rng: draw_finding(rng, "volume-loss", zone=UPPER), 0.15),
    (lambda rng: draw_finding(rng, "effusion"), 0.16),
)


def _chosen(rng: np.random.Generator, shares: tuple[tuple[_Leading, float], ...]) -> _Leading:
    place = between(rng, 0.0, sum(share for _, share in shares))
    for choice, share in shares[:-1]:
        if place < share:
            return choice
        place -= share
    return shares[-1][0]


def _other(rng: np.random.Generator, anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Draw somebody normal, or with something that is not tuberculosis."""
    if happens(rng, 0.5):
        return anatomy, ()
    if happens(rng, 0.1):
        return replace(anatomy, heart=between(rng, *LARGE_HEART)), ()
    return anatomy, tuple(_chosen(rng, _ELSEWHERE)(rng))


def _pneumonia(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "consolidation", zone=LOWER)
    if happens(rng, 0.3):
        yield draw_finding(rng, "effusion")


def _fluid(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "effusion")


def _net(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "interstitial", zone=LOWER)


def _lump(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", counts=(1, 1))


def _collapse(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "volume-loss", zone=LOWER)


_ELSEWHERE: tuple[tuple[_Leading, float], ...] = (
    (_pneumonia, 0.35),
    (_fluid, 0.2),
    (_net, 0.2),
    (_lump, 0.1),
    (_collapse, 0.15),
)

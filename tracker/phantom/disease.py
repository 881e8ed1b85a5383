"""What patients come with: tuberculosis as a textbook describes it in adults, or something else, or nothing.

Tuberculosis here is cavities, consolidation or nodules in the upper zones, or tiny nodules everywhere, some
with scars or fluid. All others are normal, or have what looks similar elsewhere: pneumonia of the lower
zones, fluid, an interstitial pattern, one nodule, a shrunken lower lobe, a large heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tracker.phantom.anatomy import Anatomy
from tracker.phantom.findings import ANYWHERE, LOWER, UPPER, Finding, draw_finding
from tracker.phantom.rng import bernoulli, uniform

LARGE_HEART = (1.3, 1.6)
"""Sizes of a heart that counts as a finding; no other one is as large."""

_MILIARY = (50, 100)


def tuberculosis(rng: np.random.Generator) -> tuple[Finding, ...]:
    """Draw the findings of somebody with tuberculosis."""
    form = _choose(rng, _FORMS_OF_TUBERCULOSIS)
    beside = [add(rng) for add, probability in _BESIDE if bernoulli(rng, probability)]
    return (*form(rng), *beside)


def _cavitary(rng: np.random.Generator) -> Iterator[Finding]:
    cavity = draw_finding(rng, "cavity", zone=UPPER)
    yield cavity
    if bernoulli(rng, 0.5):
        yield replace(cavity, kind="consolidation", size=0.7 * cavity.size, strength=0.6 * cavity.strength)


def _infiltrate(rng: np.random.Generator) -> Iterator[Finding]:
    first = draw_finding(rng, "consolidation", zone=UPPER)
    yield first
    if bernoulli(rng, 0.3):
        yield replace(draw_finding(rng, "consolidation", zone=UPPER), side=-first.side)


def _nodular(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", zone=UPPER, counts=(4, 12))


def _miliary(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", zone=ANYWHERE, counts=_MILIARY)


_Disease = Callable[[np.random.Generator], Iterator[Finding]]
_FORMS_OF_TUBERCULOSIS: tuple[tuple[_Disease, float], ...] = (
    (_cavitary, 0.35),
    (_infiltrate, 0.22),
    (_nodular, 0.31),
    (_miliary, 0.12),
)
_BESIDE: tuple[tuple[Callable[[np.random.Generator], Finding], float], ...] = (
    (lambda rng: draw_finding(rng, "volume-loss", zone=UPPER), 0.15),
    (lambda rng: draw_finding(rng, "effusion"), 0.16),
)


def _choose(rng: np.random.Generator, shares: tuple[tuple[_Disease, float], ...]) -> _Disease:
    place = uniform(rng, 0.0, sum(share for _, share in shares))
    for choice, share in shares[:-1]:
        if place < share:
            return choice
        place -= share
    return shares[-1][0]


def not_tuberculosis(rng: np.random.Generator, anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Draw somebody normal, or with something that is not tuberculosis."""
    if bernoulli(rng, 0.5):
        return anatomy, ()
    if bernoulli(rng, 0.1):
        return replace(anatomy, heart=uniform(rng, *LARGE_HEART)), ()
    return anatomy, tuple(_choose(rng, _ELSEWHERE)(rng))


def _pneumonia(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "consolidation", zone=LOWER)
    if bernoulli(rng, 0.3):
        yield draw_finding(rng, "effusion")


def _effusion(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "effusion")


def _interstitial_pattern(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "interstitial", zone=LOWER)


def _solitary_nodule(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "nodules", counts=(1, 1))


def _lower_lobe_collapse(rng: np.random.Generator) -> Iterator[Finding]:
    yield draw_finding(rng, "volume-loss", zone=LOWER)


_ELSEWHERE: tuple[tuple[_Disease, float], ...] = (
    (_pneumonia, 0.35),
    (_effusion, 0.2),
    (_interstitial_pattern, 0.2),
    (_solitary_nodule, 0.1),
    (_lower_lobe_collapse, 0.15),
)

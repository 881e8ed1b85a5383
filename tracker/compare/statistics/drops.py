"""How much worse networks are on other images than on their own test images, and which arm loses less.

The two samples of patients are others, and drawn by themselves; the networks are the same, so that what a
repetition reached here and there is taken together.

Letters of shapes: R repetitions of the study, S networks that answered elsewhere, B resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats
from tracker.compare.statistics.bootstrap import (
    RESAMPLES,
    PairedSpread,
    measured_parts,
    spread_of,
)
from tracker.compare.statistics.measures import MEASURES
from tracker.compare.statistics.sampling_error import Part

_HERE, _THERE = 0, 1
"""The seeds of the two samples: with one seed for both, equally many patients would be drawn alike."""


@dataclass(frozen=True, eq=False)
class BothPlaces:
    """What the networks of one arm answered on their own test images, and on others.

    Attributes:
        here: To the test images of their study; R repetitions.
        there: To other images; S networks.
        networks: Of each repetition here, the places of its networks there: one, or one a fold.
    """

    here: Answers
    there: Answers
    networks: Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class _Drop:
    part: Part
    patients: int


def drop_of(arm: BothPlaces, measure: str, *, resamples: int = RESAMPLES) -> PairedSpread | None:
    """Return how much worse an arm is elsewhere, with its intervals: positive where it is worse there.

    The interval rests on the patients of the smaller of the two samples: with fewer degrees of freedom it is
    wider, if anything.

    Args:
        arm: What its networks answered.
        measure: One of `MEASURES`.
        resamples: How many.

    Returns:
        None where there is no such measure of both.

    Sources: as for `tracker.compare.statistics.bootstrap.bootstrap_intervals`.
    """
    drop = _drop(arm, measure, resamples)
    if drop is None:
        return None
    return spread_of([drop.part], patients=drop.patients, most=_most(arm, measure), seed=_HERE)


def difference_of_drops(
    first: BothPlaces, second: BothPlaces, measure: str, *, resamples: int = RESAMPLES
) -> PairedSpread | None:
    """Return how much more the first arm loses elsewhere than the second, with its intervals.

    Both are measured on the same resampled patients, here and there; repetitions of each arm are its own.

    Args:
        first: What the networks of one arm answered.
        second: What those of another one answered to the same images.
        measure: One of `MEASURES`.
        resamples: How many.

    Returns:
        None where there is no such measure of both arms in both places.
    """
    drops = [_drop(arm, measure, resamples) for arm in (first, second)]
    if drops[0] is None or drops[1] is None:
        return None
    one, other = drops[0], drops[1]
    parts = [one.part, Part(-other.part.points, -other.part.values)]
    return spread_of(
        parts,
        patients=min(one.patients, other.patients),
        most=2 * _most(first, measure),
        seed=_HERE,
    )


def _drop(arm: BothPlaces, name: str, resamples: int) -> _Drop | None:
    """Return how much worse each repetition is elsewhere, of the images as they are and of resamples."""
    here = measured_parts(arm.here, [name], resamples, _HERE).get(name)
    there = measured_parts(arm.there, [name], resamples, _THERE).get(name)
    if here is None or there is None:
        return None
    measure = MEASURES[name]
    sign = 1.0 if measure.higher_is_better else -1.0
    points_R = sign * (here.points - _by_repetition(there.points[None], arm.networks)[0])
    values_BR = sign * (here.values - _by_repetition(there.values, arm.networks))
    return _Drop(Part(points_R, values_BR), min(measure.patients(arm.here), measure.patients(arm.there)))


def _by_repetition(values_BS: Floats, networks: Sequence[Sequence[int]]) -> Floats:
    """Return values_BR: the mean over the networks of each repetition."""
    return np.stack([values_BS[:, list(places)].mean(1) for places in networks], axis=1)


def _most(arm: BothPlaces, name: str) -> float:
    return MEASURES[name].most(arm.here)

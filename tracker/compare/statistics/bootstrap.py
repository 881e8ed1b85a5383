"""Intervals of every measure, and of the difference between two arms, by resampling patients.

Of intervals that were tried by simulation (docs/statistics.md), percentiles cover too seldom where a number
is near 0 or 1 (an AUROC of 0.92 from 44 images: 90 times of 100) and BCa is better but not near 1. What
covers as often as it says, or nearly, takes the standard error from the resamples: on the scale of the
log-odds for the number of one arm, plainly for a difference, and with Student's t for the number of patients.

Letters of shapes: R repetitions, N images, B resamples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats
from tracker.compare.statistics.intervals import Interval, wilson
from tracker.compare.statistics.measures import MEASURES, Measure, measure_of, measure_resamples
from tracker.compare.statistics.resampling import patient_weights
from tracker.compare.statistics.sampling_error import (
    Part,
    SamplingError,
    on_log_odds,
    over_both,
    over_patients,
)

RESAMPLES = 2000

_Parts = dict[str, Part | None]
_MEASURED: WeakKeyDictionary[Answers, dict[tuple[int, int], _Parts]] = WeakKeyDictionary()
"""What was measured of answers for as long as they are there, by number and seed of the resamples."""


@dataclass(frozen=True)
class Spread:
    """A number of one arm, and how far it may be off.

    Attributes:
        estimate: The mean over the repetitions.
        sd: How far repetitions are apart: their sample standard deviation; None where there is one.
        patients: Where the mean of *these* networks over all patients lies: the uncertainty of a test sample
            alone. None where it rests on one patient, or most resamples lack a class.
        both: Where the mean over all networks that other seeds would give lies: the uncertainty of patients
            and of repetitions. None where `patients` is, and where there is one repetition.
    """

    estimate: float
    sd: float | None
    patients: Interval | None
    both: Interval | None


@dataclass(frozen=True)
class PairedSpread:
    """The difference of a number between two arms, and how far it may be off.

    Attributes:
        estimate: The first arm's mean over its repetitions less the second's.
        patients: As for `Spread`.
        both: As for `Spread`; None where both arms have one repetition. What other repetitions of
            an arm with a single one would give is not known, and not in it.
        p_patients: How probable so large a difference is if these networks do not differ, both directions
            counted; below 0.05 where `patients` does not cover zero, but 1 where all resamples give the same
            difference, which establishes nothing. None where there is no interval.
        p_both: The same for `both`.
    """

    estimate: float
    patients: Interval | None
    both: Interval | None
    p_patients: float | None
    p_both: float | None


def bootstrap_intervals(
    answers: Answers, names: Iterable[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> Mapping[str, Spread]:
    """Return the mean of each measure, with its intervals.

    Patients are drawn with replacement, each with all of its images. Of R repetitions, R - 1 are drawn for
    `both` (`repetition_weights` says why), and what resampling of both together counts too often is taken off
    (`over_both`). Resamples without a class that is needed are left out.
    Where all resamples give the same number (an accuracy of 1), they say nothing about how far it may be off:
    the interval is Wilson's for as many trials as it rests on patients, of the smallest class where classes
    count. The expected calibration error is above zero by chance alone, and resamples add to that: its
    interval says how much it varies, not where an error without chance lies.

    Args:
        answers: What was answered.
        names: Of `MEASURES`.
        resamples: How many.
        seed: The same one, the same numbers; the same patients are drawn for every arm.

    Returns:
        By name; measures that cannot be (see `measure_of`) are left out.

    Sources: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 12;
    `over_both`.
    """
    measured = measured_parts(answers, names, resamples, seed)
    return {name: _spread(MEASURES[name], answers, part, seed) for name, part in measured.items()}


def paired_intervals(
    first: Answers,
    second: Answers,
    names: Iterable[str],
    *,
    paired_seeds: bool,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Mapping[str, PairedSpread]:
    """Return the difference of each measure, first less second, with its intervals.

    Both arms are measured on the same resampled patients. Where all resamples give the same difference (the
    two never disagree), the interval reaches as far to both sides as Wilson's does from 0 of as many trials
    as it rests on patients.

    Args:
        first: What one arm answered.
        second: What another one answered to the same images.
        names: Of `MEASURES`.
        paired_seeds: Whether the repetitions are pairs, of equal seeds, in this order; else those of each arm
            are resampled on their own, and may be of different numbers.
        resamples: How many.
        seed: The same one, the same numbers.

    Returns:
        By name; measures that cannot be of both are left out.

    Sources: as for `bootstrap_intervals`.
    """
    names = list(names)
    _must_be_of_the_same_images(first, second)
    if paired_seeds and first.repetitions != second.repetitions:
        raise ValueError("paired repetitions must be as many")
    one, other = (measured_parts(answers, names, resamples, seed) for answers in (first, second))
    return {
        name: spread_of(
            _parts(one[name], other[name], paired_seeds),
            patients=MEASURES[name].patients(first),
            most=MEASURES[name].most(first),
            seed=seed,
        )
        for name in names
        if name in one and name in other
    }


def measured_parts(answers: Answers, names: Iterable[str], resamples: int, seed: int) -> dict[str, Part]:
    """Return each measure that can be, with its resamples; an arm of several pairs is measured once.

    Args:
        answers: What was answered.
        names: Of `MEASURES`.
        resamples: How many.
        seed: The same one, the same patients; of other images, another one draws by itself.
    """
    names = list(names)
    known = _MEASURED.setdefault(answers, {}).setdefault((resamples, seed), {})
    if (new := [name for name in names if name not in known]) and answers.images:
        weights_BN = patient_weights(answers.patients, resamples, np.random.default_rng(seed))
        values = measure_resamples(answers, new, weights_BN)
        points = {name: measure_of(answers, name) for name in values}
        known |= dict.fromkeys(new)
        known |= {name: Part(some_R, values[name]) for name, some_R in points.items() if some_R is not None}
    found = {name: known.get(name) for name in names}
    return {name: part for name, part in found.items() if part is not None}


def _parts(one: Part, other: Part, paired: bool) -> list[Part]:
    if paired:
        return [Part(one.points - other.points, one.values - other.values)]
    return [one, Part(-other.points, -other.values)]


def _spread(measure: Measure, answers: Answers, part: Part, seed: int) -> Spread:
    patients, most = measure.patients(answers), measure.most(answers)
    scaled = Part(part.points / most, part.values / most)
    estimate = float(scaled.points.mean())
    ends = [
        None if error is None else _interval(estimate, error, patients)
        for error in _errors([scaled], patients, seed)
    ]
    alone, both = (None if end is None else Interval(end.low * most, end.high * most) for end in ends)
    sd = float(part.points.std(ddof=1)) if part.repetitions > 1 else None
    return Spread(float(part.points.mean()), sd, alone, both)


def _interval(share: float, error: SamplingError, patients: int) -> Interval:
    if not error.is_none and 0 < share < 1:
        return on_log_odds(share, error)
    low, high = wilson(round(share * patients), patients)
    return Interval(min(low, share), max(high, share))


def spread_of(parts: Sequence[Part], *, patients: int, most: float, seed: int) -> PairedSpread:
    """Return a difference that is the sum of parts, with its intervals.

    Args:
        parts: Its parts, those of the second arm with the other sign.
        patients: On how many it rests.
        most: The largest difference that there can be.
        seed: Of what draws repetitions.
    """
    difference = sum(float(part.points.mean()) for part in parts)
    alone, both = _errors(parts, patients, seed)
    return PairedSpread(
        difference,
        _around(difference, alone, patients, most),
        _around(difference, both, patients, most),
        _p(difference, alone),
        _p(difference, both),
    )


def _around(difference: float, error: SamplingError | None, patients: int, most: float) -> Interval | None:
    if error is None:
        return None
    reach = wilson(0, patients).high * most if error.is_none else error.reach
    return Interval(max(-most, difference - reach), min(most, difference + reach))


def _p(difference: float, error: SamplingError | None) -> float | None:
    if error is None:
        return None
    return 1.0 if error.is_none else error.p(difference)


def _errors(
    parts: Sequence[Part], patients: int, seed: int
) -> tuple[SamplingError | None, SamplingError | None]:
    # Not the numbers that drew the patients.
    generator = np.random.default_rng([seed, 1])
    return over_patients(parts, patients), over_both(parts, patients, generator)


def _must_be_of_the_same_images(first: Answers, second: Answers) -> None:
    same: list[tuple[Floats | np.ndarray, Floats | np.ndarray]] = [
        (first.labels, second.labels),
        (first.patients, second.patients),
    ]
    if not all(np.array_equal(*each) for each in same):
        raise ValueError("both arms must have answered to the same images")

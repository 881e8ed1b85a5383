"""Two modes of one model on the same test images: their difference, and every test of it.

Which test a verdict rests on follows from the data alone: from folds, from how many trainings there are, and
from whether a patient has several images.

Letters of shapes: R and S repetitions, N images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tracker.compare.disagreement import (
    Disagreement,
    counts_by_patient,
    design_effect_of,
    disagreement_of,
    right_answers,
    shared_places,
)
from tracker.compare.evidence import ArmEvidence, Repetition
from tracker.compare.folds_tested import tested_over_folds
from tracker.compare.statistics.answers import Answers, Floats
from tracker.compare.statistics.bootstrap import PairedSpread, paired_intervals
from tracker.compare.statistics.clustered_mcnemar import clustered_mcnemar
from tracker.compare.statistics.crossed import Crossed, crossed_difference_unpaired
from tracker.compare.statistics.delong import DeLong, delong_test
from tracker.compare.statistics.false_claim import probability_of_false_claim
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.mcnemar import McNemar, mcnemar
from tracker.compare.statistics.measures import MEASURES, measure_of
from tracker.compare.statistics.resampled_t import ResampledT

MCNEMAR, CLUSTERED = "McNemar's test (mid-p)", "McNemar's test for clusters"
CROSSED, CROSSED_IMAGES = "a t-test over patients and seeds", "a t-test over test images and seeds"
RESAMPLED = "the corrected resampled t-test"
DELONG, BOOTSTRAP = "DeLong's paired test", "the paired bootstrap"
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on.

    Attributes:
        test: Its name.
        p: Its p-value; None where it has none.
        interval: The interval that goes with it; None where there is none.
        holds: What varies in it, such as `test images` or `patients and seeds`.
    """

    test: str
    p: float | None
    interval: Interval | None
    holds: str


@dataclass(frozen=True, slots=True)
class PairTests:
    """Every test of a difference that these answers allow; what they do not allow is empty or None.

    Attributes:
        mcnemar: McNemar's test of each repetition that both arms have.
        clustered: The same for patients with several images: a p-value by repetition.
        crossed: The difference of accuracies over patients and seeds; without folds.
        delong: DeLong's paired test of each repetition; without folds.
        resampled: The corrected resampled t-test over folds and repeats.
        bootstrap: The paired bootstrap of the metric.
    """

    mcnemar: Mapping[Repetition, McNemar]
    clustered: Mapping[Repetition, float]
    crossed: Crossed | None
    delong: Mapping[Repetition, DeLong]
    resampled: ResampledT | None
    bootstrap: PairedSpread | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A measure's difference between two modes of one model.

    Attributes:
        model: The model.
        first: The mode that the difference is taken from.
        second: The mode that is subtracted.
        measure: The measure, such as accuracy.
        difference: First minus second, of the means over repetitions; of folds, the mean over folds.
        basis: What a verdict rests on.
        tests: Every test.
        disagreement: How often the two disagree.
        images: How many test images there are.
        patients: Of how many patients.
        repetitions: Of the first and the second arm.
        design_effect: How many times the variance is what it were if every image was another patient's.
        false_claim: The probability that the arm that looks better is not; of accuracies alone,
            and without folds.
    """

    model: str
    first: str
    second: str
    measure: str
    difference: float
    basis: Basis
    tests: PairTests
    disagreement: Disagreement
    images: int
    patients: int
    repetitions: tuple[int, int]
    design_effect: float
    false_claim: float | None


def compare_pair(
    model: str, modes: tuple[str, str], arms: tuple[ArmEvidence, ArmEvidence], measure: str
) -> Pair | None:
    """Compare two arms of one model.

    Args:
        model: The model.
        modes: The two modes.
        arms: What they answered, to the same images.
        measure: The measure, as `tracker.compare.statistics.measures.MEASURES` names it.

    Returns:
        None where one of the arms has no such measure.
    """
    first, second = arms
    values = [measure_of(arm.answers, measure) for arm in arms]
    if values[0] is None or values[1] is None:
        return None
    tests = _tests(first, second, measure)
    # Of folds, a claim is about trainings, and not about networks.
    networks = measure == "accuracy" and first.folds is None
    disagreement, effect = disagreement_of(first, second), design_effect_of(first, second)
    return Pair(
        model=model,
        first=modes[0],
        second=modes[1],
        measure=measure,
        difference=tests.resampled.mean if tests.resampled else _difference(values[0], values[1]),
        basis=_within(_basis(first, second, measure, tests), MEASURES[measure].most(first.answers)),
        tests=tests,
        disagreement=disagreement,
        images=first.answers.images,
        patients=len(np.unique(first.answers.patients)),
        repetitions=(first.answers.repetitions, second.answers.repetitions),
        design_effect=effect,
        false_claim=_false_claim(disagreement, effect) if networks else None,
    )


def _difference(first_R: Floats, second_S: Floats) -> float:
    difference = float(np.mean(first_R) - np.mean(second_S))
    # Equal numbers of other seeds add up to sums that differ in their last digit.
    return difference if abs(difference) > _ROUNDING else 0.0


def _tests(first: ArmEvidence, second: ArmEvidence, measure: str) -> PairTests:
    of_accuracy, shared = measure == "accuracy", shared_places(first, second)
    clustered, one_network = first.answers.clustered, first.folds is None
    return PairTests(
        mcnemar=_by_repetition(first, second) if of_accuracy else {},
        clustered=_clustered(first, second) if of_accuracy and clustered else {},
        crossed=_crossed(first, second) if of_accuracy and one_network else None,
        delong={
            name: found
            for name, (one, other) in shared.items()
            if measure == "auroc"
            and one_network
            and (found := _delong(first.answers, second.answers, one, other))
        },
        resampled=tested_over_folds(first, second, measure),
        bootstrap=paired_intervals(first.answers, second.answers, (measure,), paired_seeds=False).get(
            measure
        ),
    )


def _by_repetition(first: ArmEvidence, second: ArmEvidence) -> dict[Repetition, McNemar]:
    found = {}
    for name, (one, other) in shared_places(first, second).items():
        a, b = first.answers.correct[one], second.answers.correct[other]
        found[name] = mcnemar(int((a & ~b).sum()), int((b & ~a).sum()))
    return found


def _clustered(first: ArmEvidence, second: ArmEvidence) -> dict[Repetition, float]:
    return {
        name: clustered_mcnemar(*counts_by_patient(first, second, *places))
        for name, places in shared_places(first, second).items()
    }


def _crossed(first: ArmEvidence, second: ArmEvidence) -> Crossed | None:
    """Return the difference over patients and seeds, the seeds of each arm by themselves.

    Two trainings with one seed share the draw of the new layer and little else: taken as pairs, few of them
    look more alike than they are (docs/statistics.md has how often).
    """
    return crossed_difference_unpaired(right_answers(first), right_answers(second), first.answers.patients)


def _delong(first: Answers, second: Answers, one: int, other: int) -> DeLong | None:
    if first.positive is None:
        return None
    positive = first.positive
    return delong_test(
        first.scores[one, :, positive], second.scores[other, :, positive], first.labels == positive
    )


def _basis(first: ArmEvidence, second: ArmEvidence, measure: str, tests: PairTests) -> Basis:
    fewest, most = sorted((first.answers.repetitions, second.answers.repetitions))
    clustered = first.answers.clustered
    holds = _holds(clustered, fewest, most)
    if first.folds is not None:
        found, varies = tests.resampled, "folds and their training sets"
        return Basis(RESAMPLED, found.p if found else None, found.interval if found else None, varies)
    if measure == "accuracy" and tests.crossed is not None:
        return Basis(*_of_accuracy(tests, clustered=clustered, most=most), tests.crossed.interval, holds)
    if tests.delong and most == 1 and not clustered:
        (delong,) = tests.delong.values()
        return Basis(DELONG, delong.p, delong.interval, holds)
    return _of_bootstrap(tests.bootstrap, holds, with_seeds=most > 1)


def _of_bootstrap(spread: PairedSpread | None, holds: str, *, with_seeds: bool) -> Basis:
    if spread is None:
        return Basis(BOOTSTRAP, None, None, holds)
    p, interval = (spread.p_both, spread.both) if with_seeds else (spread.p_patients, spread.patients)
    return Basis(BOOTSTRAP, p, interval, holds)


def _within(basis: Basis, most: float) -> Basis:
    """Cut the interval where no difference can be."""
    if basis.interval is None:
        return basis
    low, high = (min(max(end, -most), most) for end in basis.interval)
    return replace(basis, interval=Interval(low, high))


def _of_accuracy(tests: PairTests, *, clustered: bool, most: int) -> tuple[str, float | None]:
    """Return the test of accuracies that a verdict rests on, and its p-value."""
    if most > 1 and tests.crossed is not None:
        return CROSSED if clustered else CROSSED_IMAGES, tests.crossed.p
    if clustered:
        (p,) = tests.clustered.values()
        return CLUSTERED, p
    (table,) = tests.mcnemar.values()
    return MCNEMAR, table.mid_p


def _holds(clustered: bool, fewest: int, most: int) -> str:
    """Return what varies in the intervals of a difference."""
    images = "patients" if clustered else "test images"
    if fewest > 1:
        return f"{images} and seeds"
    return images if most == 1 else f"{images}, seeds of one arm"


def _false_claim(disagreement: Disagreement, design_effect: float) -> float:
    """Return the probability, of as many images as those of other patients that would say as much."""
    counts = (disagreement.only_first, disagreement.only_second, disagreement.images)
    return probability_of_false_claim(*(count / design_effect for count in counts))

"""Two modes of one model on the same test images: their difference, and every test of it.

Which test a verdict rests on follows from the data alone: from folds, from how many trainings there are, and
from whether a patient has several images.

Letters of shapes: R repetitions, N images, J folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from tracker.compare.evidence import ArmEvidence
from tracker.compare.statistics.answers import Answers, Floats, Whole
from tracker.compare.statistics.bootstrap import PairedSpread, paired_intervals
from tracker.compare.statistics.clustered_mcnemar import clustered_mcnemar
from tracker.compare.statistics.crossed import Crossed, crossed_difference_unpaired
from tracker.compare.statistics.delong import DeLong, delong_test
from tracker.compare.statistics.false_claim import probability_of_false_claim
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.mcnemar import McNemar, mcnemar
from tracker.compare.statistics.measures import measure_of
from tracker.compare.statistics.power import design_effect
from tracker.compare.statistics.resampled_t import ResampledT, corrected_resampled_t

MCNEMAR, CLUSTERED = "McNemar's test (mid-p)", "McNemar's test for clusters"
CROSSED, RESAMPLED = "a t-test over patients and seeds", "the corrected resampled t-test"
DELONG, BOOTSTRAP = "DeLong's paired test", "the paired bootstrap"


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
        crossed: The difference of accuracies over patients and seeds.
        delong: DeLong's paired test of each repetition.
        resampled: The corrected resampled t-test over folds and repeats.
        bootstrap: The paired bootstrap of the metric.
    """

    mcnemar: Mapping[str, McNemar]
    clustered: Mapping[str, float]
    crossed: Crossed | None
    delong: Mapping[str, DeLong]
    resampled: ResampledT | None
    bootstrap: PairedSpread | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How often exactly one of two arms is right: the mean over repetitions, as numbers of images.

    Attributes:
        only_first: Images that the first alone gets right.
        only_second: Images that the second alone gets right.
        images: Of how many images.
    """

    only_first: float
    only_second: float
    images: int

    @property
    def share(self) -> float:
        """The share of images on which they disagree."""
        return (self.only_first + self.only_second) / self.images


@dataclass(frozen=True, slots=True)
class Pair:
    """A measure's difference between two modes of one model.

    Attributes:
        model: The model.
        first: The mode that the difference is taken from.
        second: The mode that is subtracted.
        measure: The measure, such as accuracy.
        difference: First minus second, of the means over repetitions.
        basis: What a verdict rests on.
        tests: Every test.
        disagreement: How often the two disagree.
        images: How many test images there are.
        patients: Of how many patients.
        repetitions: Of the first and the second arm.
        design_effect: How many times the variance is what it were if every image was another patient's.
        false_claim: The probability that the arm that looks better is not; of accuracies alone.
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
    disagreement, effect = _disagreement(first, second), _design_effect(first, second)
    return Pair(
        model=model,
        first=modes[0],
        second=modes[1],
        measure=measure,
        difference=float(np.mean(values[0]) - np.mean(values[1])),
        basis=_basis(first, second, measure, tests),
        tests=tests,
        disagreement=disagreement,
        images=first.answers.images,
        patients=len(np.unique(first.answers.patients)),
        repetitions=(first.answers.repetitions, second.answers.repetitions),
        design_effect=effect,
        false_claim=_false_claim(disagreement, effect) if measure == "accuracy" else None,
    )


def _paired(first: ArmEvidence, second: ArmEvidence) -> bool:
    """Say whether each training of the one has its counterpart; of one run each there is no other."""
    return first.repetitions == second.repetitions or len(first.repetitions) == len(second.repetitions) == 1


def _shared(first: ArmEvidence, second: ArmEvidence) -> dict[str, tuple[int, int]]:
    """Return the places of the repetitions that both arms have."""
    if len(first.repetitions) == len(second.repetitions) == 1:
        return {first.repetitions[0]: (0, 0)}
    return {
        name: (place, second.repetitions.index(name))
        for place, name in enumerate(first.repetitions)
        if name in second.repetitions
    }


def _tests(first: ArmEvidence, second: ArmEvidence, measure: str) -> PairTests:
    of_accuracy, shared = measure == "accuracy", _shared(first, second)
    clustered = first.answers.clustered
    return PairTests(
        mcnemar=_by_repetition(first, second) if of_accuracy else {},
        clustered=_clustered(first, second) if of_accuracy and clustered else {},
        crossed=_crossed(first, second) if of_accuracy else None,
        delong={
            name: found
            for name, (one, other) in shared.items()
            if measure == "auroc" and (found := _delong(first.answers, second.answers, one, other))
        },
        resampled=_resampled(first, second, measure),
        bootstrap=paired_intervals(first.answers, second.answers, (measure,), paired_seeds=False).get(
            measure
        ),
    )


def _right(arm: ArmEvidence) -> Floats:
    return arm.answers.correct.astype(np.float64)


def _by_repetition(first: ArmEvidence, second: ArmEvidence) -> dict[str, McNemar]:
    found = {}
    for name, (one, other) in _shared(first, second).items():
        a, b = first.answers.correct[one], second.answers.correct[other]
        found[name] = mcnemar(int((a & ~b).sum()), int((b & ~a).sum()))
    return found


def _by_patient(first: ArmEvidence, second: ArmEvidence, one: int, other: int) -> tuple[Whole, Whole]:
    """Return how many images of each patient the first alone, and the second alone, gets right."""
    a, b = first.answers.correct[one], second.answers.correct[other]
    patients = first.answers.patients
    return _sums(a & ~b, patients), _sums(b & ~a, patients)


def _design_effect(first: ArmEvidence, second: ArmEvidence) -> float:
    """Return the mean over the trainings that both arms have; 1 where every patient has one image."""
    shared = _shared(first, second).values()
    if not first.answers.clustered or not shared:
        return 1.0
    sizes = np.bincount(first.answers.patients)
    return fmean(design_effect(*_by_patient(first, second, *places), sizes) for places in shared)


def _clustered(first: ArmEvidence, second: ArmEvidence) -> dict[str, float]:
    return {
        name: clustered_mcnemar(*_by_patient(first, second, *places))
        for name, places in _shared(first, second).items()
    }


def _sums(truth_N: np.ndarray, patients_N: Whole) -> Whole:
    return np.bincount(patients_N, weights=truth_N).astype(np.int64)


def _crossed(first: ArmEvidence, second: ArmEvidence) -> Crossed | None:
    """Return the difference over patients and seeds, the seeds of each arm by themselves.

    Two trainings with one seed share the draw of the new layer and little else: taken as pairs, few of them
    look more alike than they are (docs/statistics.md has how often).
    """
    return crossed_difference_unpaired(_right(first), _right(second), first.answers.patients)


def _delong(first: Answers, second: Answers, one: int, other: int) -> DeLong | None:
    if first.positive is None:
        return None
    positive = first.positive
    return delong_test(
        first.scores[one, :, positive], second.scores[other, :, positive], first.labels == positive
    )


def _resampled(first: ArmEvidence, second: ArmEvidence, measure: str) -> ResampledT | None:
    """Test the differences of folds; seeds of one fold train on the same images, so they are averaged."""
    if first.folds is None or second.folds is None or first.test_share is None:
        return None
    by_fold = [_by_fold(arm, measure) for arm in (first, second)]
    shared = sorted(by_fold[0].keys() & by_fold[1].keys())
    if len(shared) < len(by_fold[0]) or len(shared) < len(by_fold[1]):
        return None
    differences_J = np.array([by_fold[0][key] - by_fold[1][key] for key in shared])
    return corrected_resampled_t(differences_J, test_share=first.test_share)


def _by_fold(arm: ArmEvidence, measure: str) -> dict[tuple[str, int], float]:
    """Return the measure of each repeat and fold, the mean over its seeds; folds without it are left out."""
    assert arm.folds is not None
    several: dict[tuple[str, int], list[float]] = {}
    for place, name in enumerate(arm.repetitions):
        for fold in np.unique(arm.folds[place]):
            value = measure_of(_part(arm.answers, place, arm.folds[place] == fold), measure)
            if value is not None:
                repeat = name.partition(" ")[2]
                several.setdefault((repeat, int(fold)), []).append(float(value[0]))
    return {key: fmean(values) for key, values in several.items()}


def _part(answers: Answers, repetition: int, images_N: np.ndarray) -> Answers:
    rows = slice(repetition, repetition + 1)
    return Answers(
        labels=answers.labels[images_N],
        patients=answers.patients[images_N],
        probabilities=answers.probabilities[rows, images_N],
        scores=answers.scores[rows, images_N],
        positive=answers.positive,
        called=answers.called[rows, images_N] if answers.called is not None else None,
    )


def _basis(first: ArmEvidence, second: ArmEvidence, measure: str, tests: PairTests) -> Basis:
    fewest, most = sorted((first.answers.repetitions, second.answers.repetitions))
    clustered = first.answers.clustered
    holds = _holds(clustered, fewest, most)
    if tests.resampled is not None:
        return Basis(RESAMPLED, tests.resampled.p, tests.resampled.interval, "folds and their training sets")
    if measure == "accuracy" and tests.crossed is not None:
        return Basis(*_of_accuracy(tests, clustered=clustered, most=most), tests.crossed.interval, holds)
    if tests.delong and most == 1 and not clustered:
        (delong,) = tests.delong.values()
        return Basis(DELONG, delong.p, delong.interval, holds)
    spread = tests.bootstrap
    if spread is None:
        return Basis(BOOTSTRAP, None, None, holds)
    with_seeds, without = (spread.p_both, spread.both), (spread.p_patients, spread.patients)
    return Basis(BOOTSTRAP, *(with_seeds if fewest > 1 else without), holds)


def _of_accuracy(tests: PairTests, *, clustered: bool, most: int) -> tuple[str, float | None]:
    """Return the test of accuracies that a verdict rests on, and its p-value."""
    if most > 1 and tests.crossed is not None:
        return CROSSED, tests.crossed.p
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
    return images if most == 1 else f"{images}, and the seeds of one arm"


def _disagreement(first: ArmEvidence, second: ArmEvidence) -> Disagreement:
    a_RN, b_SN = _right(first), _right(second)
    if _paired(first, second):
        only = ((a_RN * (1 - b_SN)).sum(1).mean(), (b_SN * (1 - a_RN)).sum(1).mean())
    else:
        # Every seed of the one against every seed of the other.
        a_N, b_N = a_RN.mean(0), b_SN.mean(0)
        only = ((a_N * (1 - b_N)).sum(), (b_N * (1 - a_N)).sum())
    return Disagreement(float(only[0]), float(only[1]), first.answers.images)


def _false_claim(disagreement: Disagreement, effect: float) -> float:
    """Return the probability for as many images as the patients' are worth, never for more than there are."""
    worth = max(effect, 1.0)
    return probability_of_false_claim(
        disagreement.only_first / worth, disagreement.only_second / worth, disagreement.images / worth
    )

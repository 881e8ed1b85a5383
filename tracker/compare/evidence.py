"""The answers of the networks in a table, image by image and arm by arm: what intervals and tests stand on.

Runs of folds are put together: of one seed and repeat, each image was tested once.

Letters of shapes: R repetitions, N images, K classes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np

from tracker.compare.operating_point import calibrated_shares, finding_threshold
from tracker.compare.selection import Selection
from tracker.compare.statistics.answers import Answers, Floats, Truth, Whole
from tracker.errors import ComparisonError
from tracker.figures.labels import natural_key
from tracker.records import POSITIVE_CLASS, Arm, EpochKind, HeldOut, Part, Prediction, RunRecord

NOT_STORED = "its predictions are not stored"
NO_PATIENTS = "which patients its images are of is not stored"
OTHER_CLASSES = "its predictions are of other classes"
FOLDS_LACK = "not all of its folds have finished"


class Repetition(NamedTuple):
    """Which of an arm's trainings: those of one seed, and of one repeat where there are folds."""

    seed: str
    repeat: str = "0"

    def __str__(self) -> str:
        return self.seed if self.repeat == "0" else f"{self.seed} repeat {self.repeat}"


@dataclass(frozen=True, eq=False)
class ArmEvidence:
    """What the runs of one arm answered.

    Attributes:
        answers: Their answers; images in the same order for all arms of a comparison.
        repetitions: Which trainings answered.
        test_share: The share that a fold tests of the images that it tests or trains on; None where there are
            no folds.
    """

    answers: Answers
    repetitions: tuple[Repetition, ...]
    test_share: float | None = None

    @property
    def folds(self) -> Whole | None:
        """[R, N] In which fold each image was tested; None where there are no folds."""
        return self.answers.folds


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the arms of a comparison answered to the same images.

    Attributes:
        arms: By model and mode.
        missing: Why an arm is not among them.
    """

    arms: Mapping[Arm, ArmEvidence]
    missing: Mapping[Arm, str]


def gather(selection: Selection, held_out: Mapping[str, HeldOut], *, at: EpochKind) -> Evidence:
    """Put the answers of the runs of a table side by side.

    Args:
        selection: The runs.
        held_out: What they answered, by run id.
        at: The epoch whose network answered.

    Raises:
        ComparisonError: An image is of one class here, and of another there.
    """
    arms, missing = dict[Arm, list["_Answered"]](), dict[Arm, str]()
    for arm, runs in selection.arms().items():
        try:
            arms[arm] = list(_repetitions(list(runs.values()), held_out, at))
        except LookupError as error:
            missing[arm] = str(error.args[0])
    images = _most_tested(arms.values())
    for arm in [arm for arm, several in arms.items() if any(one.tested != images for one in several)]:
        del arms[arm]
        missing[arm] = "its runs tested other images"
    order = sorted(images, key=natural_key)
    _refuse_other_labels(arms, order)
    return Evidence({arm: _evidence(several, order) for arm, several in arms.items()}, missing)


def answers_of(found: HeldOut, positive: str | None, *, at: EpochKind) -> Answers:
    """Return what one network answered to its test images.

    Args:
        found: Its answers to validation and test images, and whose these are.
        positive: Of two classes, the one that is the finding; None: there are more than two.
        at: The epoch whose network answered.

    Raises:
        LookupError: There are no answers, or it is not known whose the images are; says which.
    """
    tested = list(_tested_images(found, positive, at).values())
    return _answers([tested], positive or _last_class(tested[0].prediction), with_folds=False)


@dataclass(frozen=True)
class _Tested:
    """What one run answered to one test image."""

    prediction: Prediction
    patient: str
    called: bool | None
    calibrated: Mapping[str, float] | None
    fold: int


@dataclass(frozen=True)
class _Answered:
    """What the runs of one repetition answered, by sample id."""

    repetition: Repetition
    by_sample: Mapping[str, _Tested]
    positive: str
    test_share: float | None

    @property
    def tested(self) -> frozenset[str]:
        return frozenset(self.by_sample)


def _repetitions(
    runs: Sequence[RunRecord], held_out: Mapping[str, HeldOut], at: EpochKind
) -> Iterator[_Answered]:
    groups: dict[Repetition, list[RunRecord]] = defaultdict(list)
    for run in runs:
        groups[Repetition(run.params["seed"], run.params.get("repeat", "0"))].append(run)
    for repetition, members in groups.items():
        if len(members) < int(members[0].params.get("folds", "1")):
            raise LookupError(FOLDS_LACK)
        by_sample: dict[str, _Tested] = {}
        for run in members:
            by_sample |= _tested(run, held_out, at)
        answer = next(iter(by_sample.values())).prediction
        positive = members[0].tags.get(POSITIVE_CLASS) or _last_class(answer)
        yield _Answered(repetition, by_sample, positive, _test_share(members))


def _last_class(answer: Prediction) -> str:
    """Return the class that is the finding where a run does not say it: earlier versions took the last."""
    return list(answer.probabilities)[-1]


def _tested(run: RunRecord, held_out: Mapping[str, HeldOut], at: EpochKind) -> dict[str, _Tested]:
    if run.run_id not in held_out:
        raise LookupError(NOT_STORED)
    found, fold = held_out[run.run_id], int(run.params.get("fold", "0"))
    return _tested_images(found, run.tags.get(POSITIVE_CLASS), at, fold)


def _tested_images(found: HeldOut, finding: str | None, at: EpochKind, fold: int = 0) -> dict[str, _Tested]:
    validated, tested = (_of(found.predictions, part, at) for part in ("val", "test"))
    if not tested:
        raise LookupError(NOT_STORED)
    if not found.patients:
        # Taken as independent, images of one patient would make intervals too narrow.
        raise LookupError(NO_PATIENTS)
    if any(one.label not in one.probabilities for one in tested):
        raise LookupError(OTHER_CLASSES)
    positive = finding or _last_class(tested[0])
    threshold = found.threshold if found.threshold is not None else finding_threshold(validated, positive)
    calibrated = calibrated_shares(validated, tested, temperature=found.temperature)
    return {
        one.sample: _Tested(
            one,
            found.patients.get(one.sample, f"image {one.sample}"),
            None if threshold is None else one.score(positive) >= threshold,
            known,
            fold,
        )
        for one, known in zip(tested, calibrated, strict=True)
    }


def _of(predictions: Iterable[Prediction], part: Part, at: EpochKind) -> list[Prediction]:
    return [one for one in predictions if one.part == part and one.epoch_kind == at]


def _test_share(runs: Sequence[RunRecord]) -> float | None:
    """Return the share that a fold tests of the images that it tests or trains on."""
    sizes = [
        (int(run.tags["tracker.test_images"]), int(run.tags["tracker.train_images"]))
        for run in runs
        if "fold" in run.params
    ]
    return fmean(test / (test + train) for test, train in sizes) if sizes else None


def _most_tested(arms: Iterable[Sequence[_Answered]]) -> frozenset[str]:
    """Return the images that most repetitions tested; of equally many the larger set."""
    counts: dict[frozenset[str], int] = defaultdict(int)
    for several in arms:
        for one in several:
            counts[one.tested] += 1
    return max(counts, key=lambda tested: (counts[tested], len(tested)), default=frozenset())


def _refuse_other_labels(arms: Mapping[Arm, Sequence[_Answered]], order: Sequence[str]) -> None:
    for sample in order:
        labels = {one.by_sample[sample].prediction.label for several in arms.values() for one in several}
        if len(labels) > 1:
            raise ComparisonError(
                "an image must be of one class in all runs of a table",
                but=f"{sample} is {' and '.join(sorted(labels))}",
                do="Choose runs of the same images with --where.",
            )


def _evidence(several: Sequence[_Answered], order: Sequence[str]) -> ArmEvidence:
    rows = [[one.by_sample[sample] for sample in order] for one in several]
    with_folds = several[0].test_share is not None
    return ArmEvidence(
        answers=_answers(rows, several[0].positive, with_folds=with_folds),
        repetitions=tuple(one.repetition for one in several),
        test_share=fmean(one.test_share or 0.0 for one in several) if with_folds else None,
    )


def _calibrated(rows: Sequence[Sequence[_Tested]], classes: Sequence[str]) -> Floats | None:
    """Return the calibrated probabilities [R, N, K]; None where those of an image are not known."""
    known = [[entry.calibrated for entry in row if entry.calibrated is not None] for row in rows]
    if any(len(some) < len(row) for some, row in zip(known, rows, strict=True)):
        return None
    return np.array([[[shares[name] for name in classes] for shares in row] for row in known])


def _answers(rows: Sequence[Sequence[_Tested]], positive: str, *, with_folds: bool) -> Answers:
    classes = list(rows[0][0].prediction.probabilities)
    numbers: dict[str, int] = {}
    patients = [numbers.setdefault(entry.patient, len(numbers)) for entry in rows[0]]
    two = len(classes) == 2 and positive in classes
    known = two and all(entry.called is not None for row in rows for entry in row)
    called: Truth | None = (
        np.array([[bool(entry.called) for entry in row] for row in rows]) if known else None
    )
    return Answers(
        labels=np.array([classes.index(entry.prediction.label) for entry in rows[0]]),
        patients=np.array(patients),
        probabilities=np.array(
            [[[entry.prediction.probabilities[name] for name in classes] for entry in row] for row in rows]
        ),
        scores=np.array(
            [[[entry.prediction.score(name) for name in classes] for entry in row] for row in rows]
        ),
        positive=classes.index(positive) if two else None,
        called=called,
        calibrated=_calibrated(rows, classes),
        folds=np.array([[entry.fold for entry in row] for row in rows]) if with_folds else None,
    )

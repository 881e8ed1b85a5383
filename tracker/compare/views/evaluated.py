"""What trained networks reach on an external data set, as a table: a block a network, and one an arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from tracker.compare.arm_findings import ArmFindings
from tracker.compare.evaluation import Evaluated
from tracker.compare.render.numbers import interval_text
from tracker.compare.render.view_text import render_view_text
from tracker.compare.view import Column, Group, Value, View
from tracker.compare.views.arms_of import NOTHING
from tracker.errors import counted
from tracker.figures.labels import capitalized, scale_of, title_with_unit
from tracker.records import Arm, RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEASURES = (
    *("accuracy", "balanced_accuracy", "auroc", "sensitivity", "specificity", "f1"),
    *("sensitivity_at_threshold", "specificity_at_threshold", "brier", "ece"),
    *("brier_calibrated", "ece_calibrated"),
)

_FEW = ("accuracy", "auroc", "sensitivity_at_threshold", "specificity_at_threshold")
"""What is shown of each network where its arm is shown in full; files hold everything."""


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """What trained networks reach on an external data set.

    Attributes:
        name: What the data set is called.
        digest: What is in it: 64 hexadecimal digits.
        counts: How many images there are of each class, under the networks' names.
        patients: Of how many patients; images whose patient is not known are counted one by one.
        class_map: Which class of theirs is which of ours; empty: it was left out.
        left_out: Why an image was left out, by its id.
        models: The networks.
        arms: The arms of which several networks were asked: every measure of their mean.
        notes: What a reader should know, a line each.
    """

    name: str
    digest: str
    counts: Mapping[str, int]
    patients: int
    class_map: Mapping[str, str]
    left_out: Mapping[str, str]
    models: tuple[Evaluated, ...]
    arms: Mapping[Arm, ArmFindings]
    notes: tuple[str, ...]

    @property
    def view(self) -> View:
        """It as a table."""
        return evaluated_view(self)

    def render(self, *, width: int = 80) -> str:
        """Return it as text for a terminal.

        Args:
            width: The widest line, in characters.
        """
        return render_view_text(self.view, width=width)

    def __repr__(self) -> str:
        return self.render()


def evaluated_view(evaluation: Evaluation) -> View:
    """Put the measures of networks on an external data set into a table.

    Args:
        evaluation: What they reached.
    """
    return View(
        name="evaluation",
        title=_title(evaluation),
        columns=(
            Column("measure", "left"),
            Column(evaluation.name),
            Column("95 % interval"),
            Column("internal test"),
        ),
        groups=tuple(_groups(evaluation)),
        conclusions=(),
        notes=tuple(_notes(evaluation)),
        records=tuple(_records(evaluation)),
        draw=lambda: _figure(evaluation),
    )


def _title(evaluation: Evaluation) -> str:
    images = sum(evaluation.counts.values())
    classes = ", ".join(f"{count} {name}" for name, count in evaluation.counts.items())
    return (
        f"External test on {evaluation.name}: {counted(images, 'image')} of "
        f"{counted(evaluation.patients, 'patient')} ({classes})"
    )


def _groups(evaluation: Evaluation) -> Iterator[Group]:
    for one in evaluation.models:
        shown = _FEW if one.run.arm in evaluation.arms else _MEASURES
        rows = [_row(name, one.findings, one.run) for name in shown if name in one.findings.measures]
        loss = scale_of("loss").write(one.loss)
        yield Group(one.run.in_words, (*rows, ("Loss", loss, NOTHING, _internal(one.run, "loss"))))
    for arm, findings in evaluation.arms.items():
        rows = [_row(name, findings, None) for name in _MEASURES if name in findings.measures]
        yield Group(f"{arm.in_words}, mean of {len(findings.repetitions)}", tuple(rows))


def _row(name: str, findings: ArmFindings, run: RunRecord | None) -> tuple[str, ...]:
    found, scale = findings.measures[name], scale_of(name)
    return (
        capitalized(title_with_unit(f"/{name}")),
        scale.write(found.value),
        interval_text(found.interval, scale) or NOTHING,
        _internal(run, name) if run is not None else NOTHING,
    )


def _internal(run: RunRecord, name: str) -> str:
    value = run.metrics.get(f"final/test/{name}")
    return NOTHING if value is None else scale_of(name).write(value)


def _notes(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.class_map:
        pairs = (f"{theirs} is {ours or 'left out'}" for theirs, ours in evaluation.class_map.items())
        yield f"Classes: {', '.join(pairs)}."
    if lacking := [name for name, count in evaluation.counts.items() if count == 0]:
        yield f"No image is of {', '.join(lacking)}: measures that need every class are left out."
    clustered = evaluation.patients < sum(evaluation.counts.values())
    yield (
        f"Intervals: 95 %, {'patients' if clustered else 'images'} resampled"
        f"{', and seeds where there are several' if evaluation.arms else ''}"
        "; the expected calibration error is above zero by chance alone."
    )
    if evaluation.left_out:
        yield f"Left out: {counted(len(evaluation.left_out), 'image')} that cannot be read."
    yield from evaluation.notes


def _records(evaluation: Evaluation) -> Iterator[dict[str, Value]]:
    for one in evaluation.models:
        for name, found in one.findings.measures.items():
            yield _record(evaluation, one.run.arm, name, one) | _numbers(found.value, found.interval)
        yield _record(evaluation, one.run.arm, "loss", one) | _numbers(one.loss, None)
    for arm, findings in evaluation.arms.items():
        for name, found in findings.measures.items():
            yield _record(evaluation, arm, name, None) | _numbers(found.value, found.interval)


def _record(evaluation: Evaluation, arm: Arm, name: str, one: Evaluated | None) -> dict[str, Value]:
    return {
        "dataset": evaluation.name,
        "dataset_digest": evaluation.digest,
        "model": arm.model,
        "mode": arm.mode,
        "run_id": one.run.run_id if one is not None else None,
        "measure": name,
    }


def _numbers(value: float, interval: tuple[float, float] | None) -> dict[str, Value]:
    low, high = interval or (None, None)
    return {"value": value, "interval_low": low, "interval_high": high}


def _figure(evaluation: Evaluation) -> Figure:
    from tracker.figures.travel import INTERNAL, Place, travel_figure

    alone = {one.run.arm: one.findings for one in evaluation.models}
    points = [
        Place(*arm, where, value, *(interval or (None, None)))
        for arm, findings in (alone | dict(evaluation.arms)).items()
        for where, value, interval in (
            (INTERNAL, _mean_internal(evaluation, arm), None),
            (
                evaluation.name,
                findings.measures["accuracy"].value,
                findings.measures["accuracy"].interval,
            ),
        )
        if value is not None
    ]
    return travel_figure(points, metric="test/accuracy")


def _mean_internal(evaluation: Evaluation, arm: Arm) -> float | None:
    """Return the mean accuracy of an arm's networks on their own test images; None where one lacks it."""
    values = [one.run.metrics.get("final/test/accuracy") for one in evaluation.models if one.run.arm == arm]
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None

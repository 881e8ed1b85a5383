"""What is recorded of how a network is to be used: its threshold, its temperature, and whether that helps."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.evidence import answers_of
from tracker.compare.operating_point import OperatingPoint, operating_point
from tracker.data.manifest import Manifest
from tracker.data.splits.groups import group_numbers
from tracker.records import RELIABILITY, TEMPERATURE, THRESHOLD, UNCALIBRATED, HeldOut, Prediction
from tracker.tracking.journal.recorder import RunRecorder


def record_point(
    recorder: RunRecorder, predictions: Sequence[Prediction], positive: str | None, *, epoch: int
) -> OperatingPoint:
    """Record where the network of the last epoch, which is the one that is stored, is to be used.

    Args:
        recorder: Of its run.
        predictions: All predictions of the run.
        positive: Of two classes, the one that is the finding; None: there are more than two.
        epoch: The last one.

    Returns:
        What the validation images choose.
    """
    validated = [one for one in predictions if one.part == "val" and one.epoch_kind == "final"]
    point = operating_point(validated, positive)
    known = {TEMPERATURE: point.temperature, THRESHOLD: point.threshold}
    recorder.summary({name: value for name, value in known.items() if value is not None}, step=epoch)
    if point.uncalibrated:
        recorder.tags({UNCALIBRATED: point.uncalibrated})
    return point


def record_reliability(
    recorder: RunRecorder,
    manifest: Manifest,
    predictions: Sequence[Prediction],
    point: OperatingPoint,
    *,
    synthetic: bool,
) -> None:
    """Record the reliability diagram of the test images, before and after calibration.

    Args:
        recorder: Of the run.
        manifest: Says whose images these are.
        predictions: All predictions of the run.
        point: What the validation images choose.
        synthetic: Whether a program drew the images.
    """
    # Slow to import: whoever only looks at what has finished draws nothing.
    from tracker.compare.reliability import reliability_figure
    from tracker.figures.style import to_bytes

    numbers = group_numbers(manifest)
    patients = {sample.id: str(number) for sample, number in zip(manifest.samples, numbers, strict=True)}
    answers = answers_of(HeldOut(predictions, patients), point.positive, at="final")
    calibrated = f"T = {point.temperature:.2f}" if point.temperature is not None else ""
    figure = reliability_figure(
        [answers], ["Test images, last epoch"], calibrated=f"calibrated, {calibrated}", synthetic=synthetic
    )
    recorder.artifact(RELIABILITY, to_bytes(figure, "png"))

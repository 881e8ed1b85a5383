"""Trained networks asked about an external data set: each is checked, answers, is measured and recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tracker.compare.elsewhere import beside_validation
from tracker.compare.evaluation import Evaluated, findings_of, findings_of_arms, loss_of
from tracker.compare.operating_point import finding_threshold
from tracker.compare.selection import is_ours
from tracker.compare.together import arms_of, differences, newest_of_recipes
from tracker.compare.views.evaluated import Evaluation
from tracker.data.decoding import to_rgb
from tracker.data.pixels import Pixels
from tracker.errors import ModelError, UsageError
from tracker.inference.loading import TrainedNetwork, load_trained
from tracker.inference.weights_read import WEIGHTS
from tracker.io.progress import Progress
from tracker.records import POSITIVE_CLASS, SPLIT_TABLE, HeldOut, Prediction, RunRecord, RunState
from tracker.runs.external.images import Decoded, ExternalImages
from tracker.runs.external.leakage import read_study, refuse_leakage
from tracker.runs.external.record import record_evaluation
from tracker.runs.recording import predictions_of
from tracker.tracking.backend.held_out import patients_of_table, read_held_out, read_table
from tracker.tracking.backend.model_digests import sha256_of
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.backend.stored_networks import experiment_name, stored_networks

_BATCH = 32
_UNKNOWN = "unknown"
_OF_FOLDERS = "evaluations"
"""The experiment of networks whose run is not known, where none is named."""


@dataclass(frozen=True)
class Asked:
    """What a user asks of an evaluation, besides the images.

    Attributes:
        experiment: Where networks of folders are recorded; None: in one of its own.
        other_patients: Whether a patient of one name here and there is another person.
    """

    experiment: str | None = None
    other_patients: bool = False


@dataclass(frozen=True)
class _Answered:
    network: TrainedNetwork
    run: RunRecord
    images: Decoded
    predictions: Sequence[Prediction]
    held_out: HeldOut
    threshold: float | None


def networks_of(uri: str, experiment: str, arms: Sequence[str]) -> list[str]:
    """Return the ids of the finished runs that stored their network, of each recipe the newest.

    Args:
        uri: As `resolve_uri` gives it.
        experiment: MLflow's experiment.
        arms: Such as `resnet152/feature-extractor`; none: all arms.

    Raises:
        UsageError: An arm is not there, or no run stored a network.
        TrackingError: There is no such experiment.
    """
    runs = [run for run in read_runs(uri, experiment) if is_ours(run) and run.status == RunState.FINISHED]
    known = {f"{run.arm.model}/{run.arm.mode}" for run in runs}
    strange = [arm for arm in arms if arm not in known]
    if strange:
        raise UsageError(
            "--arm must be MODEL/MODE of a finished run",
            but=f"{strange[0]!r} is none of {experiment}",
            do=f"There are {', '.join(sorted(known)) or 'none'}.",
        )
    wanted = [run for run in runs if not arms or f"{run.arm.model}/{run.arm.mode}" in arms]
    having = stored_networks(uri, wanted)
    stored = [run.run_id for run in newest_of_recipes([run for run in wanted if run.run_id in having])]
    if not stored:
        raise UsageError(
            "an evaluation must have runs that stored their network",
            but=f"none of the {len(wanted)} finished runs of {experiment} did",
            do="Train with --log-model all.",
        )
    return stored


def evaluate_networks(
    models: Sequence[str | Path],
    images: ExternalImages,
    asked: Asked,
    *,
    uri: str,
    progress: Progress,
) -> Evaluation:
    """Ask networks about external images, and record what they answer.

    Nothing is recorded before all have answered.

    Args:
        models: As `tracker.inference.loading.load_trained` takes them.
        images: The external images.
        asked: What else a user asks.
        uri: As `resolve_uri` gives it.
        progress: Told how far it is.

    Raises:
        ModelError: They have different classes.
        DataError: A network knows some of the images, or of the patients.
        TrackerError: A network, the images or the store are not as they must be.
    """
    answered, notes = list[_Answered](), dict[str, None]()
    for number, model in enumerate(models, start=1):
        network = load_trained(model, tracking_uri=uri)
        if answered:
            _refuse_other_classes(answered[0].network, network)
        what = f"images answered by network {number} of {len(models)}"
        one, told = _ask(network, images, asked, uri, what, progress)
        # Its weights are not needed any more; of several large networks they would fill the memory.
        answered.append(replace(one, network=replace(one.network, module=torch.nn.Identity())))
        notes |= dict.fromkeys(told)
    found = [_recorded(one, images, asked, uri) for one in answered]
    first = answered[0]
    classes, manifest = first.network.classes, first.images.manifest
    return Evaluation(
        name=images.name,
        digest=manifest.digest,
        counts={name: manifest.counts.get(name, 0) for name in classes},
        patients=found[0].findings.patients,
        class_map=first.images.class_map,
        left_out=images.left_out,
        models=tuple(found),
        arms=findings_of_arms([(one.run, one.held_out) for one in answered]),
        notes=(*notes, *_fold_note(answered), *_apart_notes([one.run for one in answered])),
    )


def _apart_notes(runs: Sequence[RunRecord]) -> Iterator[str]:
    """Yield of which arms there is no mean, as their networks were trained in several ways."""
    for arm, several in arms_of(runs).items():
        if found := differences(several):
            yield f"{arm.in_words}: no mean of its networks, which differ in {' and '.join(found)}."


def _fold_note(answered: Sequence[_Answered]) -> list[str]:
    if not any("fold" in one.run.params for one in answered):
        return []
    return ["Networks of folds were trained on much the same images: intervals of their mean are too narrow."]


def _ask(
    network: TrainedNetwork,
    images: ExternalImages,
    asked: Asked,
    uri: str,
    what: str,
    progress: Progress,
) -> tuple[_Answered, list[str]]:
    decoded = images.decoded(network.classes, network.image_size, network.resize)
    run = network.run or _of_card(network)
    notes = _refuse_known(network, run, decoded, asked, uri)
    logits_NK = _logits(network, decoded.pixels, what, progress)
    predictions = list(predictions_of(decoded.manifest.samples, network.classes, "final", "test", logits_NK))
    own = read_held_out(uri, [run]).get(run.run_id) if network.run is not None else None
    threshold = network.threshold
    if threshold is None and own is not None:
        threshold = chosen_threshold(own, network.classes, run.tags.get(POSITIVE_CLASS))
    external = HeldOut(predictions, patients_of_table(decoded.table))
    beside = beside_validation(external, own, threshold, network.temperature)
    return _Answered(network, run, decoded, predictions, beside, threshold), notes


def _of_card(network: TrainedNetwork) -> RunRecord:
    """Return what stands for the run of a network in a folder, which does not say where it was trained."""
    return RunRecord(
        run_id=network.asked,
        name=Path(network.asked).name,
        status=RunState.FINISHED,
        start_time=0,
        params={"model": network.model, "mode": network.mode or _UNKNOWN, "seed": _UNKNOWN},
        tags={"tracker.run_uid": sha256_of(network.folder / WEIGHTS)}
        | ({POSITIVE_CLASS: network.positive} if network.positive else {}),
        metrics={},
    )


def _refuse_known(
    network: TrainedNetwork, run: RunRecord, images: Decoded, asked: Asked, uri: str
) -> list[str]:
    table = read_table(uri, run, SPLIT_TABLE) if network.run is not None else None
    if table is None:
        return [f"Leakage could not be looked for: which images {run.in_words} was trained on is not stored."]
    return refuse_leakage(
        images.manifest,
        images.pixels,
        read_study(table),
        image_size=network.image_size,
        resize=network.resize,
        who=run.in_words,
        other_patients=asked.other_patients,
    )


def _logits(network: TrainedNetwork, pixels: Pixels, what: str, progress: Progress) -> Tensor:
    """Return logits [N, K], a batch at a time."""
    batches, total = [], len(pixels.array)
    for start in range(0, total, _BATCH):
        rows = pixels.array[start : start + _BATCH]
        batches.append(network.logits(np.stack([to_rgb(row) for row in rows])))
        progress(min(start + _BATCH, total), total, what)
    return torch.cat(batches)


def chosen_threshold(own: HeldOut, classes: Sequence[str], positive: str | None) -> float | None:
    """Return what the validation part of a run chose; None of more than two classes.

    Earlier versions did not say which class is the finding: it was the last, as it is in what is measured.

    Args:
        own: What the run answered to the images of its study.
        classes: The network's classes, in order.
        positive: The class that is the finding, where the run says it.
    """
    validated = [one for one in own.predictions if one.part == "val" and one.epoch_kind == "final"]
    return finding_threshold(validated, positive or classes[-1]) if len(classes) == 2 else None


def _refuse_other_classes(first: TrainedNetwork, other: TrainedNetwork) -> None:
    if set(first.classes) != set(other.classes):
        raise ModelError(
            "models that are evaluated together must have the same classes",
            but=f"{first.asked} has {', '.join(first.classes)}, "
            f"and {other.asked} has {', '.join(other.classes)}",
            do="Evaluate them one by one.",
        )


def _recorded(one: _Answered, images: ExternalImages, asked: Asked, uri: str) -> Evaluated:
    found = Evaluated(
        asked=one.network.asked,
        run=one.run,
        model_id=one.network.model_id,
        findings=findings_of(one.run, one.held_out),
        loss=loss_of(one.predictions),
        threshold=one.threshold,
        predictions=one.predictions,
    )
    known = one.run.experiment_id
    is_new = record_evaluation(
        found,
        one.images,
        name=images.name,
        options=images.options,
        classes=one.network.classes,
        experiment=experiment_name(uri, known) if known else asked.experiment or _OF_FOLDERS,
        tracking_uri=uri,
    )
    return replace(found, is_new=is_new)

"""Everything that is recorded of a run, but its epochs: what it is made of and what it achieved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from tracker.compare.operating_point import OperatingPoint
from tracker.config.modes import find_mode
from tracker.config.recipe import Recipe, digest_of
from tracker.data.left_out import left_out_words
from tracker.data.manifest import Sample
from tracker.data.positive_class import positive_class
from tracker.data.splits.checks import class_table
from tracker.data.splits.report import patients_in
from tracker.inference.export import named_loader, network_files, requirements
from tracker.models.networks import Network
from tracker.records import (
    POSITIVE_CLASS,
    PREDICTIONS,
    SPEED,
    SPLIT_TABLE,
    SYNTHETIC_DATASETS,
    EpochKind,
    Part,
    Prediction,
    counts_tag,
    digest_tag,
)
from tracker.runs.calibration import record_point, record_reliability
from tracker.runs.images import Images
from tracker.runs.provenance import context_tags, installed_packages
from tracker.runs.train import Trained
from tracker.tracking.backend.predictions import predictions_csv
from tracker.tracking.journal.entries import NOTE, Context
from tracker.tracking.journal.recorder import RunRecorder
from tracker.training.loop import Measured
from tracker.training.metrics import log_odds

_HELD_OUT: tuple[Part, ...] = ("val", "test")
_SYNTHETIC = "The images are **synthetic**: drawn by a program, of patients that never lived."
_CONTEXTS: dict[Part, Context] = {"train": "train", "val": "validation", "test": "test"}


def run_tags(recipe: Recipe, images: Images, *, fingerprint: str, device: torch.device) -> dict[str, str]:
    """Return what a run is found by, and with what it was made."""
    return {
        "tracker.kind": "run",
        "tracker.fingerprint": fingerprint,
        "tracker.manifest_digest": images.manifest.digest,
        "tracker.split_digest": images.split.digest,
        "tracker.dataset": recipe.dataset,
        "tracker.model": recipe.model,
        "tracker.mode": recipe.mode,
        "tracker.seed": str(recipe.seed),
        "tracker.classes": ", ".join(images.manifest.classes),
        "tracker.images_left_out": str(len(images.left_out)),
        **({"tracker.files_left_out": words} if (words := left_out_words(images.manifest)) else {}),
        **{f"tracker.{part}_images": str(count) for part, count in images.split.counts.items()},
        **class_tags(recipe, images),
        **({"tracker.validation": "drawn from train"} if images.split.drawn_validation else {}),
        **part_tags(recipe, images),
        **({NOTE: _SYNTHETIC} if recipe.dataset in SYNTHETIC_DATASETS else {}),
        **context_tags(device),
    }


def part_tags(recipe: Recipe, images: Images) -> dict[str, str]:
    """Return which fold and which share of the training part a run has, and of which cross-validation."""
    folds = images.cross_validation
    patients = patients_in(images.manifest, images.split, "train")
    told = {
        **recipe.data_part._asdict(),
        "folds_digest": folds.digest if folds is not None else None,
        "train_patients": len(patients) or None,
    }
    if folds is None:
        del told["repeat"]
    return {f"tracker.{name}": str(value) for name, value in told.items() if value is not None}


def class_tags(recipe: Recipe, images: Images) -> dict[str, str]:
    """Return how many images of each class each part has, and which of two classes is the finding."""
    positive = positive_class(images.manifest.classes, recipe.positive)
    counts = class_table(images.manifest, images.split.part_of)
    return {
        **{counts_tag(part): json.dumps(its, ensure_ascii=False) for part, its in counts.items()},
        **({POSITIVE_CLASS: positive} if positive is not None else {}),
    }


def record_inputs(recorder: RunRecorder, images: Images, *, experiment: str) -> None:
    """Record what a run is about to be made of, besides its recipe: split, data sets and environment.

    Data sets are named after the experiment: every folder of images would have one name otherwise.
    """
    record_table(recorder, SPLIT_TABLE, images.split.to_csv(images.manifest))
    recorder.artifact("environment.txt", installed_packages().encode())
    if images.left_out:
        lines = [f"{sample}: {reason}" for sample, reason in images.left_out.items()]
        recorder.artifact("images_left_out.txt", "\n".join(lines).encode())
    for part, context in _CONTEXTS.items():
        _record_dataset(recorder, images, f"{experiment}-{part}", part, context)


def record_table(recorder: RunRecorder, name: str, text: str) -> None:
    """Record a table that comparisons read, and the digest by which they know a copy of it.

    Args:
        recorder: Of the run.
        name: What it is called.
        text: The whole table.
    """
    content = text.encode()
    recorder.artifact(name, content)
    recorder.tags({digest_tag(name): hashlib.sha256(content).hexdigest()})


def _record_dataset(recorder: RunRecorder, images: Images, name: str, part: Part, context: Context) -> None:
    """Record one part as a data set; MLflow lets one name and digest have one context only."""
    rows = images.split.indexes(images.manifest)[part]
    labels = [images.manifest.samples[row].label for row in rows]
    recorder.dataset(
        name=name,
        digest=digest_of([images.manifest.digest, images.split.digest, *images.split.unused])[:32],
        context=context,
        source=json.dumps({"uri": str(images.manifest.root)}),
        profile=json.dumps(
            {"images": len(rows), "classes": {name: labels.count(name) for name in images.manifest.classes}}
        ),
    )


def record_results(recorder: RunRecorder, recipe: Recipe, images: Images, trained: Trained) -> OperatingPoint:
    """Record what a run achieved: summary metrics, predictions and figures of the test part.

    Returns:
        Where its network is to be used, as the validation images choose it.
    """
    # Slow to import: whoever only looks at what has finished draws nothing.
    from tracker.figures.evaluation import confusion_matrix_png, roc_png

    recorder.summary(_summary_metrics(trained.measured), step=recipe.epochs)
    recorder.tags(_frozen_tags(recipe, trained))
    predictions = _predictions(images, trained.measured)
    record_table(recorder, PREDICTIONS, predictions_csv(predictions))
    classes, synthetic = images.manifest.classes, recipe.dataset in SYNTHETIC_DATASETS
    positive = positive_class(classes, recipe.positive)
    matrix = confusion_matrix_png(predictions, classes, synthetic=synthetic)
    recorder.artifact("confusion_matrix.png", matrix)
    recorder.artifact("roc.png", roc_png(predictions, positive=positive, synthetic=synthetic))
    point = record_point(recorder, predictions, positive, epoch=recipe.epochs)
    record_reliability(recorder, images.manifest, predictions, point, synthetic=synthetic)
    return point


def _frozen_tags(recipe: Recipe, trained: Trained) -> dict[str, str]:
    """Return whether frozen layers stood still; a run of which anything but batch norms moved has failed."""
    if trained.trunk_unchanged is None:
        return {}
    told = {"tracker.trunk_unchanged": str(trained.trunk_unchanged).lower()}
    return told | ({"tracker.trunk_weights_unchanged": "true"} if find_mode(recipe.mode).norms_adapt else {})


def _summary_metrics(measured: Mapping[EpochKind, Measured]) -> dict[str, float]:
    """Return `final/...` and `best/...`, the metrics of those two epochs, and `best/epoch`."""
    summary = {
        f"{kind}/{name}": value
        for kind, epoch in measured.items()
        for name, value in epoch.metrics.items()
        if not name.endswith(SPEED)
    }
    return summary | {"best/epoch": float(measured["best"].epoch)}


def _predictions(images: Images, measured: Mapping[EpochKind, Measured]) -> list[Prediction]:
    parts = images.split.indexes(images.manifest)
    return [
        prediction
        for kind, epoch in measured.items()
        for part in _HELD_OUT
        for prediction in predictions_of(
            [images.manifest.samples[row] for row in parts[part]],
            images.manifest.classes,
            kind,
            part,
            epoch.logits[part],
        )
    ]


def predictions_of(
    samples: Iterable[Sample], classes: Sequence[str], kind: EpochKind, part: Part, logits_NK: Tensor
) -> Iterator[Prediction]:
    """Yield what a network answered to images of one part.

    Args:
        samples: The N images.
        classes: The K classes, in the order of the network's outputs.
        kind: Which epoch's weights answered.
        part: The part that the images are in.
        logits_NK: What it answered.
    """
    odds_NK, shares_NK = log_odds(logits_NK[:, None])[:, 0], logits_NK.double().softmax(1)
    for sample, shares, odds in zip(samples, shares_NK.tolist(), odds_NK.tolist(), strict=True):
        yield Prediction(
            sample=sample.id,
            part=part,
            epoch_kind=kind,
            label=sample.label,
            probabilities=dict(zip(classes, shares, strict=True)),
            log_odds=dict(zip(classes, odds, strict=True)),
        )


def record_model(
    recorder: RunRecorder, recipe: Recipe, images: Images, network: Network, point: OperatingPoint
) -> None:
    """Record the trained network as a model that takes files of images, and where it is to be used."""
    classes = images.manifest.classes
    recorder.model(
        network_files(
            network,
            classes=classes,
            image_size=recipe.image_size,
            resize=recipe.resize,
            mode=recipe.mode,
            precision=recipe.precision,
            point=point,
        ),
        loader=named_loader(),
        classes=classes,
        pip_requirements=requirements(),
        image_size=recipe.image_size,
        name=f"{recipe.model}-{recipe.mode}",
        reads_files=True,
        calibrates=True,
    )

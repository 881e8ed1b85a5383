"""Everything that is recorded of a run, but its epochs: what it is made of and what it achieved."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
import yaml

from tracker.config.recipe import Recipe, digest_of
from tracker.figures.evaluation import confusion_matrix_png, roc_png
from tracker.inference.export import LOADER, export_network, requirements
from tracker.models.networks import Network
from tracker.records import SYNTHETIC_DATASETS, EpochKind, Part, Prediction
from tracker.runs.images import Images
from tracker.runs.provenance import context_tags, installed_packages
from tracker.runs.train import Trained
from tracker.tracking.backend.predictions import predictions_csv
from tracker.tracking.journal.entries import NOTE, Context
from tracker.tracking.journal.recorder import RunRecorder
from tracker.training.loop import Measured

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
        **{f"tracker.{part}_images": str(count) for part, count in images.split.counts.items()},
        **({NOTE: _SYNTHETIC} if recipe.dataset in SYNTHETIC_DATASETS else {}),
        **context_tags(device),
    }


def record_inputs(recorder: RunRecorder, recipe: Recipe, images: Images, *, experiment: str) -> None:
    """Record what a run is about to be made of: recipe, split, data sets and environment.

    Data sets are named after the experiment: every folder of images would have one name otherwise.
    """
    recorder.artifact("recipe.yaml", yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False).encode())
    recorder.artifact("split.csv", images.split.to_csv(images.manifest).encode())
    recorder.artifact("environment.txt", installed_packages().encode())
    if images.left_out:
        lines = [f"{sample}: {reason}" for sample, reason in images.left_out.items()]
        recorder.artifact("images_left_out.txt", "\n".join(lines).encode())
    for part, context in _CONTEXTS.items():
        _record_dataset(recorder, images, f"{experiment}-{part}", part, context)


def _record_dataset(recorder: RunRecorder, images: Images, name: str, part: Part, context: Context) -> None:
    """Record one part as a data set; MLflow lets one name and digest have one context only."""
    rows = images.split.indexes(images.manifest)[part]
    labels = [images.manifest.samples[row].label for row in rows]
    recorder.dataset(
        name=name,
        digest=digest_of([images.manifest.digest, images.split.digest])[:32],
        context=context,
        source=json.dumps({"uri": str(images.manifest.root)}),
        profile=json.dumps(
            {"images": len(rows), "classes": {name: labels.count(name) for name in images.manifest.classes}}
        ),
    )


def record_results(recorder: RunRecorder, recipe: Recipe, images: Images, trained: Trained) -> None:
    """Record what a run achieved: summary metrics, predictions and figures of the test part."""
    recorder.metrics(_summary_metrics(trained.measured), step=recipe.epochs)
    if trained.trunk_unchanged is not None:
        recorder.tags({"tracker.trunk_unchanged": str(trained.trunk_unchanged).lower()})
    predictions = _predictions(images, trained.measured)
    recorder.artifact("predictions.csv", predictions_csv(predictions).encode())
    classes, synthetic = images.manifest.classes, recipe.dataset in SYNTHETIC_DATASETS
    matrix = confusion_matrix_png(predictions, classes, synthetic=synthetic)
    recorder.artifact("confusion_matrix.png", matrix)
    recorder.artifact("roc.png", roc_png(predictions, synthetic=synthetic))


def _summary_metrics(measured: Mapping[EpochKind, Measured]) -> dict[str, float]:
    """Return `final/...` and `best/...`, the metrics of those two epochs, and `best/epoch`."""
    summary = {
        f"{kind}/{name}": value
        for kind, epoch in measured.items()
        for name, value in epoch.metrics.items()
        if not name.endswith("images_per_second")
    }
    return summary | {"best/epoch": float(measured["best"].epoch)}


def _predictions(images: Images, measured: Mapping[EpochKind, Measured]) -> list[Prediction]:
    samples = images.manifest.samples
    parts = images.split.indexes(images.manifest)
    return [
        Prediction(
            sample=samples[row].id,
            part=part,
            epoch_kind=kind,
            label=samples[row].label,
            probabilities=dict(zip(images.manifest.classes, probabilities, strict=True)),
        )
        for kind, epoch in measured.items()
        for part in _HELD_OUT
        for row, probabilities in zip(
            parts[part], epoch.logits[part].double().softmax(1).tolist(), strict=True
        )
    ]


def record_model(recorder: RunRecorder, recipe: Recipe, images: Images, network: Network) -> None:
    """Record the trained network as a model that takes decoded images."""
    classes = images.manifest.classes
    with tempfile.TemporaryDirectory(prefix="tracker-model-") as folder:
        export_network(
            network, Path(folder), classes=classes, image_size=recipe.image_size, resize=recipe.resize
        )
        recorder.model(
            Path(folder),
            loader=LOADER,
            classes=classes,
            pip_requirements=requirements(),
            image_size=recipe.image_size,
        )

"""What a network answered to external images as a run of MLflow, linked to the network and the data set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tracker.compare.elsewhere import (
    CLASS_MAP,
    DATA_DIGEST,
    DATA_NAME,
    EVALUATED_ID,
    EVALUATED_UID,
    MODEL_ID,
    THRESHOLD,
)
from tracker.compare.evaluation import Evaluated
from tracker.config.options import RunOptions
from tracker.config.recipe import digest_of
from tracker.records import (
    EVALUATION,
    PIXELS_DIGEST,
    POSITIVE_CLASS,
    PREDICTIONS,
    SPLIT_TABLE,
    SYNTHETIC_DATASETS,
)
from tracker.runs.external.class_map import class_map_words
from tracker.runs.external.images import Decoded
from tracker.runs.own_record import begin_record
from tracker.runs.provenance import origin_tags
from tracker.runs.recording import record_table
from tracker.tracking.backend.predictions import predictions_csv
from tracker.tracking.journal.entries import NOTE
from tracker.tracking.journal.recorder import RunRecorder

_DIGITS = 32
METRIC = "external"
"""What the metrics of an evaluation begin with: `external/accuracy`, `external/accuracy/interval_low`."""


def record_evaluation(
    one: Evaluated,
    images: Decoded,
    *,
    name: str,
    options: RunOptions,
    classes: Sequence[str],
    experiment: str,
    tracking_uri: str,
) -> bool:
    """Record what one network answered; the same network with the same numbers of the same images is one run.

    Where the same question has other numbers now (another version of torch, another threshold), that is
    another run: what is printed is what is recorded.

    Args:
        one: What it answered, and what it reaches.
        images: The external images.
        name: What the data set is called.
        options: What a user said of the images.
        classes: The network's classes, in order.
        experiment: MLflow's experiment.
        tracking_uri: The MLflow store or server, as `resolve_uri` gives it.

    Returns:
        Whether there was anything new to record.
    """
    recorder = begin_record(
        _identity(one, images),
        experiment=experiment,
        tracking_uri=tracking_uri,
        run_name=f"{name}: {one.run.in_words}",
        params=_params(one, images, name, options),
        tags=_tags(one, images, name),
    )
    if recorder is None:
        return False
    with recorder:
        _record(recorder, one, images, name, classes, synthetic=options.dataset in SYNTHETIC_DATASETS)
    return True


def _identity(one: Evaluated, images: Decoded) -> list[str]:
    """Return what makes it this evaluation: network, images under our names, their decoding, numbers."""
    network = one.model_id or one.run.tags.get("tracker.run_uid", "") or one.asked
    return [EVALUATION, network, images.manifest.digest, images.pixels.digest, *_numbers(one)]


def _numbers(one: Evaluated) -> Iterator[str]:
    """Yield what is told of it, without the last digits, in which processors and threads differ."""
    yield "" if one.threshold is None else f"{one.threshold:.6g}"
    yield from (f"{name}={value:.6g}" for name, value in _metrics(one))


def _params(one: Evaluated, images: Decoded, name: str, options: RunOptions) -> dict[str, object]:
    # Not under the names model, mode and seed: earlier versions would take it for a run of an arm.
    return {
        "external": name,
        "dataset": options.dataset,
        "data": str(images.manifest.root),
        "evaluated": one.run.in_words,
        "evaluated_run": one.run.run_id,
        "class_map": class_map_words(images.class_map) or "equal names",
        "images": len(images.manifest.samples),
        "patients": one.findings.patients,
        **({"threshold": one.threshold} if one.threshold is not None else {}),
    }


def _tags(one: Evaluated, images: Decoded, name: str) -> dict[str, str]:
    manifest, tags = images.manifest, one.run.tags
    positive = tags.get(POSITIVE_CLASS)
    told = {
        **origin_tags(),
        "tracker.kind": EVALUATION,
        DATA_NAME: name,
        DATA_DIGEST: manifest.digest,
        CLASS_MAP: json.dumps(dict(images.class_map), ensure_ascii=False),
        "tracker.split_digest": manifest.digest,
        "tracker.manifest_digest": manifest.digest,
        PIXELS_DIGEST: images.pixels.digest,
        EVALUATED_ID: one.run.run_id if one.run.experiment_id else "",
        EVALUATED_UID: tags.get("tracker.run_uid", ""),
        MODEL_ID: one.model_id,
        THRESHOLD: "" if one.threshold is None else repr(one.threshold),
        POSITIVE_CLASS: positive or "",
        NOTE: _note(one, images, name),
    }
    return {name: text for name, text in told.items() if text}


def _note(one: Evaluated, images: Decoded, name: str) -> str:
    run = one.run
    link = f"#/experiments/{run.experiment_id}/runs/{run.run_id}"
    trained = f"[{run.in_words}]({link})" if run.experiment_id else run.in_words
    mapped = f" Classes: {class_map_words(images.class_map)}." if images.class_map else ""
    return f"{trained}, asked about the images of **{name}**, which it was not trained on.{mapped}"


def _record(
    recorder: RunRecorder,
    one: Evaluated,
    images: Decoded,
    name: str,
    classes: Sequence[str],
    *,
    synthetic: bool,
) -> None:
    # Slow to import: whoever evaluated this before draws nothing.
    from tracker.figures.evaluation import draw_confusion_matrix, draw_roc
    from tracker.figures.style import to_bytes

    manifest = images.manifest
    recorder.dataset(
        name=name,
        digest=digest_of([manifest.digest])[:_DIGITS],
        context="test",
        source=json.dumps({"uri": str(manifest.root)}),
        profile=json.dumps({"images": len(manifest.samples), "classes": manifest.counts}),
    )
    if one.model_id:
        recorder.asks(one.model_id)
    recorder.metrics(dict(_metrics(one)), step=0)
    record_table(recorder, PREDICTIONS, predictions_csv(one.predictions))
    record_table(recorder, SPLIT_TABLE, images.table)
    title = f"{'Synthetic images' if synthetic else 'External images'}: {name}"
    matrix = draw_confusion_matrix(one.predictions, classes, title)
    recorder.artifact("confusion_matrix.png", to_bytes(matrix, "png"))
    roc = draw_roc(one.predictions, title, positive=one.run.tags.get(POSITIVE_CLASS))
    recorder.artifact("roc.png", to_bytes(roc, "png"))


def _metrics(one: Evaluated) -> Iterator[tuple[str, float]]:
    yield f"{METRIC}/loss", one.loss
    for name, found in one.findings.measures.items():
        yield f"{METRIC}/{name}", found.value
        if found.interval is not None:
            yield f"{METRIC}/{name}/interval_low", found.interval.low
            yield f"{METRIC}/{name}/interval_high", found.interval.high

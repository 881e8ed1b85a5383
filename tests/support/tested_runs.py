"""Runs that tested images, recorded with what they answered as training records it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tracker.records import (
    POSITIVE_CLASS,
    PREDICTIONS,
    SPLIT_TABLE,
    Part,
    Prediction,
    digest_tag,
)
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.predictions import predictions_csv
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.delivery import deliver

CLASSES = ("normal", "tuberculosis")
VALIDATED, TESTED = 20, 60
SPLIT = "5" * 64


def record_tested(
    home: Path,
    uri: str,
    experiment: str,
    *,
    mode: str = "feature-extractor",
    model: str = "alexnet",
    seed: int = 0,
    skill: float = 1.0,
    digests: bool = True,
    artifacts: bool = True,
    split: str = SPLIT,
) -> str:
    """Record a run, have MLflow get it whole, and return MLflow's id of it.

    Args:
        home: The folder that holds journals.
        uri: MLflow's store.
        experiment: MLflow's experiment.
        mode: The run's mode.
        model: Its model.
        seed: Its seed, which also draws its answers.
        skill: How far apart it scores the two classes.
        digests: Whether it says what its artifacts are, as earlier versions did not.
        artifacts: Whether it has any.
        split: The digest of its split.
    """
    rows = answers(np.random.default_rng([seed, len(mode), len(model)]), skill)
    texts = {PREDICTIONS: predictions_csv(rows), SPLIT_TABLE: split_table()} if artifacts else {}
    known = {digest_tag(name): hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    recorder = RunRecorder.start(
        home,
        run_uid=hashlib.sha256(f"{experiment}{mode}{model}{seed}{split}".encode()).hexdigest()[:32],
        experiment=experiment,
        run_name=f"{model} {mode} {seed}",
        params=parameters(model, mode, seed),
        tags={
            "tracker.fingerprint": f"{model}{mode}{seed}{split}",
            "tracker.manifest_digest": "a" * 64,
            "tracker.split_digest": split,
            "tracker.test_images": str(TESTED),
            POSITIVE_CLASS: CLASSES[1],
            **(known if digests else {}),
        },
        tracking_uri=uri,
    )
    with recorder:
        recorder.metrics(metrics(rows), step=2)
        for name, text in texts.items():
            recorder.artifact(name, text.encode())
    deliver(open_client(uri), recorder.folder)
    return load_cursor(recorder.folder).run_id


def parameters(model: str, mode: str, seed: int) -> dict[str, object]:
    fixed = {"epochs": 2, "lr": 0.01, "split": "486/44/132", "split_seed": 0, "dataset": "tb-xray"}
    return {"model": model, "mode": mode, "seed": seed, **fixed}


def answers(rng: np.random.Generator, skill: float) -> list[Prediction]:
    """Answer to every image of both parts, for both kinds of epoch alike."""
    rows = []
    parts: Mapping[Part, int] = {"val": VALIDATED, "test": TESTED}
    for part, count in parts.items():
        for number in range(count):
            place = number % 2
            odds = float(rng.normal(skill * (2 * place - 1), 1.5))
            share = 1 / (1 + np.exp(-odds))
            for kind in ("final", "best"):
                rows.append(
                    Prediction(
                        f"{part}{number:03d}.png",
                        part,
                        kind,  # type: ignore[arg-type]
                        CLASSES[place],
                        {CLASSES[0]: float(1 - share), CLASSES[1]: float(share)},
                        {CLASSES[0]: -odds, CLASSES[1]: odds},
                    )
                )
    return rows


def split_table() -> str:
    lines = ["sample,part,label,patient,sha256"]
    for part, count in (("val", VALIDATED), ("test", TESTED)):
        lines += [f"{part}{n:03d}.png,{part},{CLASSES[n % 2]},{part}{n},{part}{n}" for n in range(count)]
    return "\n".join(lines) + "\n"


def metrics(rows: list[Prediction]) -> dict[str, float]:
    """Measure what the comparison needs of the test images, the slow way."""
    from sklearn.metrics import roc_auc_score

    tested = [one for one in rows if one.part == "test" and one.epoch_kind == "final"]
    sick = [one.label == CLASSES[1] for one in tested]
    odds = [one.log_odds[CLASSES[1]] for one in tested]
    right = [(value > 0) == truth for value, truth in zip(odds, sick, strict=True)]
    return {
        "final/test/accuracy": sum(right) / len(right),
        "final/test/auroc": float(roc_auc_score(sick, odds)),
        "final/test/loss": 0.5,
        "final/val/loss": 0.6,
    }

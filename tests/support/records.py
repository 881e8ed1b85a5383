"""Runs, studies and predictions as MLflow would give them back."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence

import pytest

from tracker.records import Point, Prediction, RunRecord

RunFactory = Callable[..., RunRecord]

SPLIT = "3f2a9c01d7e4b58899aa00112233445566778899aabbccddeeff001122334455"
STUDY = "tb/alexnet/fine-tuning/0123456789"
TUNED_HOW = "lr over a 1e+04-fold range, by val/loss of the final epoch (tpe)"
TUNED_TAGS = {
    "tracker.tuned": "lr",
    "tracker.tuned_trials": "30",
    "tracker.tuned_how": TUNED_HOW,
    "tracker.tuned_study": "tb/alexnet/0",
}
"""What is said of a run that was trained with what a study found."""
CURVES = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "test/loss", "test/accuracy")


def curve(kind: str, level: float, epochs: int) -> list[Point]:
    decay = [math.exp(-epoch / (epochs / 4)) for epoch in range(1, epochs + 1)]
    if kind == "loss":
        return [Point(step, 1 - level + 0.5 * rest) for step, rest in enumerate(decay, start=1)]
    return [Point(step, level * (1 - 0.4 * rest)) for step, rest in enumerate(decay, start=1)]


@pytest.fixture
def make_run() -> RunFactory:
    """A factory of runs as MLflow would give them back; later runs are newer."""
    numbers = itertools.count(1)

    def make(
        model: str = "alexnet",
        mode: str = "feature-extractor",
        seed: int = 0,
        accuracy: float = 0.75,
        *,
        status: str = "FINISHED",
        epochs: int = 8,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        split_digest: str = SPLIT,
    ) -> RunRecord:
        number = next(numbers)
        settings = {
            "model": model,
            "mode": mode,
            "seed": str(seed),
            "epochs": str(epochs),
            "lr": "0.01",
            "split": "486/44/132",
            "split_seed": "0",
            "dataset": "tb-xray",
            **(params or {}),
        }
        recipe = "-".join(f"{name}={value}" for name, value in sorted(settings.items()))
        history = {key: curve(key.rpartition("/")[2], accuracy, epochs) for key in CURVES}
        return RunRecord(
            run_id=f"run{number:03d}",
            name=f"{model} · {mode} · seed {seed}",
            status=status,
            start_time=1_760_000_000_000 + number * 60_000,
            params=settings,
            tags={
                "tracker.run_uid": f"uid{number}",
                "tracker.fingerprint": f"{recipe}-{split_digest}",
                "tracker.manifest_digest": "a" * 64,
                "tracker.split_digest": split_digest,
                "tracker.dataset": "tb-xray",
                "tracker.test_images": "132",
                **(tags or {}),
            },
            metrics={
                "final/test/accuracy": accuracy,
                "best/test/accuracy": accuracy - 0.01,
                "final/test/auroc": accuracy + 0.05,
                "final/val/loss": 1 - accuracy,
                **(metrics or {}),
            },
            history=history,
        )

    return make


@pytest.fixture
def reference_runs(make_run: RunFactory) -> list[RunRecord]:
    """The reference study: three models, two modes, three seeds."""
    levels = {
        ("alexnet", "feature-extractor"): 102,
        ("alexnet", "fine-tuning"): 99,
        ("resnet152", "feature-extractor"): 112,
        ("resnet152", "fine-tuning"): 106,
        ("densenet201", "feature-extractor"): 114,
        ("densenet201", "fine-tuning"): 110,
    }
    spread = {0: (0, 1), 1: (1, -1), 2: (-2, 0)}
    return [
        make_run(
            model, mode, seed, (right + spread[seed][mode == "fine-tuning"]) / 132, params={"lr": lr_of(mode)}
        )
        for (model, mode), right in levels.items()
        for seed in spread
    ]


@pytest.fixture
def make_study(make_run: RunFactory) -> Callable[..., list[RunRecord]]:
    """A factory of a study's run and its trials, by number: objective, or the status of one without."""

    def make(
        objective: str = "val/loss", searched: Sequence[str] = ("lr",), **outcomes: float | str
    ) -> list[RunRecord]:
        tags = {
            "tracker.kind": "study",
            "tracker.study": STUDY,
            "tracker.searched": json.dumps(dict.fromkeys(searched, "a range")),
        }
        runs = [make_run(tags=tags, params={"objective": objective})]
        for name, outcome in outcomes.items():
            ended = isinstance(outcome, float)
            runs.append(
                make_run(
                    status="FINISHED" if ended else outcome,
                    params={"lr": f"0.0{name[1:]}", "weight_decay": "1e-05"},
                    tags={"tracker.kind": "trial", "tracker.study": STUDY, "tracker.trial": name[1:]},
                    metrics={"objective": outcome} if ended else {},
                )
            )
        return runs

    return make


def lr_of(mode: str) -> str:
    return "0.001" if mode == "fine-tuning" else "0.01"


@pytest.fixture
def make_predictions() -> Callable[..., list[Prediction]]:
    """A factory of predictions: pairs of true class and probabilities, by class."""

    def make(
        rows: Sequence[tuple[str, Mapping[str, float]]], *, part: str = "test", epoch_kind: str = "final"
    ) -> list[Prediction]:
        return [
            Prediction(f"{part}{number:03d}.png", part, epoch_kind, label, probabilities)
            for number, (label, probabilities) in enumerate(rows)
        ]

    return make

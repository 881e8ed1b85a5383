"""The numbers of a comparison from the files of its runs, by libraries and by hand, not by tracker."""

from __future__ import annotations

import csv
import itertools
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient
from MLstatkit import Delong_test
from scipy.stats import beta, binom, binomtest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar

EXACT = 1e-9


@dataclass(frozen=True)
class Tested:
    """What one run answered to the test images: [N] each, in the order of the images' names.

    Attributes:
        sick: Which images are of the finding.
        odds: The log-odds of the finding.
        share: Its probability.
        threshold: What the validation images choose.
        patients: How many there are.
    """

    sick: np.ndarray
    odds: np.ndarray
    share: np.ndarray
    threshold: float
    patients: int

    @property
    def right(self) -> np.ndarray:
        return (self.odds > 0) == self.sick

    def measures(self) -> dict[str, float]:
        called = self.odds >= self.threshold
        return {
            "accuracy": float(self.right.mean()),
            "auroc": float(roc_auc_score(self.sick, self.odds)),
            "average_precision": float(average_precision_score(self.sick, self.odds)),
            "brier": float(brier_score_loss(self.sick, self.share)),
            "ece": self._ece(),
            "sensitivity": float((self.odds > 0)[self.sick].mean()),
            "specificity": float((self.odds <= 0)[~self.sick].mean()),
            "sensitivity_at_threshold": float(called[self.sick].mean()),
            "specificity_at_threshold": float((~called)[~self.sick].mean()),
        }

    def _ece(self) -> float:
        sure = np.maximum(self.share, 1 - self.share)
        error = 0.0
        for low in np.arange(10) / 10:
            inside = (sure > low) & (sure <= low + 0.1)
            if inside.any():
                error += inside.mean() * abs(self.right[inside].mean() - sure[inside].mean())
        return error


def check_against_recomputed(told: Mapping[str, Any], uri: str) -> None:
    """Compare what `tracker compare --format json` said with what its runs' files give."""
    client, arms = MlflowClient(uri), dict[tuple[str, str], list[Tested]]()
    for cell in told["cells"]:
        arms[cell["model"], cell["mode"]] = [_read(client, run) for run in cell["runs"].values()]
    for row in told["measures"]:
        _check_measure(row, arms[row["model"], row["mode"]])
    for row in told["pairs"]:
        _check_pair(row, arms[row["model"], row["first"]], arms[row["model"], row["second"]])
    main = [row for row in told["pairs"] if row["family"] == "main"]
    adjusted = _holm([row["p"] for row in main])
    assert [row["adjusted_p"] for row in main] == pytest.approx(adjusted, abs=EXACT)
    for row in main:
        zero_out = row["interval_low"] > 0 or row["interval_high"] < 0
        assert (row["verdict"] == "established") == (zero_out and row["adjusted_p"] <= 0.05)


def _check_measure(row: Mapping[str, Any], runs: Sequence[Tested]) -> None:
    name = row["metric"].removeprefix("test/")
    values = [run.measures()[name] for run in runs if name in run.measures()]
    if not values:
        return
    # The table's own number is the one that training recorded, in single precision.
    assert row["mean"] == pytest.approx(np.mean(values), abs=EXACT if name != "auroc" else 1e-7), row
    if len(values) > 1:
        assert row["sd"] == pytest.approx(np.std(values, ddof=1), abs=1e-7)
    elif name == "accuracy" and runs[0].patients == len(runs[0].sick):
        interval = binomtest(int(runs[0].right.sum()), len(runs[0].right)).proportion_ci(method="wilson")
        assert row["sampling_method"] == "Wilson"
        assert (row["sampling_low"], row["sampling_high"]) == pytest.approx(
            (interval.low, interval.high), abs=EXACT
        )


def _check_pair(row: Mapping[str, Any], first: Sequence[Tested], second: Sequence[Tested]) -> None:
    name = row["metric"].removeprefix("test/")
    means = [np.mean([run.measures()[name] for run in runs]) for runs in (first, second)]
    assert row["difference"] == pytest.approx(means[0] - means[1], abs=EXACT)
    only = [
        [int((a.right & ~b.right).sum()), int((b.right & ~a.right).sum())]
        for a, b in zip(first, second, strict=True)
    ]
    b, c = np.mean(only, axis=0)
    assert (row["only_first_right"], row["only_second_right"]) == pytest.approx((b, c), abs=EXACT)
    independent = row["images"] == row["patients"]
    if name == "accuracy" and independent:
        claim = float(beta.cdf(0.5, max(b, c) + 1, min(b, c) + 1))
        assert row["probability_of_false_claim"] == pytest.approx(claim, abs=EXACT)
    if len(only) > 1:
        return
    if name == "accuracy":
        ((b, c),) = only
        assert row["mcnemar_exact_p"] == pytest.approx(
            mcnemar([[0, b], [c, 0]], exact=True).pvalue, abs=EXACT
        )
        assert row["mcnemar_mid_p"] == pytest.approx(_mid_p(b, c), abs=EXACT)
    if name == "auroc" and independent:
        _, p = Delong_test(first[0].sick, second[0].odds, first[0].odds, return_ci=False, return_auc=False)
        assert row["delong_p"] == pytest.approx(p, abs=EXACT)


def _mid_p(b: int, c: int) -> float:
    """Sum the probabilities of what is less even than what was seen, and half of those that are as even."""
    if b + c == 0:
        return 1.0
    chances = [float(binom.pmf(k, b + c, 0.5)) for k in range(b + c + 1)]
    seen = abs(b - c)
    more = sum(chance for k, chance in enumerate(chances) if abs(2 * k - b - c) > seen)
    return more + sum(chance for k, chance in enumerate(chances) if abs(2 * k - b - c) == seen) / 2


def _holm(values: Sequence[float]) -> list[float]:
    largest, adjusted = 0.0, [0.0] * len(values)
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def _read(client: MlflowClient, run_id: str) -> Tested:
    positive = client.get_run(run_id).data.tags["tracker.positive_class"]
    with tempfile.TemporaryDirectory() as folder:
        tables = []
        for name in ("predictions.csv", "split.csv"):
            text = Path(client.download_artifacts(run_id, name, folder)).read_text()
            tables.append(list(csv.DictReader(text.splitlines())))
    patients = {row["sample"]: row["patient"] or row["sha256"] for row in tables[1]}
    final = [row for row in tables[0] if row["epoch_kind"] == "final"]
    tested = sorted((row for row in final if row["part"] == "test"), key=lambda row: row["sample"])
    validated = [row for row in final if row["part"] == "val"]
    odds, share = f"log_odds_{positive}", f"p_{positive}"
    return Tested(
        np.array([row["label"] == positive for row in tested]),
        np.array([float(row[odds]) for row in tested]),
        np.array([float(row[share]) for row in tested]),
        _youden([(float(row[odds]), row["label"] == positive) for row in validated]),
        len({patients[row["sample"]] for row in tested}),
    )


def _youden(answers: Sequence[tuple[float, bool]]) -> float:
    """Try every gap between neighboring scores."""
    scores = sorted({score for score, _ in answers})
    if len({truth for _, truth in answers}) < 2:
        return 0.0
    best, found = 1e-12, 0.0
    for low, high in itertools.pairwise(scores):
        middle = (low + high) / 2
        shares = [
            np.mean([(score >= middle) == sick for score, sick in answers if sick == wanted])
            for wanted in (True, False)
        ]
        gained = float(sum(shares)) - 1
        nearer = math.isclose(gained, best, abs_tol=1e-12) and abs(middle) < abs(found)
        if gained > best + 1e-12 or nearer:
            best, found = gained, middle
    return found

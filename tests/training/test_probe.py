"""A probe is the logistic regression that scikit-learn makes of the same features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import fx, nn

from tests.support.trainings import CPU, Collected
from tracker.data.splits.division import divide
from tracker.errors import TrainingError
from tracker.training import probe
from tracker.training.examples import Examples
from tracker.training.loop import Measured
from tracker.training.probe import GRID, Probe
from tracker.training.store import Store

COUNT, FEATURES = 90, 12
PARTS = {"train": range(60), "val": range(60, 70), "test": range(70, 90)}


class Tail(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.last = nn.Linear(FEATURES, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.last(features)


def draw(classes: int) -> tuple[torch.Tensor, list[int], list[int]]:
    """Return features of very different sizes, one of them constant, labels, and patients of two images."""
    labels = [row // 2 % classes for row in range(COUNT)]
    features = torch.rand(COUNT, FEATURES, generator=torch.Generator().manual_seed(0))
    features[torch.arange(COUNT), torch.tensor(labels)] += 0.3
    features[:, 3] = 7.0
    features[:, 4] *= 500
    return features, labels, [row // 2 for row in range(COUNT)]


def probed(
    features: torch.Tensor,
    labels: Sequence[int],
    groups: Sequence[int],
    train: Sequence[int] = PARTS["train"],
) -> tuple[Measured, dict[str, str], nn.Module]:
    tail, told, collected = fx.symbolic_trace(Tail(len(set(labels)))), {}, Collected()
    on = Examples.of(Store(features), labels, {**PARTS, "train": train}, groups=groups)
    measured = Probe(tail, on, device=CPU, tell=told.update).run(collected)
    assert measured["best"] is measured["final"]
    assert collected.epochs == [measured["final"].metrics]
    return measured["final"], told, tail


def by_hand(
    features: torch.Tensor, labels: Sequence[int], groups: Sequence[int]
) -> tuple[float, list[float], np.ndarray]:
    """Return the penalty, the losses of all, and all probabilities [rows, K], with scikit-learn alone."""
    x, y, g = features.double().numpy(), np.array(labels), np.array(groups)
    rows = np.array(PARTS["train"])
    fold_of = np.array(divide(y[rows].tolist(), g[rows].tolist(), 5, seed=0))
    folds = [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(5)]

    def probabilities(c: float, fit: np.ndarray, asked: np.ndarray) -> np.ndarray:
        scaler = StandardScaler().fit(x[fit])
        model = LogisticRegression(C=c, tol=1e-8, max_iter=50_000).fit(scaler.transform(x[fit]), y[fit])
        return model.predict_proba(scaler.transform(x[asked]))

    losses = []
    for c in GRID:
        own = [probabilities(c, rows[a], rows[b])[np.arange(len(b)), y[rows[b]]] for a, b in folds]
        losses.append(-float(np.log(np.concatenate(own)).mean()))
    best = GRID[int(np.argmin(losses))]
    return best, losses, probabilities(best, rows, np.arange(COUNT))


@pytest.mark.parametrize("classes", [2, 3])
def test_it_gives_the_probabilities_of_scikit_learn(classes: int) -> None:
    features, labels, groups = draw(classes)
    measured, told, tail = probed(features, labels, groups)
    best, losses, expected = by_hand(features, labels, groups)
    assert told["tracker.probe_c"] == f"{best:g}"
    assert told["tracker.probe_folds"] == "5"
    assert told["tracker.probe_grid"].split(", ") == [
        f"{c:g} ({loss:.4f})" for c, loss in zip(GRID, losses, strict=True)
    ]
    assert GRID[0] < best < GRID[-1]
    with torch.no_grad():
        shares = tail(features).softmax(1).double().numpy()
    assert np.abs(shares - expected).max() < 1e-6
    assert np.abs(measured.logits["test"].softmax(1).numpy() - expected[70:]).max() < 1e-6
    own = expected[np.arange(60), labels[:60]]
    assert measured.metrics["train/loss"] == pytest.approx(-np.log(own).mean(), abs=1e-6)
    assert measured.metrics["test/accuracy"] == (expected[70:].argmax(1) == labels[70:]).mean()
    assert {"train/accuracy", "val/loss", "val/auroc", "test/auroc"} <= measured.metrics.keys()


def test_what_is_held_out_decides_nothing() -> None:
    features, labels, groups = draw(2)
    _, told, tail = probed(features, labels, groups)
    others = features.clone()
    others[60:] = torch.rand(30, FEATURES) * 1000
    _, told_again, again = probed(others, [*labels[:60], *(1 - label for label in labels[60:])], groups)
    assert told == told_again
    assert all(torch.equal(a, b) for a, b in zip(tail.parameters(), again.parameters(), strict=True))


def test_the_images_of_a_patient_are_left_out_together() -> None:
    """Noise that is the same in both images of a patient teaches nothing; image by image it seems to."""
    noise = torch.rand(COUNT // 2, FEATURES, generator=torch.Generator().manual_seed(2)).repeat_interleave(
        2, 0
    )
    labels = (torch.rand(COUNT // 2, generator=torch.Generator().manual_seed(3)) < 0.5).long()
    labels = labels.repeat_interleave(2).tolist()
    _, by_patient, _ = probed(noise, labels, [row // 2 for row in range(COUNT)])
    _, by_image, _ = probed(noise, labels, list(range(COUNT)))
    assert float(by_patient["tracker.probe_c"]) <= 0.01 < float(by_image["tracker.probe_c"])


@pytest.mark.parametrize(("patients", "folds"), [(7, "5"), (3, "3"), (2, "2"), (1, "0")])
def test_few_patients_of_a_class_make_few_folds_and_one_makes_none(patients: int, folds: str) -> None:
    features, labels, groups = draw(2)
    # Class 1 has two images each of rows 2, 6, 10, ...: the first so many patients.
    train = [row for row in range(60) if labels[row] == 0 or groups[row] < 2 * patients]
    _, told, _ = probed(features, labels, groups, train)
    assert told["tracker.probe_folds"] == folds
    if folds == "0":
        assert told["tracker.probe_c"] == "1"
        assert "tracker.probe_grid" not in told


def test_a_fold_never_lacks_a_class_to_fit_to() -> None:
    labels = np.array([0] * 6 + [1] * 6)
    groups = np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 7])
    folds = probe._folds(labels, groups)
    assert len(folds) == 2
    assert all(set(labels[fit]) == {0, 1} for fit, _ in folds)
    assert all(not set(groups[fit]) & set(groups[left]) for fit, left in folds)


def test_a_regression_that_does_not_come_to_its_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_STEPS", 1)
    with pytest.raises(TrainingError, match="must reach its solution"):
        probed(*draw(2))


def test_features_that_are_no_numbers_are_an_error() -> None:
    features, labels, groups = draw(2)
    features[5, 5] = float("inf")
    with pytest.raises(TrainingError, match="finite"):
        probed(features, labels, groups)


def test_a_tail_of_several_layers_is_refused() -> None:
    features, labels, _ = draw(2)
    tail = fx.symbolic_trace(nn.Sequential(nn.Linear(FEATURES, 4), nn.ReLU(), nn.Linear(4, 2)))
    with pytest.raises(TrainingError, match="one linear layer"):
        Probe(tail, Examples.of(Store(features), labels, PARTS), device=CPU, tell=lambda _: None)

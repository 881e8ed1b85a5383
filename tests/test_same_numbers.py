"""Numbers that no version of Python or of a library may change: who is in which fold, draws, intervals.

What they are was computed once; elsewhere they are held against other ways to get them. Other versions are
tried by `python -m tools.versions`. What torch, Pillow and Optuna compute differs by their versions, which
every run says (`tracker.version.*`).
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest

from tests.support.drawn_answers import drawn_answers
from tracker.compare.statistics.bootstrap import bootstrap_intervals
from tracker.compare.statistics.delong import newcombe
from tracker.compare.statistics.false_claim import probability_of_false_claim
from tracker.compare.statistics.holm import holm
from tracker.compare.statistics.intervals import wilson
from tracker.compare.statistics.mcnemar import mcnemar
from tracker.compare.statistics.power import power_of_mcnemar, smallest_difference
from tracker.compare.statistics.resampled_t import corrected_resampled_t
from tracker.compare.statistics.resampling import patient_weights, repetition_weights
from tracker.config.search_space import Range
from tracker.data.manifest import Manifest, Sample
from tracker.data.splits.cross_validation import CrossValidation
from tracker.data.splits.division import divide
from tracker.data.splits.folds import make_folds
from tracker.data.splits.split import make_split
from tracker.search.samplers import grid_points, seed_of


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    """120 patients of one to six images, a third of them sick."""
    draw, samples = random.Random(3), []
    for patient in range(120):
        for image in range(draw.randint(1, 6)):
            name = f"{patient:03}_{image}.png"
            label = ("healthy", "sick")[patient % 3 == 0]
            samples.append(Sample(name, Path("/", name), label, f"P{patient}", None, name))
    return Manifest("folder", Path("/"), tuple(samples))


def digest(numbers: object) -> str:
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:12]


def near(*values: float) -> object:
    return pytest.approx(list(values), rel=1e-9)


def test_splits_and_folds_are_the_same_images(manifest: Manifest) -> None:
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    assert split.digest[:12] == "5e14f182f3fe"
    assert CrossValidation(manifest, "0.7/0.1/0.2", folds=5, seed=1).digest[:12] == "08896061d8ed"
    assert digest([fold["val"] for fold in make_folds(manifest, split, 5, seed=0)]) == "d14c54047cd5"
    single = divide([number % 3 for number in range(100)], range(100), 5, seed=0)
    assert digest(single) == "7f984dfd54ec"


def test_resamples_and_the_intervals_from_them_are_the_same() -> None:
    generator = np.random.default_rng(0)
    patients = patient_weights(np.arange(40) // 3, 20, generator)
    assert digest(patients.tolist()) == "041afbf89002"
    assert digest(repetition_weights(5, 20, generator).round(12).tolist()) == "fb30e6e6b744"
    spread = bootstrap_intervals(drawn_answers(), ["accuracy", "auroc"], resamples=200)
    assert list(spread["accuracy"].both) == near(0.7390327306794902, 0.8626511463323367)
    assert list(spread["auroc"].both) == near(0.7966255018175689, 0.9426314243321685)


def test_a_study_draws_from_the_same_seeds_and_its_grid_in_the_same_order() -> None:
    assert [seed_of(0, number) for number in range(3)] == [2968811710, 3964924996, 3141116543]
    space = {"lr": Range(1e-5, 1e-1), "weight_decay": Range(1e-6, 1e-2)}
    points = grid_points(space, trials=16, seed=0)
    assert [round(float(point["lr"]), 9) for point in points[:6]] == [
        *[1e-05, 0.004641589] * 2,
        *[1e-05, 0.000215443],
    ]


def test_p_values_and_intervals_are_the_same() -> None:
    assert [*mcnemar(4, 15)[2:], *mcnemar(6, 6)[2:]] == near(
        0.0192108154296875, 0.011817932128906253, 1.0, 0.8872070312499999
    )
    assert list(holm({"a": 0.01, "b": 0.04, "c": 0.03}).values()) == near(0.03, 0.06, 0.06)
    assert [*wilson(110, 132), *wilson(132, 132)] == near(
        0.7605311988236277, 0.8872828099773001, 0.9717210132013917, 1.0
    )
    assert list(newcombe(0.97, 67, 65)) == near(0.921463237566239, 0.9884878586199967)
    resampled = corrected_resampled_t([0.02, 0.05, -0.01, 0.04, 0.03], test_share=0.2)
    assert resampled is not None
    assert [*resampled.interval, resampled.p] == near(
        -0.016877877864805338, 0.06887787786480534, 0.16755322147892307
    )


def test_powers_are_the_same() -> None:
    assert [power_of_mcnemar(132, 0.1, 0.2)] == near(0.7390672242051589)
    assert [smallest_difference(132, 0.2)] == near(0.10685206012654137)
    assert [probability_of_false_claim(0.05, 0.1, 132)] == near(0.48351525286493924)

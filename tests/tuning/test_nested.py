"""Each fold has a study of its own, which no image of the fold's test part has a part in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.journals import JOURNAL, Recorded, recorded_in
from tests.support.plans import HEAD_MODEL, Prepare, RecordingReporter
from tracker.interruption import Interruption
from tracker.records import ArmPart, DataPart
from tracker.search.study import ArmStudy
from tracker.tuning.execute import tune
from tracker.tuning.plan import find_tuned, plan_studies
from tracker.tuning.recording import StudyRecords
from tracker.tuning.trials import TrialExecutor

NESTED = {"model": HEAD_MODEL, "tune": 2, "folds": 2, "epochs": 1}

Trials = dict[int, list[dict[str, float]]]
"""What the trials of each fold's study measured."""


@pytest.fixture
def studied(prepare_small: Prepare, workplace: Path) -> Callable[..., Trials]:
    """Makes the studies of all folds of a folder of images, and gives what their trials measured."""

    def make(data: Path, experiment: str, folds: int) -> Trials:
        prepared = prepare_small(**{**NESTED, "data": data, "experiment": experiment, "folds": folds})
        plans = plan_studies(prepared)
        for plan in plans:
            trials = TrialExecutor(prepared, plan, RecordingReporter(), Interruption())
            with ArmStudy(plan.spec) as study:
                trials.spend(study, StudyRecords(prepared, plan, study.token))
        return {plan.base.fold or 0: trials_of(plan.spec.name, workplace) for plan in plans}

    return make


def trials_of(study: str, folder: Path) -> list[dict[str, float]]:
    recorded = [Recorded.read(journal.parent) for journal in folder.glob(f".tracker/runs/*/{JOURNAL}")]
    trials = {run.tags["tracker.trial"]: run for run in recorded if run.tags["tracker.study"] == study}
    return [
        {name: value for name, value in trials[number].steps[1].items() if not name.endswith("per_second")}
        for number in sorted(trials)
    ]


def with_noise(data: Path, folder: Path, names: tuple[str, ...]) -> Path:
    """Copy images, of which some then show nothing but noise."""
    rng = np.random.default_rng(1)
    shutil.copytree(data, folder)
    for name in names:
        Image.fromarray(rng.integers(0, 255, (72, 64), dtype=np.uint8)).save(folder / name)
    return folder


@pytest.mark.parametrize("folds", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_a_study_is_the_same_whatever_its_fold_s_test_images_show_and_not_if_others_change(
    studied: Callable[..., Trials], prepare_small: Prepare, radiographs: Path, tmp_path: Path, folds: int
) -> None:
    plain = studied(radiographs, "plain", folds)
    assert [len(trials) for trials in plain.values()] == [2] * folds
    assert all(trial.keys() > {"val/loss", "objective"} for trials in plain.values() for trial in trials)
    prepared = prepare_small(**{**NESTED, "folds": folds})
    for fold in range(folds):
        test = prepared.images.of(DataPart(fold=fold)).split.parts["test"]
        noised = studied(with_noise(radiographs, tmp_path / str(fold), test), f"noise-{fold}", folds)
        assert {other for other in plain if plain[other] != noised[other]} == set(plain) - {fold}


def test_runs_of_a_fold_are_trained_with_what_its_own_study_found(
    prepare_small: Prepare, workplace: Path
) -> None:
    nested = NESTED | {"tune": 1}
    prepared = prepare_small(**nested)
    reporter = RecordingReporter()
    tuned = tune(prepared, reporter, Interruption())
    keys = [ArmPart(HEAD_MODEL, "feature-extractor", DataPart(fold=fold)) for fold in (0, 1)]
    assert list(tuned) == keys
    assert reporter.named("study_started") == [(key, n, 2) for n, key in enumerate(keys, start=1)]
    assert len({one.study for one in tuned.values()}) == 2
    later = prepare_small(**{**nested, "tune": None, "tuned": True, "seeds": 2})
    assert find_tuned(later) == tuned
    for recipe in later.with_tuned(tuned).plan.recipes:
        assert recipe.lr == tuned[recipe.study_key].values["lr"]
    names = [name for name, run in recorded_in(workplace).items() if run.tags["tracker.kind"] == "study"]
    assert sorted(names) == [f"study FE f{fold} {HEAD_MODEL}" for fold in (0, 1)]


def test_repeats_and_shares_have_studies_of_their_own_and_seeds_have_none(prepare_small: Prepare) -> None:
    given = {**NESTED, "repeats": 2, "train_fraction": (0.5, 1), "seeds": 2}
    plans = plan_studies(prepare_small(**given))
    assert len(plans) == len({plan.spec.name for plan in plans}) == 2 * 2 * 2
    (whole,) = plan_studies(prepare_small(model=HEAD_MODEL, tune=2, epochs=1))
    assert whole.base.study_key == (HEAD_MODEL, "feature-extractor")
    assert whole.spec.name not in {plan.spec.name for plan in plans}

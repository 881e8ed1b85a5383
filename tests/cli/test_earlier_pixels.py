"""This version meets runs and studies of 0.1.0, which decoded colors of 16 bits to other pixels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from tests.support.command import Outcome
from tests.support.earlier_version import as_0_1_0_did, forget_pixels_of_0_1_0
from tests.support.journals import Recorded

Tracker = Callable[..., Outcome]


def arguments(images: Path, *more: str) -> list[str]:
    fixed = "--dataset folder --weights bundled --model mini-densenet --mode feature-extractor --epochs 2"
    sizes = "--batch-size 8 --image-size 64 --precision fp32 --split 16/6/8 --experiment deep"
    return [*fixed.split(), *sizes.split(), "--data", str(images), "--patient-pattern", r"^P\d+", *more]


def run(images: Path, *more: str) -> list[str]:
    return ["run", *arguments(images, "--log-model", "none", *more)]


def tune(images: Path, trials: int, *more: str) -> list[str]:
    return ["tune", *arguments(images, "--pruner", "none", "--trials", str(trials), *more)]


def studies() -> dict[str, int]:
    """Return the number of trials of each study."""
    found = optuna.get_all_study_summaries("sqlite:///.tracker/studies.db")
    return {study.study_name: study.n_trials for study in found}


def test_a_finished_run_of_other_pixels_is_told_and_stands_in_no_table_with_new_ones(
    tracker: Tracker, deep_colors: Path
) -> None:
    with as_0_1_0_did(deep_colors):
        assert tracker(*run(deep_colors, "--seed", "0")).code == 0
    again = tracker(*run(deep_colors, "--seed", "0", "--seed", "1"))
    assert "finished before, from another decoder's pixels (--rerun runs it again)" in again.out
    table = tracker("compare", "--experiment", "deep")
    assert table.code != 0
    assert "all runs of a table must have seen the same pixels" in table.err
    assert "--where pixels_digest=" in table.err


@pytest.mark.slow
def test_what_cannot_be_known_of_a_finished_run_stands_under_the_table(
    tracker: Tracker, deep_colors: Path
) -> None:
    with as_0_1_0_did(deep_colors):
        assert tracker(*run(deep_colors, "--seed", "0")).code == 0
    forget_pixels_of_0_1_0(deep_colors)
    again = tracker(*run(deep_colors, "--seed", "0", "--seed", "1"))
    assert "finished before (--rerun runs it again)" in again.out
    table = tracker("compare", "--experiment", "deep").out
    assert "1 run of an earlier version does not say from which pixels" in " ".join(table.split())
    assert tracker(*run(deep_colors, "--seed", "0", "--rerun")).code == 0
    told = json.loads(tracker("compare", "--experiment", "deep", "--format", "json").out)
    assert list(told["cells"][0]["values"]) == ["0", "1"]
    assert "pixels" not in tracker("compare", "--experiment", "deep").out


@pytest.mark.slow
def test_a_study_on_other_pixels_gives_way_to_a_new_one(tracker: Tracker, deep_colors: Path) -> None:
    with as_0_1_0_did(deep_colors):
        assert tracker(*tune(deep_colors, 2)).code == 0
    (earlier,) = studies()
    refused = tracker(*run(deep_colors, "--tuned", "--pruner", "none"))
    assert "lr by val/loss on other pixels, of another decoder" in refused.err
    told = tracker(*tune(deep_colors, 3)).out
    assert "its earlier study was made on other pixels, of another decoder: a new study begins" in told
    assert sorted(studies().values()) == [2, 3]
    # Also where nobody could tell any more of which pixels the earlier one was.
    forget_pixels_of_0_1_0(deep_colors)
    told = tracker(*tune(deep_colors, 4)).out
    assert "study was" not in told
    assert {name == earlier: trials for name, trials in studies().items()} == {True: 2, False: 4}
    assert tracker(*run(deep_colors, "--tuned", "--pruner", "none")).code == 0
    runs = [Recorded.read(folder) for folder in Path(".tracker/runs").iterdir()]
    (tuned,) = filter(None, (run.tags.get("tracker.tuned_study") for run in runs))
    assert tuned != earlier


@pytest.mark.slow
def test_a_study_that_does_not_say_its_pixels_goes_on_and_that_is_told(
    tracker: Tracker, deep_colors: Path
) -> None:
    with as_0_1_0_did(deep_colors):
        assert tracker(*tune(deep_colors, 2)).code == 0
    forget_pixels_of_0_1_0(deep_colors)
    told = tracker(*tune(deep_colors, 3)).out
    assert "may have decoded the images to other pixels" in told
    assert list(studies().values()) == [3]

"""What holds where a user says nothing, and what follows from what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.errors import UsageError
from tracker.models.minis import MINIS


def test_scratch_takes_no_weights_whatever_the_others_take() -> None:
    options = read_options({"mode": ["scratch", "fine-tuning"], "weights": "imagenet"})
    recipes = {
        mode: options.recipe(model="resnet18", mode=mode, seed=0, split="given", precision="fp32")
        for mode in options.mode
    }
    assert recipes["scratch"].weights == "none"
    assert recipes["fine-tuning"].weights == "imagenet"


def test_a_class_may_be_a_number_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("positive: 1\n")
    assert read_options({}, tmp_path / "study.yaml").positive == "1"


def test_the_defaults_are_the_reference_study() -> None:
    options = read_options({})
    assert options.model == ("alexnet", "resnet152", "densenet201")
    assert options.mode == ("feature-extractor", "fine-tuning")
    assert {options.weights_of(model) for model in options.model} == {"imagenet"}
    assert (options.dataset, options.epochs) == ("tb-xray", 40)
    assert (options.image_size, options.experiment_name) == (224, "tb-xray")


def test_the_synthetic_data_set_has_small_networks_that_bring_their_weights() -> None:
    options = read_options({"dataset": "phantom"})
    assert options.model == tuple(MINIS)
    assert {options.weights_of(model) for model in options.model} == {"bundled"}
    assert read_options({"dataset": "phantom", "model": ["alexnet"]}).model == ("alexnet",)
    assert read_options({"model": ["mini-resnet", "alexnet"]}).weights_of("alexnet") == "imagenet"
    assert read_options({"dataset": "phantom", "weights": "none"}).weights_of("mini-resnet") == "none"


def repetitions(**given: Any) -> list[tuple[Any, ...]]:
    return [tuple(one.values()) for one in read_options(given).repetitions()]


def test_an_arm_has_a_run_of_every_seed_repeat_fold_and_share() -> None:
    assert repetitions() == [(0, 0, None, None)]
    assert repetitions(seeds=3) == repetitions(seed=[0, 1, 2]) == [(seed, 0, None, None) for seed in range(3)]
    folds = [(r, f) for r in (0, 1) for f in (0, 1, 2)]
    assert repetitions(folds=3, repeats=2, seeds=2) == [(s, r, f, None) for s in (0, 1) for r, f in folds]
    assert repetitions(folds=3, repeats=2, fold=2, repeat=[1]) == [(0, 1, 2, None)]


def test_a_share_of_one_is_what_a_run_has_without_a_share() -> None:
    assert repetitions(train_fraction=1) == repetitions()
    assert repetitions(train_fraction=[0.5, 1, 1.0, 0.5]) == [(0, 0, None, 0.5), (0, 0, None, None)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folds": 1}, "folds: input should be greater than or equal to 2"),
        ({"repeats": 2}, "give folds, too"),
        ({"fold": 0}, "give folds, too"),
        ({"folds": 3, "fold": [0, 3]}, "3 folds are 0 to 2, got 3"),
        ({"folds": 3, "repeat": 1}, "of 1 repeats the last is 0, got 1"),
        ({"train_fraction": [0.5, 0]}, "train_fraction: input should be greater than 0"),
        ({"train_fraction": 1.1}, "train_fraction: input should be less than or equal to 1"),
        ({"seed": [1], "seeds": 2}, "seeds is short for several of seed: give one of them"),
        ({"seeds": 0}, "seeds: input should be greater than or equal to 1"),
    ],
)
def test_folds_shares_and_seeds_that_cannot_be_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_options(given)


def test_seeds_that_are_given_here_set_aside_those_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("seed: [4, 5]\ntrain-fraction: [0.1, 1]\nfolds: 4\n")
    assert [one["seed"] for one in read_options({"folds": 2, "seeds": 1}, file).repetitions()] == [0] * 4
    file.write_text("seeds: 3\n")
    assert [one["seed"] for one in read_options({"seed": (7,)}, file).repetitions()] == [7]


def test_a_plain_recipe_says_nothing_of_folds() -> None:
    recipe = RunOptions().recipe(model="alexnet", mode="scratch", seed=0, split="given", precision="fp32")
    assert not {"folds", "fold", "repeat", "train_fraction"} & recipe.params().keys()

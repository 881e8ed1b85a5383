"""A recipe says everything that determines a run, and equal recipes on equal data are the same run."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
from pydantic import ValidationError

from tracker.config.recipe import Optimizer, Recipe, default_lr

BASE = Recipe(
    dataset="folder",
    split="486/44/132",
    split_seed=0,
    patient_pattern=None,
    on_unreadable="stop",
    image_size=224,
    resize="stretch",
    model="resnet18",
    weights="imagenet",
    mode="fine-tuning",
    epochs=40,
    batch_size=32,
    optimizer="sgd",
    lr=0.001,
    weight_decay=1e-4,
    momentum=0.9,
    schedule="constant",
    precision="fp32",
    seed=0,
)
CHANGES = {
    "dataset": "csv",
    "split": "0.7/0.1/0.2",
    "split_seed": 1,
    "patient_pattern": r"^\d+",
    "on_unreadable": "skip",
    "image_size": 256,
    "resize": "pad",
    "model": "resnet34",
    "weights": "none",
    "mode": "feature-extractor",
    "epochs": 41,
    "batch_size": 16,
    "optimizer": "adam",
    "lr": 0.002,
    "weight_decay": 0.0,
    "momentum": 0.8,
    "schedule": "cosine",
    "precision": "bf16",
    "seed": 1,
    "positive": "normal",
    "column": ("label=class",),
    "include": ("*.png",),
    "exclude": ("*/masks/*",),
    "folds": 5,
    "fold": 0,
    "repeat": 1,
    "train_fraction": 0.25,
    "deterministic": True,
}


def fingerprint(recipe: Recipe, data: str = "a", weights: str = "") -> str:
    return recipe.fingerprint(manifest_digest=data, weights_digest=weights)


def test_every_field_is_part_of_the_fingerprint() -> None:
    assert CHANGES.keys() == Recipe.model_fields.keys()
    changed = [fingerprint(BASE.model_copy(update={name: value})) for name, value in CHANGES.items()]
    assert len({fingerprint(BASE), *changed}) == len(CHANGES) + 1


def test_the_fingerprint_is_the_same_tomorrow() -> None:
    assert fingerprint(BASE) == fingerprint(Recipe(**BASE.model_dump())) == "18096017c6f72b49977d0d568c9ac247"


def test_other_data_is_another_run() -> None:
    assert fingerprint(BASE, data="b") != fingerprint(BASE)


def test_a_file_of_weights_counts_by_its_content_not_its_path() -> None:
    here, there = (BASE.model_copy(update={"weights": path}) for path in ("a.pth", "b/c.pth"))
    assert fingerprint(here, weights="1" * 64) == fingerprint(there, weights="1" * 64)
    assert fingerprint(here, weights="1" * 64) != fingerprint(here, weights="2" * 64)


def test_a_recipe_cannot_change_and_refuses_unknown_fields() -> None:
    with pytest.raises(ValidationError):
        BASE.seed = 3  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Recipe(**BASE.model_dump(), color="red")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"mode": mode} for mode in ("freeze", "freeze:", "scratch")),
        *({"lr": lr} for lr in (0, float("nan"))),
        *({"folds": 5}, {"fold": 1}, {"folds": 5, "fold": 5}, {"train_fraction": 0}, {"train_fraction": 1.5}),
        *({"epochs": 0}, {"momentum": 1}, {"image_size": 8}, {"seed": -1}, {"precision": "auto"}),
    ],
)
def test_values_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Recipe(**{**BASE.model_dump(), **wrong})


def test_a_run_is_called_by_its_fold_and_share_where_it_has_one() -> None:
    assert (BASE.in_words, BASE.run_name) == ("resnet18 · fine-tuning · seed 0", "FT s0 resnet18")
    fold = BASE.model_copy(update={"folds": 5, "fold": 2})
    assert (fold.in_words, fold.run_name) == ("resnet18 · fine-tuning · seed 0 · fold 2", "FT s0 f2 resnet18")
    other = fold.model_copy(update={"repeat": 1, "train_fraction": 0.25})
    assert other.in_words == "resnet18 · fine-tuning · seed 0 · repeat 1 · fold 2 · fraction 0.25"
    assert other.run_name == "FT s0 r1f2 25% resnet18"


def test_every_fold_and_share_of_an_arm_has_a_study_of_its_own_and_no_seed_has() -> None:
    assert BASE.study_key == ("resnet18", "fine-tuning") == BASE.model_copy(update={"seed": 1}).study_key
    parts = [{"folds": 5, "fold": 0}, {"folds": 5, "fold": 0, "repeat": 1}, {"train_fraction": 0.25}]
    assert len({BASE.study_key, *(BASE.model_copy(update=part).study_key for part in parts)}) == 4


def test_every_field_says_what_it_means() -> None:
    assert all(field.description for field in Recipe.model_fields.values())


def test_a_new_layer_alone_learns_faster_than_pretrained_layers() -> None:
    for optimizer in get_args(Optimizer):
        assert default_lr("feature-extractor", optimizer) == 10 * default_lr("fine-tuning", optimizer)
        assert default_lr("freeze:layer4", optimizer) == default_lr("fine-tuning", optimizer)


def test_names_of_runs_differ_within_the_twenty_letters_that_a_list_shows() -> None:
    models = ("alexnet", "resnet152", "densenet201", "wide_resnet50_2", "mini-densenet", "mobilenet_v2")
    modes = ("feature-extractor", "fine-tuning", "freeze:features.denseblock4", "freeze:layer3.2")
    recipes = [
        BASE.model_copy(update={"model": model, "mode": mode, "seed": seed})
        for model, mode, seed in itertools.product(models, modes, (0, 1, 12))
    ]
    assert len({recipe.run_name[:20] for recipe in recipes}) == len(recipes)
    assert [recipes[0].run_name, recipes[6].run_name] == ["FE s0 alexnet", "denseblock4 s0 alexnet"]
    assert recipes[0].in_words == "alexnet · feature-extractor · seed 0"

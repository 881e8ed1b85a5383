"""What is decided before any run begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.plans import HEAD_MODEL, TAIL_MODEL, Prepare, small_options
from tracker.config.tuned import Tuned
from tracker.errors import ModelError, UsageError
from tracker.runs.plan import make_plan, prepare


def test_a_plan_has_a_recipe_of_every_seed_of_every_arm(workplace: Path, radiographs: Path) -> None:
    modes = ("feature-extractor", "fine-tuning")
    options = small_options(radiographs, model=(TAIL_MODEL, HEAD_MODEL), mode=modes, seed=(0, 7))
    plan = make_plan(options)
    assert [(*recipe.arm, recipe.seed) for recipe in plan.recipes] == [
        (model, mode, seed) for model in (TAIL_MODEL, HEAD_MODEL) for mode in modes for seed in (0, 7)
    ]
    assert {recipe.mode: recipe.lr for recipe in plan.recipes} == {
        "feature-extractor": 0.01,
        "fine-tuning": 0.001,
    }
    assert {recipe.split for recipe in plan.recipes} == {plan.images.split.rule} == {"16/6/8"}
    assert plan.tracking_uri == f"sqlite:///{workplace}/mlflow.db"
    assert list(workplace.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"model": "alexnot"}, UsageError, "alexnot"),
        ({"mode": ("fine-tuning", "freeze:nowhere")}, ModelError, "nowhere"),
        ({"model": "alexnet", "image_size": 32}, UsageError, "32"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_an_image_is_decoded(
    workplace: Path, radiographs: Path, given: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make_plan(small_options(radiographs, **given))


def test_weights_that_are_missing_are_all_named(workplace: Path, radiographs: Path) -> None:
    options = small_options(radiographs, model=(TAIL_MODEL, "resnet18"), weights="bundled")
    with pytest.raises(ModelError, match="those of 2 are not") as caught:
        prepare(make_plan(options))
    said = "\n".join(caught.value.details)
    assert TAIL_MODEL in said
    assert "resnet18" in said


def test_images_that_cannot_be_decoded_are_left_out_where_that_is_asked_for(
    workplace: Path, radiographs: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(radiographs, tmp_path / "copies")
    broken = sorted(folder.rglob("*.png"))[0]
    broken.write_bytes(broken.read_bytes()[:200])
    options = small_options(folder, on_unreadable="skip", split=None, patient_pattern=None)
    prepared = prepare(make_plan(options))
    assert len(prepared.images.left_out) == 1
    assert prepared.pixels.shape[0] == len(prepared.images.manifest.samples) == 29
    assert len(prepared.plan.images.manifest.samples) == 30


def test_values_that_a_study_found_go_into_the_recipes_of_its_arm_alone(prepare_small: Prepare) -> None:
    prepared = prepare_small(mode=("feature-extractor", "fine-tuning"), seed=(0, 1))
    arm = (TAIL_MODEL, "fine-tuning")
    tuned = {arm: Tuned("study", {"lr": 0.5, "batch_size": 4}, 3, "val/loss", 0.1, "lr")}
    recipes = prepared.with_tuned(tuned).plan.recipes
    assert [(recipe.arm == arm, recipe.lr, recipe.batch_size) for recipe in recipes] == [
        (False, 0.01, 8),
        (False, 0.01, 8),
        (True, 0.5, 4),
        (True, 0.5, 4),
    ]
    assert [recipe.seed for recipe in recipes] == [0, 1, 0, 1]

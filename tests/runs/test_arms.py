"""The arms of a plan: `freeze:all` is every depth of each network, and what cannot be is refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plans import TAIL_MODEL, small_options
from tracker.errors import ModelError, UsageError
from tracker.runs.arms import find_arms
from tracker.runs.plan import make_plan

DEPTHS = ["fine-tuning", "freeze:maxpool", "freeze:layer1", "freeze:layer2", "freeze:layer3"]
ENDS = ["feature-extractor", "scratch"]


def modes_of(data: Path, *modes: str, **given: object) -> list[str]:
    options = small_options(data, **{"model": "mini-resnet", "mode": modes, **given})
    return [arm.mode for arm in find_arms(options, classes=2)]


def test_freeze_all_is_every_depth_of_a_network(tmp_path: Path) -> None:
    assert modes_of(tmp_path, "freeze:all") == [*DEPTHS, *ENDS]
    assert modes_of(tmp_path, "freeze:all", image_size=224) == [*DEPTHS, *ENDS]
    assert modes_of(tmp_path, "probe", "freeze:all", "scratch") == ["probe", *DEPTHS, *ENDS]


def test_an_arm_that_is_named_besides_is_there_once(tmp_path: Path) -> None:
    named = "freeze:layer2.0.relu_1"
    expected = [named, *(mode for mode in DEPTHS if mode != "freeze:layer2"), *ENDS]
    assert modes_of(tmp_path, named, "freeze:all") == expected


def test_each_network_has_its_own_depths(tmp_path: Path) -> None:
    modes = modes_of(tmp_path, "freeze:all", model=("mini-resnet", "mini-alexnet"))
    assert modes[:7] == [*DEPTHS, *ENDS]
    assert len(modes[7:]) == 9


def test_its_runs_are_those_of_whoever_names_the_nodes(workplace: Path, radiographs: Path) -> None:
    every = make_plan(small_options(radiographs, model="mini-resnet", mode="freeze:all"))
    named = make_plan(small_options(radiographs, model="mini-resnet", mode=(*DEPTHS, *ENDS)))
    assert every.recipes == named.recipes


def test_norms_adapt_in_every_depth_and_where_something_is_frozen_alone(tmp_path: Path) -> None:
    variants = [f"{mode}+norms" for mode in (*DEPTHS[1:], "feature-extractor")]
    adapting = ["fine-tuning", *variants, "scratch"]
    assert modes_of(tmp_path, "freeze:all", norms="adapt") == adapting
    assert modes_of(tmp_path, "freeze:all+norms") == adapting
    both = modes_of(tmp_path, "freeze:all", norms=("frozen", "adapt"))
    assert both == [*DEPTHS, *ENDS, *variants]


def test_a_depth_that_is_named_is_there_once_with_norms_and_once_without(tmp_path: Path) -> None:
    named = "freeze:layer2.0.relu_1"
    modes = modes_of(tmp_path, f"{named}+norms", "freeze:all")
    assert modes == [f"{named}+norms", *DEPTHS, *ENDS]
    assert "freeze:layer2+norms" not in modes_of(tmp_path, named, "freeze:all", norms="adapt")


@pytest.mark.parametrize("asked", [{"norms": "adapt"}, {"mode": "feature-extractor+norms"}])
def test_where_no_norm_is_frozen_the_mode_itself_is_run_and_that_is_said(
    workplace: Path, radiographs: Path, asked: dict[str, str]
) -> None:
    given = {"model": ("mini-alexnet", "mini-resnet"), "mode": "feature-extractor", **asked}
    plan = make_plan(small_options(radiographs, **given))
    modes = {"mini-alexnet": "feature-extractor", "mini-resnet": "feature-extractor+norms"}
    assert {recipe.model: recipe.mode for recipe in plan.recipes} == modes
    (note,) = [note for note in plan.notes if "norms" in note]
    assert note.startswith("mini-alexnet: no batch norms in frozen layers")
    plan = make_plan(small_options(radiographs, **given | {"model": "mini-resnet"}))
    assert not [note for note in plan.notes if "norms" in note]


def test_a_probe_is_planned_once_for_all_seeds(workplace: Path, radiographs: Path) -> None:
    modes = ("probe", "fine-tuning")
    asked = {"model": "mini-resnet", "mode": modes, "seed": (3, 4), "weights": "bundled"}
    plan = make_plan(small_options(radiographs, **asked))
    assert [(recipe.mode, recipe.seed) for recipe in plan.recipes] == [
        ("probe", 0),
        ("fine-tuning", 3),
        ("fine-tuning", 4),
    ]
    assert any("probe: one run for all seeds" in note for note in plan.notes)
    plan = make_plan(small_options(radiographs, **asked | {"weights": "none"}))
    assert [recipe.seed for recipe in plan.recipes if recipe.mode == "probe"] == [3, 4]
    assert not any("probe" in note for note in plan.notes)


def test_a_probe_of_a_network_that_computes_more_after_its_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ends in one linear layer"):
        modes_of(tmp_path, "probe", model=TAIL_MODEL)


def test_a_search_cannot_name_several_modes_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stands for several"):
        small_options(tmp_path, mode="freeze:all", search={"lr": {"freeze:all": [0.1, 1]}})

"""Which study an arm has, and which earlier one tuned it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.earlier_version import as_0_1_0_did, forget_pixels_of_0_1_0
from tests.support.plans import HEAD_MODEL, TAIL_MODEL, Prepare
from tracker.config.recipe import digest_of
from tracker.errors import TuningError
from tracker.interruption import Interruption
from tracker.runs.events import StudyReporter
from tracker.search.study import ArmStudy
from tracker.tuning.execute import tune
from tracker.tuning.plan import StudyPlan, find_tuned, plan_studies, storage_of


def spend(plan: StudyPlan, *values: float) -> None:
    """End trials with these values; one that is infinite has diverged."""
    with ArmStudy(plan.spec) as study:
        for trial, value in zip(study.ask(len(values)), values, strict=True):
            study.complete(trial, value)


def test_every_arm_has_one_study_whatever_its_seeds(prepare_small: Prepare) -> None:
    modes = ("feature-extractor", "fine-tuning")
    prepared = prepare_small(model=(TAIL_MODEL, HEAD_MODEL), mode=modes, seed=(0, 1), tune=3)
    plans = plan_studies(prepared)
    assert [plan.base.arm for plan in plans] == [
        (m, mode) for m in (TAIL_MODEL, HEAD_MODEL) for mode in modes
    ]
    assert len({plan.spec.name for plan in plans}) == 4
    assert {(plan.spec.trials, plan.spec.direction, plan.base.seed) for plan in plans} == {(3, "minimize", 0)}
    assert plans[0].spec.storage.endswith("/.tracker/studies.db")


def test_the_database_of_studies_is_that_of_the_option_or_else_that_of_the_variable(
    prepare_small: Prepare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def storage(**given: object) -> str:
        (plan,) = plan_studies(prepare_small(**{"tune": 3, **given}))
        return plan.spec.storage

    monkeypatch.setenv("TRACKER_STUDY_STORAGE", "")
    assert storage().endswith("/.tracker/studies.db")
    monkeypatch.setenv("TRACKER_STUDY_STORAGE", f"sqlite:///{tmp_path}/of-the-variable.db")
    assert storage() == f"sqlite:///{tmp_path}/of-the-variable.db"
    named = f"sqlite:///{tmp_path}/of-the-option.db"
    assert storage(study_storage=named) == named


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sqlite:///here/studies.db", "sqlite:///{folder}/here/studies.db"),
        ("sqlite:///~/studies.db", "sqlite:///{home}/studies.db"),
        ("postgresql://me@server/studies", "postgresql://me@server/studies"),
    ],
)
def test_the_address_of_studies_means_the_same_in_the_option_and_in_the_variable(
    prepare_small: Prepare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str, typed: str, meant: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "of-me"))
    prepared = prepare_small(tune=3, study_storage=typed if by == "option" else None)
    monkeypatch.setenv("TRACKER_STUDY_STORAGE", typed if by == "variable" else "sqlite:///another.db")
    monkeypatch.chdir(tmp_path)
    assert storage_of(prepared.plan.options) == meant.format(folder=tmp_path, home=tmp_path / "of-me")


def test_a_study_is_the_same_one_with_another_budget_and_another_one_with_other_settings(
    prepare_small: Prepare,
) -> None:
    def name(**given: object) -> str:
        (plan,) = plan_studies(prepare_small(**{"tune": 3, **given}))
        return plan.spec.name

    assert name() == name(tune=5) == name(seed=(4, 5))
    others = [{"epochs": 3}, {"tune_folds": 2}, {"objective": "val/accuracy"}, {"study_seed": 1}]
    assert len({name(), *(name(**other) for other in others)}) == 1 + len(others)


@pytest.mark.parametrize("objective", ["val/auroc", "val/accuracy", "val/balanced_accuracy"])
def test_an_objective_other_than_the_loss_is_maximized(prepare_small: Prepare, objective: str) -> None:
    (plan,) = plan_studies(prepare_small(tune=3, objective=objective))
    assert plan.spec.direction == "maximize"


def test_what_is_found_comes_from_one_study(prepare_small: Prepare) -> None:
    """The one that was active last has no value: name, trials and values are those of the other one."""
    (older,) = plan_studies(prepare_small(tune=3, sampler="grid"))
    (newer,) = plan_studies(prepare_small(tune=2, sampler="grid"))
    spend(older, 0.5, 0.25, 0.75)
    spend(newer, float("inf"))
    prepared = prepare_small(tuned=True, sampler="grid")
    (tuned,) = find_tuned(prepared).values()
    with ArmStudy(older.spec) as study:
        best = study.progress().best
    assert best is not None
    assert (tuned.study, tuned.trials) == (older.spec.name, 3)
    assert (tuned.objective_value, tuned.values) == (0.25, best.params)


def test_of_two_studies_the_one_that_was_active_last_is_taken(prepare_small: Prepare) -> None:
    (better,) = plan_studies(prepare_small(tune=3, sampler="grid"))
    (last,) = plan_studies(prepare_small(tune=2, sampler="grid"))
    spend(better, 0.1)
    spend(last, 0.2)
    (tuned,) = find_tuned(prepare_small(tuned=True, sampler="grid")).values()
    assert (tuned.study, tuned.trials, tuned.objective_value) == (last.spec.name, 1, 0.2)


def test_arms_without_a_study_are_all_named_with_the_studies_that_they_have(prepare_small: Prepare) -> None:
    (plan,) = plan_studies(prepare_small(tune=2, tune_folds=2))
    spend(plan, 0.5)
    with pytest.raises(TuningError, match="2 of 2 arms have none in experiment 'small'") as caught:
        find_tuned(prepare_small(tuned=True, mode=("feature-extractor", "fine-tuning")))
    assert list(caught.value.details) == [
        f"{TAIL_MODEL} feature-extractor (but with other options: lr by val/loss)",
        f"{TAIL_MODEL} fine-tuning",
    ]


def test_what_is_found_is_put_into_the_recipes_of_its_arm(prepare_small: Prepare) -> None:
    (plan,) = plan_studies(prepare_small(tune=1))
    spend(plan, 0.5)
    prepared = prepare_small(tuned=True, seed=(0, 1))
    tuned = find_tuned(prepared)
    rates = [recipe.lr for recipe in prepared.with_tuned(tuned).plan.recipes]
    assert rates == [tuned[plan.base.arm].values["lr"]] * 2


def test_a_study_of_other_pixels_gives_way_to_a_new_one(prepare_small: Prepare, deep_colors: Path) -> None:
    options = {"data": deep_colors, "tune": 3}
    with as_0_1_0_did(deep_colors):
        (earlier,) = plan_studies(prepare_small(**options))
        spend(earlier, 0.1)
    with pytest.raises(TuningError) as caught:
        find_tuned(prepare_small(data=deep_colors, tuned=True))
    assert "on other pixels, of another decoder" in caught.value.details[0]
    (plan,) = plan_studies(prepare_small(**options))
    assert plan.spec.name != earlier.spec.name
    assert "a new study begins" in plan.note
    spend(plan, 0.5)
    # Once it has begun it goes on, whatever is known of the earlier one.
    forget_pixels_of_0_1_0(deep_colors)
    (again,) = plan_studies(prepare_small(**options))
    assert (again.spec.name, again.note) == (plan.spec.name, "")
    (tuned,) = find_tuned(prepare_small(data=deep_colors, tuned=True)).values()
    assert tuned.study == plan.spec.name


def test_a_study_that_does_not_say_its_pixels_goes_on_and_that_is_told(
    prepare_small: Prepare, deep_colors: Path
) -> None:
    options = {"data": deep_colors, "tune": 3}
    with as_0_1_0_did(deep_colors):
        (earlier,) = plan_studies(prepare_small(**options))
        spend(earlier, 0.1)
    forget_pixels_of_0_1_0(deep_colors)
    (plan,) = plan_studies(prepare_small(**options))
    assert plan.spec.name == earlier.spec.name
    assert "may have decoded the images to other pixels" in plan.note
    assert "pixels" not in plan.spec.attributes


def test_two_processes_that_decode_otherwise_cannot_begin_one_study(prepare_small: Prepare) -> None:
    (plan,) = plan_studies(prepare_small(tune=3))
    spend(plan, 0.5)
    other = replace(plan.spec, attributes={**plan.spec.attributes, "pixels": "f" * 64})
    with pytest.raises(TuningError, match="judged on the same pixels"):
        ArmStudy(other)


RANKED, DIVIDED = "ranked images by probabilities", "had folds of scikit-learn, which differ by its version"


@pytest.mark.parametrize(
    ("options", "since", "note", "told"),
    [
        ({"objective": "val/auroc"}, ("ranked_by",), RANKED, "lr by val/auroc of probabilities"),
        ({"tune_folds": 3}, ("divided_by",), DIVIDED, "lr by val/loss on folds of scikit-learn"),
        ({"objective": "val/auroc", "tune_folds": 3}, ("divided_by",), DIVIDED, "val/auroc on folds of"),
        ({"objective": "val/auroc", "tune_folds": 3}, ("ranked_by", "divided_by"), RANKED, "of prob"),
    ],
)
def test_a_study_that_was_judged_otherwise_gives_way_to_a_new_one(
    prepare_small: Prepare, options: dict[str, object], since: tuple[str, ...], note: str, told: str
) -> None:
    (plan,) = plan_studies(prepare_small(tune=3, **options))
    assert plan.note == ""
    new = ("pixels", *since)
    older = {name: value for name, value in plan.spec.attributes.items() if name not in new}
    name = f"{plan.spec.name.rpartition('/')[0]}/{digest_of(older)[:10]}"
    spend(replace(plan, spec=replace(plan.spec, name=name, attributes=older)), 1.0)
    (again,) = plan_studies(prepare_small(tune=3, **options))
    assert again.spec.name == plan.spec.name != name
    assert note in again.note
    with pytest.raises(TuningError) as caught:
        find_tuned(prepare_small(tuned=True, **options))
    assert told in caught.value.details[0]


def test_a_mode_in_which_nothing_that_is_searched_means_anything_has_no_study(prepare_small: Prepare) -> None:
    prepared = prepare_small(model="mini-resnet", mode=("probe", "lp-ft"), tune=2)
    assert [plan.base.mode for plan in plan_studies(prepared)] == ["lp-ft"]
    alone = prepare_small(model="mini-resnet", mode="probe", tune=2)
    assert tune(alone, StudyReporter(), Interruption()) == {}
    assert find_tuned(alone) == {}

"""A cross-validation is one table, its folds are repetitions; a share of the training part has its own."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.records import TUNED_TAGS, RunFactory
from tracker.compare.choices import arguments_for, select_or_offer
from tracker.compare.selection import select_runs
from tracker.compare.settings import repetition_of
from tracker.errors import ComparisonError, UsageError
from tracker.records import RunRecord

ARM = ("alexnet", "feature-extractor")


def fold_of(
    make_run: RunFactory, fold: int, repeat: int = 0, seed: int = 0, *, digest: str = "f", **changes: object
) -> RunRecord:
    params = {"folds": "3", "fold": str(fold), **({"repeat": str(repeat)} if repeat else {})}
    tags = {"tracker.folds_digest": digest * 64, "tracker.fold": str(fold), "tracker.repeat": str(repeat)}
    given = {"params": {**params, **changes.pop("params", {})}, "tags": {**tags, **changes.pop("tags", {})}}
    return make_run(seed=seed, split_digest=f"{digest}{repeat}{fold}" + 61 * "0", **given, **changes)


def test_the_folds_of_all_repeats_and_seeds_are_repetitions_of_one_arm_in_order(make_run: RunFactory) -> None:
    runs = [fold_of(make_run, fold, repeat, seed) for fold in (10, 2) for repeat in (1, 0) for seed in (1, 0)]
    selection = select_runs(runs)
    assert selection.split_digest == "f" * 64
    assert selection.excluded == ()
    assert list(selection.arms()[ARM]) == [
        f"{seed} · repeat {repeat} · fold {fold}" for seed in (0, 1) for repeat in (0, 1) for fold in (2, 10)
    ]
    assert repetition_of(make_run(seed=7)) == "7"


def test_a_fold_that_was_made_again_counts_once(make_run: RunFactory) -> None:
    first, second = fold_of(make_run, 0), fold_of(make_run, 0)
    selection = select_runs([first, fold_of(make_run, 1), second])
    assert [entry.run_id for entry in selection.excluded] == [first.run_id]
    assert selection.excluded[0].name == "alexnet · feature-extractor · seed 0 · fold 0"


def test_a_cross_validation_is_not_put_beside_another_one_or_a_split(make_run: RunFactory) -> None:
    runs = [fold_of(make_run, 0), make_run(), fold_of(make_run, 0, digest="e")]
    with pytest.raises(ComparisonError, match="these have 3") as caught:
        select_or_offer(runs)
    assert "3 folds" in "\n".join(caught.value.details)
    assert len(caught.value.choices) == 3
    for (option, digest), run in zip(caught.value.choices, reversed(runs), strict=True):
        assert option == "--split"
        assert select_runs(runs, split=digest).runs == (run,)
    assert arguments_for(runs, {runs[0].run_id}) == ["--split", "f" * 12]


def test_a_table_has_one_share_of_the_training_part_and_no_share_is_all_of_it(make_run: RunFactory) -> None:
    runs = [make_run(seed=seed, params=share) for share in ({"train_fraction": "0.5"}, {}) for seed in (0, 1)]
    runs += [make_run("resnet18", params={"train_fraction": "0.50"})]
    with pytest.raises(ComparisonError, match=r"these are on 0\.50, 1 of it") as caught:
        select_or_offer(runs)
    assert caught.value.choices == (("--where", "train_fraction=0.50"), ("--where", "train_fraction=1"))
    for share, number in (("0.5", 3), ("1", 2), ("1.0", 2)):
        assert len(select_runs(runs, where=[f"train_fraction={share}"]).runs) == number
    assert len(select_runs(runs[2:4], where=["train_fraction=1"]).runs) == 2
    assert arguments_for(runs, {runs[2].run_id}) == ["--where", "train_fraction=1"]


def tuned(make_run: RunFactory, fold: int, lr: str, study: str = "a", how: str = "by loss") -> RunRecord:
    tags = {**TUNED_TAGS, "tracker.tuned_study": f"{study}{fold}", "tracker.tuned_how": how}
    return fold_of(make_run, fold, params={"lr": lr}, tags=tags)


def test_each_fold_may_be_tuned_to_other_values(make_run: RunFactory) -> None:
    runs = [tuned(make_run, fold, lr) for fold, lr in enumerate(("0.1", "0.02", "0.003"))]
    assert len(select_runs(runs).runs) == 3
    other = dataclasses.replace(runs[0], params={**runs[0].params, "batch_size": "8"}, run_id="x")
    with pytest.raises(ComparisonError, match="batch_size"):
        select_runs(
            [dataclasses.replace(run, params={**run.params, "batch_size": "4"}) for run in runs] + [other]
        )


def test_a_fold_that_two_studies_tuned_is_refused_with_a_choice_where_there_is_one(
    make_run: RunFactory,
) -> None:
    first = [tuned(make_run, fold, "0.1") for fold in range(3)]
    other_way = [tuned(make_run, fold, "0.2", "b", how="by auroc") for fold in range(3)]
    with pytest.raises(ComparisonError, match="tuned by one study") as caught:
        select_or_offer([*first, *other_way])
    assert caught.value.choices == (("--where", "tuned_how=by auroc"), ("--where", "tuned_how=by loss"))
    assert select_runs([*first, *other_way], where=["tuned_how=by loss"]).runs == tuple(first)
    with pytest.raises(ComparisonError, match="make them in another --experiment"):
        select_or_offer([*first, tuned(make_run, 0, "0.2", "b")])
    with pytest.raises(UsageError):
        select_runs([make_run()], where=["tuned_how=by loss"])

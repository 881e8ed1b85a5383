"""What each trial is trained on; the test images never take part."""

from __future__ import annotations

import pytest

from tests.support.plans import Prepare
from tracker.errors import DataError
from tracker.tuning.repetitions import repetitions


def test_a_trial_is_trained_once_on_the_parts_of_the_split(prepare_small: Prepare) -> None:
    prepared = prepare_small(tune=1)
    (only,) = repetitions(prepared.plan.options, prepared.images)
    parts = prepared.images.split.indexes(prepared.images.manifest)
    assert (only.seed, only.rows) == (0, {"train": parts["train"], "val": parts["val"]})


def test_every_seed_is_trained_on_every_fold_and_no_fold_has_test_images(prepare_small: Prepare) -> None:
    prepared = prepare_small(tune=1, tune_seeds=2, tune_folds=3)
    found = repetitions(prepared.plan.options, prepared.images)
    assert [one.seed for one in found] == [0, 0, 0, 1, 1, 1]
    assert [one.rows for one in found[:3]] == [one.rows for one in found[3:]]
    parts = prepared.images.split.indexes(prepared.images.manifest)
    for one in found:
        assert sorted([*one.rows["train"], *one.rows["val"]]) == sorted([*parts["train"], *parts["val"]])
    assert sorted(row for one in found[:3] for row in one.rows["val"]) == sorted(
        [*parts["train"], *parts["val"]]
    )


def test_more_folds_than_patients_are_refused(prepare_small: Prepare) -> None:
    prepared = prepare_small(tune=1, tune_folds=50)
    with pytest.raises(DataError, match="50"):
        repetitions(prepared.plan.options, prepared.images)

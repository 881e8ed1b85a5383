"""Which runs of an arm answer together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.records import make_run
from tracker.compare.together import differences, newest_of_recipes

__all__ = ["make_run"]


def test_a_run_that_was_made_again_stands_for_the_one_before(make_run):
    first, second = make_run(seed=0), make_run(seed=1)
    again = replace(first, run_id="again", start_time=second.start_time + 1)
    assert newest_of_recipes([again, second, first]) == [second, again]


def test_seeds_and_folds_are_no_difference(make_run):
    folds = [
        make_run(seed=0, params={"fold": str(fold), "folds": "2"}, split_digest=f"{fold}" * 64)
        for fold in range(2)
    ]
    of_one = [replace(run, tags={**run.tags, "tracker.folds_digest": "c" * 64}) for run in folds]
    assert differences(of_one) == {}
    assert differences([make_run(seed=seed) for seed in range(3)]) == {}


@pytest.mark.parametrize(
    ("other", "name", "values"),
    [
        ({"params": {"lr": "0.1"}}, "lr", ["0.01", "0.1"]),
        ({"params": {"train_fraction": "0.5"}}, "train_fraction", ["1", "0.5"]),
        ({"split_digest": "b" * 64}, "split", None),
    ],
)
def test_settings_splits_and_shares_are(make_run, other, name, values):
    found = differences([make_run(seed=0), make_run(seed=1, **other)])
    assert list(found) == [name]
    assert values is None or found[name] == values

from __future__ import annotations

import pytest

from tests.compare.views.conftest import sized
from tracker.compare.shares import select_shares
from tracker.errors import ComparisonError, UsageError


@pytest.fixture
def shares(make_run):
    """Two shares of the training part, two seeds each."""
    return [
        make_run(mode="fine-tuning", seed=seed, **sized(size, share))
        for size, share in ((60, 0.5), (120, 1))
        for seed in (0, 1)
    ]


def test_each_share_is_a_selection_of_its_own_and_the_largest_is_last(shares):
    chosen = select_shares(shares[::-1])
    assert [{run.tags["tracker.train_patients"] for run in one.runs} for one in chosen] == [{"60"}, {"120"}]
    assert len({one.split_digest for one in chosen}) == 1


def test_a_share_of_which_nothing_has_finished_is_left_out(make_run, shares):
    unfinished = make_run(mode="fine-tuning", status="RUNNING", **sized(30, 0.25))
    assert len(select_shares([*shares, unfinished])) == 2


def test_conditions_hold_in_every_share(make_run, shares):
    others = [make_run(mode="fine-tuning", params={"lr": "0.1"}, seed=3)]
    chosen = select_shares([*shares, *others], where=["lr=0.01"])
    assert [len(one.runs) for one in chosen] == [2, 2]
    with pytest.raises(ComparisonError, match="has runs with lr"):
        select_shares([*shares, *others])


def test_two_splits_are_not_one_curve(make_run, shares):
    other = make_run(mode="fine-tuning", split_digest="b" * 64, **sized(30, 0.25))
    with pytest.raises(ComparisonError, match="must share one split"):
        select_shares([*shares, other])
    assert len(select_shares([*shares, other], split="3f2a")) == 2


def test_images_that_changed_between_shares_are_not_one_curve(make_run, shares):
    told = sized(30, 0.25)
    told["tags"] = {**told["tags"], "tracker.manifest_digest": "b" * 64}
    with pytest.raises(ComparisonError, match="must have seen the same images"):
        select_shares([*shares, make_run(mode="fine-tuning", **told)])


def test_one_share_is_no_curve_and_a_condition_that_leaves_one_is_refused(make_run, shares):
    with pytest.raises(ComparisonError, match=r"all of these are on 100 % of it.*--train-fraction"):
        select_shares([make_run()])
    with pytest.raises(UsageError, match="--where train_fraction=1 chooses one"):
        select_shares(shares, where=["train_fraction=1"])


def test_no_run_at_all_is_what_a_table_says(make_run):
    with pytest.raises(ComparisonError, match="a comparison needs finished runs"):
        select_shares([make_run(status="FAILED")])
    with pytest.raises(ComparisonError, match="a comparison needs finished runs"):
        select_shares([])

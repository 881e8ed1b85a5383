from __future__ import annotations

import pytest

from tracker.compare.filters import filter_runs
from tracker.errors import ComparisonError, UsageError


@pytest.fixture
def runs(make_run):
    return [
        make_run(params={"lr": "0.01"}),
        make_run(params={"lr": "0.001"}),
        make_run(mode="fine-tuning", params={"lr": "0.001"}),
        make_run("resnet18", params={"lr": "0.01"}),
    ]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ([], [0, 1, 2, 3]),
        (["lr=0.01"], [0, 3]),
        (["lr=1e-2"], [0, 3]),
        ([" lr = 0.01 "], [0, 3]),
        (["model=resnet18"], [3]),
        (["lr=0.01", "lr=0.001"], [0, 1, 2, 3]),
        (["lr=0.01", "model=alexnet"], [0]),
        (["lr=0.01@feature-extractor"], [0, 2, 3]),
        (["lr=0.001@alexnet@feature-extractor"], [1, 2, 3]),
        (["run_uid=uid2"], [1]),
    ],
)
def test_conditions_keep_the_runs_that_meet_them(make_run, runs, where, kept):
    if where and where[0].startswith("run_uid"):
        runs = [make_run(params={"run_uid": f"uid{number}"}) for number in range(1, 4)]
    assert filter_runs(runs, where) == [runs[index] for index in kept]


@pytest.mark.parametrize("text", ["lr", "=0.01", "lr=", "", "@scratch"])
def test_a_condition_that_is_not_name_and_value_is_refused(runs, text):
    with pytest.raises(UsageError, match="must be NAME=VALUE"):
        filter_runs(runs, [text])


def test_a_name_that_no_run_has_is_refused_with_the_nearest(runs):
    with pytest.raises(UsageError, match=r"no run has 'epoch'. Did you mean 'epochs'"):
        filter_runs(runs, ["epoch=3"])
    with pytest.raises(UsageError, match=r"no run has 'zzz'. There are: dataset, epochs, lr"):
        filter_runs(runs, ["zzz=3"])


def test_a_scope_that_is_no_model_or_mode_is_refused(runs):
    with pytest.raises(UsageError, match=r"no run has 'fine-tunning'. Did you mean 'fine-tuning'"):
        filter_runs(runs, ["lr=0.01@fine-tunning"])


def test_conditions_that_no_run_meets_are_refused_with_the_values_there_are(runs):
    with pytest.raises(ComparisonError, match="none of 4 meets --where lr=1") as caught:
        filter_runs(runs, ["lr=1"])
    assert caught.value.details == ("lr: 0.001, 0.01",)

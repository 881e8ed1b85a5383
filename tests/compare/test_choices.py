"""What is offered where runs do not belong in one table can be followed, to its end."""

from __future__ import annotations

import pytest

from tests.support.records import TUNED_TAGS
from tracker.compare.choices import arguments_for, select_or_offer
from tracker.compare.selection import select_runs
from tracker.errors import ComparisonError


def values(choice, name):
    return [value for option, value in zip(choice[::2], choice[1::2], strict=True) if option == name]


def select_with(runs, arguments, where=()):
    splits = values(arguments, "--split")
    conditions = [*where, *values(arguments, "--where")]
    return select_runs(runs, split=splits[-1] if splits else None, where=conditions)


def offered(runs, **asked):
    with pytest.raises(ComparisonError) as caught:
        select_or_offer(runs, **asked)
    return caught.value.choices


def tangle(make_run):
    """Return runs of two splits, images, rates, budgets and weights, tuned and not."""
    runs = []
    for digest in ("b" * 64, "c" * 64):
        for lr, epochs in (("0.1", 8), ("0.2", 8), ("0.2", 9)):
            for mode in ("feature-extractor", "fine-tuning"):
                runs.append(make_run(mode=mode, epochs=epochs, params={"lr": lr}, split_digest=digest))
        runs.append(make_run(tags=TUNED_TAGS, params={"lr": "0.07"}, split_digest=digest))
        runs.append(make_run(tags={"tracker.manifest_digest": "f" * 64}, split_digest=digest))
        weights = {"tracker.weights_digest": "9" * 64}
        runs.append(make_run("resnet18", params={"weights": "a.pth"}, tags=weights, split_digest=digest))
        runs.append(make_run("resnet18", params={"weights": "imagenet"}, split_digest=digest))
    return runs


def test_each_choice_that_is_offered_leads_to_a_table(make_run):
    runs = tangle(make_run)
    seen = set()
    splits = offered(runs)
    assert [choice[:2] for choice in splits] == [("--split", "c" * 12), ("--split", "b" * 12)]
    for choice in [*splits, *offered(runs, split="b"), *offered(runs, split="b", where=["tuned=no"])]:
        seen.add(choice[:2])
        given = ["--split", "b"] if choice not in splits else []
        tuned = ["tuned=no"] if choice not in splits and choice[1].startswith("lr") else []
        assert select_with(runs, [*given, *choice], tuned).runs
    assert len(seen) >= 4


def test_either_value_of_a_setting_is_offered_the_newest_first(make_run):
    runs = [make_run(params={"lr": lr}) for lr in ("0.1", "0.2", "0.3")]
    assert offered(runs) == tuple(("--where", f"lr={lr}") for lr in ("0.3", "0.2", "0.1"))


def test_weights_of_a_file_are_offered_by_their_digest(make_run):
    def run(path, digest):
        tags = {"tracker.weights_digest": digest * 64, "tracker.fingerprint": digest}
        return make_run(params={"weights": path}, tags=tags)

    runs = [run("a.pth", "1"), run("a.pth", "2"), run("bundled", "3")]
    assert offered(runs) == tuple(("--where", f"weights_digest={digest * 12}") for digest in "321")


def test_splits_with_one_beginning_are_offered_whole(make_run):
    digests = ["b" * 64, "b" * 63 + "c"]
    assert offered([make_run(split_digest=digest) for digest in digests]) == (
        ("--split", digests[1]),
        ("--split", digests[0]),
    )


def test_a_condition_that_was_given_stays(make_run):
    runs = [make_run(seed=seed, params={"lr": lr}) for seed in (0, 1) for lr in ("0.1", "0.2")]
    for choice in offered(runs, where=["seed=1"]):
        assert {run.params["seed"] for run in select_with(runs, choice, ["seed=1"]).runs} == {"1"}


def test_nothing_is_offered_that_leads_nowhere(make_run):
    runs = [make_run(params={"lr": lr}) for lr in ("0.1", "0.2")]
    assert offered(runs, where=["lr=0.1", "lr=0.2"]) == ()


def test_every_run_of_a_tangle_is_found_by_the_arguments_for_it(make_run):
    runs = tangle(make_run)
    for wanted in runs:
        arguments = arguments_for(runs, {wanted.run_id})
        assert wanted in select_with(runs, arguments).runs, arguments


def test_no_argument_is_needed_for_runs_that_belong_together(make_run):
    runs = [make_run(), make_run(seed=1), make_run("resnet18"), make_run(seed=2, status="FAILED")]
    assert arguments_for(runs, {runs[0].run_id}) == []
    assert arguments_for(runs, {runs[0].run_id}, given=["--where", "seed=0"]) == ["--where", "seed=0"]


def test_runs_that_no_table_can_have_together_get_what_was_given(make_run):
    runs = [make_run(params={"lr": lr}) for lr in ("0.1", "0.2")]
    given = ["--where", "seed=0"]
    assert arguments_for(runs, {run.run_id for run in runs}, given=given) == given

from __future__ import annotations

import dataclasses
from dataclasses import replace
from itertools import permutations

import pytest

from tests.support.records import TUNED_TAGS
from tracker.compare.selection import select_runs
from tracker.errors import ComparisonError


def without(run, kind, *names):
    left = {name: value for name, value in getattr(run, kind).items() if name not in names}
    return dataclasses.replace(run, **{kind: left})


def test_finished_runs_are_chosen_by_arm_and_seed(make_run):
    runs = [make_run(seed=10), make_run(seed=9), make_run("resnet18")]
    arms = select_runs(runs).arms()
    assert {str(arm): list(seeds) for arm, seeds in arms.items()} == {
        "alexnet feature-extractor": ["9", "10"],
        "resnet18 feature-extractor": ["0"],
    }
    assert arms["alexnet", "feature-extractor"]["10"] is runs[0]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("FAILED", "training stopped with an error"),
        ("KILLED", "ended before its last epoch"),
        ("RUNNING", "has not finished"),
        ("SCHEDULED", "has not started"),
    ],
)
def test_a_run_that_did_not_finish_is_excluded_and_listed(make_run, status, reason):
    unfinished = make_run(seed=1, status=status)
    selection = select_runs([make_run(), unfinished])
    assert len(selection.runs) == 1
    (entry,) = selection.excluded
    assert (entry.run_id, entry.name, entry.status, entry.reason) == (
        unfinished.run_id,
        unfinished.name,
        status,
        reason,
    )


def test_a_run_that_tracker_did_not_make_is_excluded_and_listed(make_run):
    foreign = without(make_run(seed=1), "tags", "tracker.run_uid")
    selection = select_runs([make_run(), foreign])
    assert [entry.reason for entry in selection.excluded] == ["not a tracker run"]
    assert foreign not in selection.runs


@pytest.mark.parametrize("kind", ["trial", "study"])
def test_trials_and_studies_are_left_out_without_a_word(make_run, kind):
    selection = select_runs([make_run(), make_run(seed=1, tags={"tracker.kind": kind})])
    assert len(selection.runs) == 1
    assert selection.excluded == ()


def test_of_two_runs_of_one_recipe_the_newer_counts(make_run):
    older, newer = make_run(accuracy=0.5), make_run(accuracy=0.6)
    selection = select_runs([newer, older])
    assert selection.runs == (newer,)
    assert [(entry.run_id, entry.reason) for entry in selection.excluded] == [
        (older.run_id, "superseded by a newer run of the same recipe or study")
    ]


def test_what_a_study_found_since_replaces_what_it_had_found_before(make_run):
    before = make_run(tags=TUNED_TAGS, params={"lr": "0.07"})
    since = make_run(tags=TUNED_TAGS | {"tracker.tuned_trials": "60"}, params={"lr": "0.05"})
    selection = select_runs([before, since])
    assert selection.runs == (since,)
    assert [entry.run_id for entry in selection.excluded] == [before.run_id]


def test_of_two_attempts_the_later_one_counts_whatever_the_clock_said(make_run):
    attempt = {"tracker.fingerprint": "a", "tracker.run_uid": "u", "tracker.attempt": "1"}
    first = make_run(tags=attempt)
    ninth, tenth = (
        replace(
            make_run(tags={**attempt, "tracker.attempt": number, "tracker.run_uid": f"u.{number}"}),
            start_time=first.start_time - int(number) * 1000,
        )
        for number in ("9", "10")
    )
    for runs in permutations([first, ninth, tenth]):
        assert select_runs(runs).runs == (tenth,)


def test_what_a_folder_began_later_is_newer_whatever_the_clock_said(make_run):
    before, after = (
        make_run(tags={"tracker.fingerprint": name, "tracker.home": "h", "tracker.order": order})
        for name, order in (("a", "9"), ("b", "10"))
    )
    after = replace(after, start_time=before.start_time - 10**9)
    assert select_runs([before, after]).runs == select_runs([after, before]).runs == (after,)
    elsewhere = replace(make_run(tags={"tracker.fingerprint": "c"}), start_time=before.start_time + 1)
    assert select_runs([elsewhere, before, after]).runs == (elsewhere,), "between folders the clock decides"


def test_a_study_that_went_on_counts_by_its_trials_whatever_the_clock_said(make_run):
    tuned = {"tracker.tuned": "lr", "tracker.tuned_study": "s", "tracker.tuned_how": "how"}
    fewer, more = (
        make_run(tags={**tuned, "tracker.fingerprint": name, "tracker.tuned_trials": trials})
        for name, trials in (("a", "9"), ("b", "10"))
    )
    more = replace(more, start_time=fewer.start_time - 10**9)
    assert select_runs([fewer, more]).runs == select_runs([more, fewer]).runs == (more,)


def test_a_finished_run_counts_though_a_newer_one_of_its_recipe_failed(make_run):
    finished = make_run()
    assert select_runs([finished, make_run(status="FAILED")]).runs == (finished,)


def test_equal_settings_with_another_fingerprint_count_once(make_run):
    older, newer = make_run(tags={"tracker.fingerprint": "a"}), make_run(tags={"tracker.fingerprint": "b"})
    selection = select_runs([older, newer])
    assert selection.runs == (newer,)
    assert [entry.run_id for entry in selection.excluded] == [older.run_id]


def test_a_run_without_its_mode_or_its_split_is_excluded_and_listed(make_run):
    no_mode = without(make_run(seed=1), "params", "mode")
    no_split = without(make_run(seed=2), "tags", "tracker.split_digest")
    selection = select_runs([make_run(), no_mode, no_split])
    assert [entry.reason for entry in selection.excluded] == [
        "has no parameter mode",
        "does not say on which split it was trained",
    ]


def test_runs_of_two_splits_are_refused_with_what_there_is_to_choose_newest_first(make_run):
    runs = [make_run(), make_run(seed=1), make_run(split_digest="b" * 64, params={"split_seed": "7"})]
    with pytest.raises(ComparisonError, match=r"share one split, but these have 2.*--split DIGEST") as caught:
        select_runs(runs)
    newer, older = caught.value.details
    assert newer.startswith(
        "bbbbbbbbbbbb  1 run  images tb-xray  split 486/44/132  split seed 7  newest 2025-"
    )
    assert older.startswith("3f2a9c01d7e4  2 runs")


def test_the_beginning_of_a_digest_chooses_the_split(make_run):
    wanted, other = make_run(), make_run(split_digest="b" * 64)
    failed_there = make_run(seed=3, split_digest="b" * 64, status="FAILED")
    selection = select_runs([wanted, other, failed_there], split="3f2a")
    assert selection.runs == (wanted,)
    assert selection.excluded == ()
    assert selection.split_digest == wanted.tags["tracker.split_digest"]


@pytest.mark.parametrize(
    ("prefix", "found"), [("c", "no split does with 'c'"), ("b", "2 of the 2 splits do with 'b'")]
)
def test_a_split_that_is_not_exactly_one_is_refused(make_run, prefix, found):
    runs = [make_run(split_digest="b" * 64), make_run(split_digest="b" * 63 + "c")]
    with pytest.raises(ComparisonError, match=found) as caught:
        select_runs(runs, split=prefix)
    assert len(caught.value.details) == 2


def test_a_single_split_may_be_named_and_must_then_be_the_one(make_run):
    assert select_runs([make_run()], split="3f").runs
    with pytest.raises(ComparisonError, match="no split does"):
        select_runs([make_run()], split="4")


def test_images_that_changed_under_one_split_are_refused_and_can_be_chosen(make_run):
    runs = [make_run(), make_run(seed=1, tags={"tracker.manifest_digest": "f" * 64})]
    with pytest.raises(ComparisonError, match="--where manifest_digest=ffffffffffff") as caught:
        select_runs(runs)
    assert [detail[:12] for detail in caught.value.details] == ["f" * 12, "a" * 12]
    assert select_runs(runs, where=["manifest_digest=aaaa"]).runs == (runs[0],)


def test_no_runs_at_all_is_an_error():
    with pytest.raises(ComparisonError, match=r"there are no runs. Train them first: tracker run"):
        select_runs([])


def test_no_finished_run_is_an_error_that_lists_what_there_is(make_run):
    with pytest.raises(ComparisonError, match="none of 2 can be used") as caught:
        select_runs([make_run(status="FAILED"), make_run(seed=1, status="RUNNING")])
    assert caught.value.details[1] == "alexnet · feature-extractor · seed 1  RUNNING  has not finished"


def test_trials_are_in_no_table_and_in_no_list_beside_it(make_run, make_study):
    selection = select_runs([make_run(), *make_study(t1=0.5, t2="KILLED")])
    assert len(selection.runs) == 1
    assert selection.excluded == ()


def test_a_run_that_does_not_count_is_named_in_words_whatever_its_name_in_mlflow(make_run):
    short = dataclasses.replace(make_run("alexnet", "fine-tuning", 1, status="FAILED"), name="FT s1 alexnet")
    selection = select_runs([make_run(), short])
    assert [entry.name for entry in selection.excluded] == ["alexnet · fine-tuning · seed 1"]

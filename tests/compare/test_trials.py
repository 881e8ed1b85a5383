"""The trials of studies, best first."""

from __future__ import annotations

import json

import pytest

from tracker.compare.render.formats import render
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.compare.trials import trials_by_study, trials_text
from tracker.errors import UsageError

STUDY = "tb/alexnet/fine-tuning/0123456789"


@pytest.fixture
def study(make_run):
    """A factory of a study's run and its trials, by number: objective, or the status of one without."""

    def make(objective="val/loss", searched=("lr",), **outcomes):
        tags = {
            "tracker.kind": "study",
            "tracker.study": STUDY,
            "tracker.searched": json.dumps(dict.fromkeys(searched, "a range")),
        }
        runs = [make_run(tags=tags, params={"objective": objective})]
        for name, outcome in outcomes.items():
            ended = isinstance(outcome, float)
            runs.append(
                make_run(
                    status="FINISHED" if ended else outcome,
                    params={"lr": f"0.0{name[1:]}", "weight_decay": "1e-05"},
                    tags={"tracker.kind": "trial", "tracker.study": STUDY, "tracker.trial": name[1:]},
                    metrics={"objective": outcome} if ended else {},
                )
            )
        return runs

    return make


def numbers(runs):
    return [trial.number for trial in trials_by_study(runs)[STUDY]]


def test_the_lowest_loss_comes_first_and_trials_without_a_value_last(study):
    assert numbers(study(t1=0.5, t2="KILLED", t3=0.4, t4="FAILED", t5=0.6)) == [3, 1, 5, 2, 4]


def test_the_highest_accuracy_comes_first(study):
    assert numbers(study("val/accuracy", t1=0.5, t2=0.9, t3=0.4)) == [2, 1, 3]


def test_what_was_searched_is_shown_and_how_each_ended(study):
    text = trials_text(
        trials_by_study(study(searched=("lr", "weight_decay"), t1=0.5, t2="KILLED", t3="FAILED"))
    )
    lines = text.splitlines()
    assert STUDY in lines
    assert "      1  complete             0.5  lr 0.01, weight_decay 1e-05" in lines
    assert any("stopped early" in line and "lr 0.02" in line for line in lines)
    assert any("failed" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_long_studies_are_cut_and_say_so(study):
    text = trials_text(trials_by_study(study(**{f"t{number}": number / 10 for number in range(1, 9)})))
    assert text.count(" complete ") == 5
    assert "and 3 more" in text


def test_json_has_every_trial_and_a_format_for_one_table_has_none(make_run, study):
    runs = [make_run(), *study(t1=0.5, t2="KILLED")]
    table, trials = build_table(select_runs(runs)), trials_by_study(runs)
    content = json.loads(render(table, "json", trials=trials))
    assert [(one["number"], one["state"], one["objective"]) for one in content["trials"]] == [
        (1, "complete", 0.5),
        (2, "stopped early", None),
    ]
    assert "trials" not in json.loads(render(table, "json"))
    assert STUDY in render(table, "table", trials=trials)
    assert STUDY not in render(table, "table")
    with pytest.raises(UsageError, match="--include-trials"):
        render(table, "csv", trials=trials)


def test_trials_are_in_no_table_and_in_no_list_beside_it(make_run, study):
    selection = select_runs([make_run(), *study(t1=0.5, t2="KILLED")])
    assert len(selection.runs) == 1
    assert selection.excluded == ()

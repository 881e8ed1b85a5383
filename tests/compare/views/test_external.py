"""What networks reach elsewhere beside their own test images: drops, verdicts, and what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.compare.elsewhere import compare_elsewhere, evaluations_of
from tracker.compare.findings import find
from tracker.compare.render.view_text import render_view_text
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.compare.views.asked import Asked
from tracker.compare.views.external import external_view
from tracker.errors import ComparisonError, UsageError
from tracker.records import HeldOut, Prediction

FE, FT = "feature-extractor", "fine-tuning"
IMAGES = 100


@pytest.fixture
def study(answered):
    """Two modes of one model, each right about 112 of 132 test images, and what they answered elsewhere."""
    runs = {mode: answered.run("alexnet", mode, range(20)) for mode in (FE, FT)}
    return answered, runs


def ask(answered, run, wrong, *, name="hospital B", digest="b" * 64):
    """Add an evaluation in which a run's network is wrong on these images alone."""
    asked = answered.make_run("alexnet", run.arm.mode, 0, 0.5)
    tags = {
        "tracker.kind": "evaluation",
        "tracker.run_uid": asked.run_id,
        "tracker.external_name": name,
        "tracker.external_digest": digest,
        "tracker.evaluated_run_id": run.run_id,
    }
    evaluation = replace(asked, params={"external": name}, tags=tags)
    missed, predictions = frozenset(wrong), []
    for number in range(IMAGES):
        sick = 0.6 if (number % 2 == 0) != (number in missed) else 0.4
        label = "normal" if number % 2 else "sick"
        predictions.append(
            Prediction(f"e{number}.png", "test", "final", label, {"normal": 1 - sick, "sick": sick})
        )
    answered.runs.append(evaluation)
    answered.held_out[evaluation.run_id] = HeldOut(
        predictions, {one.sample: one.sample for one in predictions}
    )
    return evaluation


def view_of(answered, *, with_network=()):
    selection = select_runs(answered.runs)
    table = build_table(selection)
    evaluations = evaluations_of(answered.runs, selection.runs)
    findings = find(table, answered.held_out)
    found = compare_elsewhere(table, evaluations, answered.held_out, findings, with_network)
    return external_view(table, found, "tb xray")


def rows_of(view, name="hospital B"):
    return {row["mode"]: row for row in view.records if row["dataset"] == name}


def test_a_mode_that_loses_more_is_told_with_its_numbers(study):
    answered, runs = study
    ask(answered, runs[FE], range(15))
    ask(answered, runs[FT], range(45))
    view = view_of(answered)
    rows = rows_of(view)
    assert rows[FE]["drop"] == pytest.approx(112 / 132 - 0.85)
    assert rows[FT]["drop"] == pytest.approx(112 / 132 - 0.55)
    both = rows[f"{FE} minus {FT}"]
    assert both["drop"] == pytest.approx(-0.3)
    assert both["drop_interval_high"] < 0
    assert both["adjusted_p"] == both["p"] < 0.001
    assert (both["better_there"], both["loses_less"]) == (FE, FE)
    told = " ".join(view.conclusions)
    assert "feature-extractor is better there" in told
    assert "established: feature-extractor loses less" in told
    assert "feature-extractor gains 0.2, fine-tuning loses 29.8" in told


def test_what_lies_within_chance_is_not_established(study):
    answered, runs = study
    ask(answered, runs[FE], range(20))
    ask(answered, runs[FT], range(3, 25))
    view = view_of(answered)
    assert rows_of(view)[f"{FE} minus {FT}"]["loses_less"] is None
    assert "not established which mode loses less" in " ".join(view.conclusions)


def test_the_newest_evaluation_of_a_run_and_data_set_counts(study):
    answered, runs = study
    ask(answered, runs[FE], range(50))
    ask(answered, runs[FE], range(25))
    assert rows_of(view_of(answered))[FE]["external"] == pytest.approx(0.75)


def test_several_data_sets_are_several_blocks_and_those_of_one_name_have_digests(study):
    answered, runs = study
    for digest, name in (("a" * 64, "hospital B"), ("c" * 64, "hospital B"), ("d" * 64, "hospital C")):
        ask(answered, runs[FE], range(30), name=name, digest=digest)
    view = view_of(answered)
    assert [group.title for group in view.groups] == [
        "AlexNet on hospital B (aaaaaaaa)",
        "AlexNet on hospital B (cccccccc)",
        "AlexNet on hospital C",
    ]
    for width in (60, 80):
        assert max(map(len, render_view_text(view, width=width).splitlines())) <= width
    assert view.plot().axes


def test_networks_that_were_not_asked_are_told_with_what_to_type(study):
    answered, runs = study
    ask(answered, runs[FE], range(30))
    view = view_of(answered, with_network=[run.run_id for run in runs.values()])
    assert FT not in rows_of(view)
    assert "1 stored network of the table not asked: tracker evaluate --experiment 'tb xray'" in " ".join(
        view.notes
    )


def test_where_nothing_was_evaluated_the_command_is_typed_out(study):
    answered, _ = study
    with pytest.raises(ComparisonError, match=r"Type: tracker evaluate --experiment 'tb xray' --data PATH"):
        view_of(answered)


def test_a_fold_answers_all_external_images_and_is_a_repetition_there(answered):
    runs = []
    for fold in range(2):
        params = {"folds": "2", "fold": str(fold), "repeat": "0"}
        tags = {"tracker.folds_digest": "f" * 64, "tracker.test_images": "66", "tracker.train_images": "66"}
        run = answered.run("alexnet", FE, range(fold, 20, 2), params=params, tags=tags)
        held_out = answered.held_out[run.run_id]
        own = [one for number, one in enumerate(held_out.predictions) if number % 2 == fold]
        answered.held_out[run.run_id] = HeldOut(own, held_out.patients)
        runs.append(run)
        ask(answered, run, range(20 + 10 * fold))
    view = view_of(answered)
    row = rows_of(view)[FE]
    assert row["networks"] == 2
    assert row["external"] == pytest.approx(1 - 25 / IMAGES)
    assert row["drop"] == pytest.approx(112 / 132 - 0.75)
    assert any("Networks of folds" in note for note in view.notes)


def test_metrics_and_epochs_that_no_stored_network_has_are_refused():
    with pytest.raises(UsageError, match="must be of a measure of test images"):
        Asked(external=True).check("val/loss", "final")
    with pytest.raises(UsageError, match="whose network is stored"):
        Asked(external=True).check("test/accuracy", "best")

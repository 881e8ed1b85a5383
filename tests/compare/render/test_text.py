from __future__ import annotations

from tests.support.records import STUDY
from tracker.compare.render.text import render_text, render_trials
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.compare.trials import trials_by_study


def test_many_models_go_on_in_further_blocks_that_fit_the_width(make_run):
    models = ["alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "densenet201"]
    modes = ["feature-extractor", "freeze:features.denseblock4", "fine-tuning"]
    runs = [make_run(model, mode, seed) for model in models for mode in modes for seed in range(2)]
    runs.append(make_run(seed=7, status="FAILED"))
    text = render_text(build_table(select_runs(runs)), width=80)
    assert max(map(len, text.splitlines())) <= 80
    headers = [line.split() for line in text.splitlines() if line.startswith(" " * 20)]
    assert len(headers) > 1
    shown = [model for header in headers for model in header]
    assert shown[:3] == ["alexnet", "resnet152", "densenet201"]
    assert sorted(shown) == sorted(models)
    assert text.count("minus fine-tuning ") == len(headers)


def test_three_models_fit_80_columns_in_one_block(make_run, reference_runs):
    runs = [*reference_runs, make_run(seed=3, accuracy=0.7)]
    for metric in ("test/accuracy", "val/loss"):
        text = render_text(build_table(select_runs(runs), metric=metric))
        assert max(map(len, text.splitlines())) <= 80
        assert text.count("alexnet") == 1


def test_a_loss_is_a_number_and_its_difference_has_no_points(make_run):
    runs = [make_run(accuracy=0.75), make_run(mode="fine-tuning", accuracy=0.5)]
    table = build_table(select_runs(runs), metric="val/loss")
    assert "minus fine-tuning   −0.2500" in render_text(table)
    assert "percentage points" not in render_text(table)


def test_what_was_searched_is_shown_and_how_each_ended(make_study):
    text = render_trials(
        trials_by_study(make_study(searched=("lr", "weight_decay"), t1=0.5, t2="KILLED", t3="FAILED"))
    )
    lines = text.splitlines()
    assert STUDY in lines
    assert "      1  complete             0.5  lr 0.01, weight_decay 1e-05" in lines
    assert any("stopped early" in line and "lr 0.02" in line for line in lines)
    assert any("failed" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_long_studies_are_cut_and_say_so(make_study):
    text = render_trials(trials_by_study(make_study(**{f"t{number}": number / 10 for number in range(1, 9)})))
    assert text.count(" complete ") == 5
    assert "and 3 more" in text

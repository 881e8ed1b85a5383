from __future__ import annotations

import math
import sys
from fractions import Fraction

import pytest

from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.errors import ComparisonError


def slow_mean(values):
    return float(sum(map(Fraction, values)) / len(values))


def slow_sd(values):
    mean = sum(map(Fraction, values)) / len(values)
    return math.sqrt(sum((Fraction(value) - mean) ** 2 for value in values) / (len(values) - 1))


def accuracies(runs, model, mode):
    return [
        run.metrics["final/test/accuracy"]
        for run in runs
        if (run.params["model"], run.params["mode"]) == (model, mode)
    ]


def test_rows_are_modes_and_columns_are_models(reference_runs, make_run):
    extra = [make_run("resnet18", mode) for mode in ("scratch", "freeze:layer4")]
    table = build_table(select_runs([*reference_runs[::-1], *extra]))
    assert table.models == ("alexnet", "resnet152", "densenet201", "resnet18")
    assert [row.mode for row in table.rows] == [
        "feature-extractor",
        "freeze:layer4",
        "fine-tuning",
        "scratch",
    ]
    assert [cell is not None for cell in table.rows[1].cells] == [False, False, False, True]


def test_means_and_deviations_equal_those_of_exact_arithmetic(reference_runs):
    table = build_table(select_runs(reference_runs))
    for row in table.rows:
        for model, cell in zip(table.models, row.cells, strict=True):
            values = accuracies(reference_runs, model, row.mode)
            assert cell.n == 3
            assert cell.mean == pytest.approx(slow_mean(values), abs=1e-15)
            assert cell.statistics["sd"] == pytest.approx(slow_sd(values), rel=1e-12)


def test_one_run_has_no_deviation(make_run):
    (cell,) = build_table(select_runs([make_run(accuracy=0.75)])).cells
    assert (cell.n, cell.mean, cell.statistics["sd"]) == (1, 0.75, None)


def test_differences_are_paired_by_seed(reference_runs):
    table = build_table(select_runs(reference_runs))
    for model, difference in zip(table.models, table.differences, strict=True):
        frozen = accuracies(reference_runs, model, "feature-extractor")
        tuned = accuracies(reference_runs, model, "fine-tuning")
        pairs = [a - b for a, b in zip(frozen, tuned, strict=True)]
        assert difference.paired
        assert difference.mean == pytest.approx(slow_mean(frozen) - slow_mean(tuned), abs=1e-14)
        assert difference.statistics["sd"] == pytest.approx(slow_sd(pairs), rel=1e-9)
        assert list(difference.values.values()) == pytest.approx(pairs)


def test_pairing_does_not_depend_on_the_order_of_the_runs(make_run):
    runs = [
        make_run(seed=0, accuracy=0.9),
        make_run(seed=1, accuracy=0.5),
        make_run(mode="fine-tuning", seed=1, accuracy=0.4),
        make_run(mode="fine-tuning", seed=0, accuracy=0.8),
    ]
    (difference,) = build_table(select_runs(runs)).differences
    assert difference.statistics["sd"] == pytest.approx(0, abs=1e-12)


def test_arms_of_different_seeds_have_a_difference_of_means_without_deviation(make_run):
    runs = [
        make_run(accuracy=0.8),
        make_run(seed=1, accuracy=0.6),
        make_run(mode="fine-tuning", accuracy=0.5),
    ]
    (difference,) = build_table(select_runs(runs)).differences
    assert difference.mean == pytest.approx(0.2)
    assert (difference.statistics["sd"], difference.paired) == (None, False)


def test_models_without_both_modes_have_no_difference(make_run):
    runs = [make_run(), make_run(mode="fine-tuning"), make_run("resnet18")]
    differences = build_table(select_runs(runs)).differences
    assert [difference is None for difference in differences] == [False, True]
    assert build_table(select_runs([make_run(), make_run("resnet18", "fine-tuning")])).differences == ()


def test_the_epoch_and_the_metric_can_be_chosen(make_run):
    selection = select_runs([make_run(accuracy=0.75)])
    assert build_table(selection, at="best").cells[0].mean == pytest.approx(0.74)
    assert build_table(selection, metric="val/loss").cells[0].mean == pytest.approx(0.25)


def test_an_unknown_metric_is_refused_with_those_there_are(make_run):
    with pytest.raises(ComparisonError, match="--metric: test/accuracy, test/auroc, val/loss"):
        build_table(select_runs([make_run()]), metric="test/acuracy")
    with pytest.raises(ComparisonError, match="--metric: test/accuracy\\."):
        build_table(select_runs([make_run()]), metric="val/loss", at="best")


def test_a_metric_that_some_runs_lack_is_refused_with_these_runs(make_run):
    runs = [make_run(), make_run(seed=1, metrics={"final/test/f1": 0.5})]
    with pytest.raises(ComparisonError, match="1 of 2 did not record final/test/f1") as caught:
        build_table(select_runs(runs), metric="test/f1")
    assert runs[0].run_id in caught.value.details[0]


def test_a_value_that_is_no_number_stays_visible(make_run):
    runs = [make_run(accuracy=math.nan), make_run(seed=1, accuracy=0.5)]
    (cell,) = build_table(select_runs(runs)).cells
    assert math.isnan(cell.mean)
    assert math.isnan(cell.statistics["sd"])


def test_an_infinite_value_is_infinite_again_though_mlflow_cut_it(make_run):
    runs = [make_run(seed=seed, metrics={"final/val/loss": sys.float_info.max}) for seed in (0, 1)]
    (cell,) = build_table(select_runs(runs), metric="val/loss").cells
    assert cell.mean == math.inf
    assert math.isnan(cell.statistics["sd"])

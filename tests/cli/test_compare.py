"""`tracker compare` as a user meets it, over a study in a real store."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.support.command import MODELS, Outcome, Study, small_run
from tests.support.proxies import proxy_to
from tests.support.servers import free_port
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]


@pytest.fixture
def compare(tracker: Tracker, study: Study) -> Tracker:
    return lambda *more: tracker("compare", "--experiment", "small", "--tracking-uri", study.uri, *more)


def accuracies(study: Study, model: str, mode: str) -> list[float]:
    return [
        run.metrics["final/test/accuracy"]
        for run in read_runs(study.uri, "small")
        if (run.params["model"], run.params["mode"]) == (model, mode)
    ]


def test_the_table_has_a_row_a_mode_and_a_column_a_model(compare: Tracker, study: Study) -> None:
    told = compare()
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    header = next(line for line in lines if MODELS[0] in line)
    assert MODELS[1] in header
    for mode in ("feature-extractor", "fine-tuning"):
        row = next(line for line in lines if line.startswith(mode))
        for model in MODELS:
            values = accuracies(study, model, mode)
            assert f"{100 * statistics.mean(values):.1f} ± {100 * statistics.stdev(values):.1f}" in row
    assert any("feature-extractor minus fine-tuning" in line or "minus" in line for line in lines)


def test_json_has_every_value_in_full(compare: Tracker, study: Study) -> None:
    told = compare("--format", "json")
    text = json.dumps(json.loads(told.out))
    for model in MODELS:
        for value in accuracies(study, model, "fine-tuning"):
            assert json.dumps(value) in text


@pytest.mark.parametrize("format", ["table", "markdown", "csv", "json", "latex", "html"])
def test_every_format_goes_to_a_file(compare: Tracker, workplace: Path, format: str) -> None:
    told = compare("--format", format, "--output", "table.txt")
    assert told.code == 0, told.err
    assert told.out == ""
    assert (workplace / "table.txt").read_text() == compare("--format", format).out


def test_a_file_is_written_in_the_format_of_its_ending(compare: Tracker, workplace: Path) -> None:
    for name, format in (("t.csv", "csv"), ("t.TEX", "latex"), ("my table.json", "json"), ("t", "table")):
        told = compare("--output", name)
        assert (told.code, told.out, told.err) == (0, "", f"wrote {name}\n")
        assert (workplace / name).read_text() == compare("--format", format).out


@pytest.mark.parametrize("wrong", [["--output", "t.xlsx"], ["--format", "csv", "--output", "t.tex"]])
def test_a_file_that_would_not_be_what_it_is_called_is_refused_before_runs_are_read(
    tracker: Tracker, workplace: Path, wrong: list[str]
) -> None:
    told = tracker("compare", "--tracking-uri", "http://127.0.0.1:9", *wrong)
    assert told.code == 2
    assert len(told.err.splitlines()) == 1
    assert "--output" in told.err
    assert list(workplace.iterdir()) == []


def test_figures_are_drawn_a_mode_each(compare: Tracker, workplace: Path) -> None:
    told = compare("--figures", "figures")
    assert told.code == 0, told.err
    for metric in ("train-loss", "val-accuracy", "test-accuracy"):
        for mode in ("feature-extractor", "fine-tuning"):
            with Image.open(workplace / "figures" / f"{metric}.{mode}.png") as image:
                assert min(image.size) > 400
            assert (workplace / "figures" / f"{metric}.{mode}.svg").read_text().startswith("<?xml")


def test_another_metric_of_the_best_epoch(compare: Tracker) -> None:
    told = compare("--metric", "val/loss", "--at", "best")
    assert told.code == 0, told.err
    assert "validation loss" in told.out.lower()


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["--metric", "test/kappa"], 1, ["test/kappa", "test/accuracy", "test/f1"]),
        (["--split", "ffff"], 1, ["ffff"]),
        (["--where", "lr"], 2, ["lr"]),
        (["--at", "middle"], 2, ["middle"]),
        (["--output", "/nowhere/table.txt"], 1, ["/nowhere/table.txt"]),
    ],
)
def test_what_cannot_be_compared_is_said(
    compare: Tracker, arguments: list[str], code: int, parts: list[str]
) -> None:
    told = compare(*arguments)
    assert told.code == code
    assert all(part in told.err for part in parts), told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["--paper"], 1, ["alexnet, resnet152, densenet201", MODELS[0]]),
        (["--paper", "--metric", "val/loss"], 2, ["test accuracy after the last epoch", "val/loss"]),
        (["--depth"], 1, ["freeze:all"]),
        (["--curve"], 1, ["100 %", "--train-fraction"]),
        (["--curve", "--where", "train_fraction=1"], 2, ["train_fraction=1"]),
    ],
)
def test_views_that_these_runs_do_not_have_are_refused_in_one_line(
    compare: Tracker, arguments: list[str], code: int, parts: list[str]
) -> None:
    told = compare(*arguments)
    assert (told.code, told.out) == (code, "")
    assert all(part in told.err for part in parts), told.err
    assert len(told.err.splitlines()) == 1


def test_an_unknown_experiment_names_those_there(tracker: Tracker, study: Study) -> None:
    told = tracker("compare", "--experiment", "smal", "--tracking-uri", study.uri)
    assert told.code == 1
    assert "small" in told.err


def test_no_store_and_no_server_are_one_line(tracker: Tracker, workplace: Path) -> None:
    told = tracker("compare")
    assert told.code == 1
    assert "tracker run" in told.err
    assert list(workplace.iterdir()) == []
    told = tracker("compare", "--tracking-uri", "http://127.0.0.1:9")
    assert told.code == 1
    assert "127.0.0.1:9" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_server_that_fails_is_not_asked_for_minutes(tracker: Tracker) -> None:
    with proxy_to(free_port()) as proxy:
        proxy.be("503")
        told = tracker("compare", "--tracking-uri", proxy.uri)
    assert told.code == 1
    assert f"{proxy.uri} must answer, but it answers with error 503" in told.err
    assert proxy.failed <= 3, "MLflow's own retries take four minutes"


def test_runs_of_two_splits_are_not_mixed(tracker: Tracker, radiographs: Path) -> None:
    arm = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "two-splits"]
    for seed in ("0", "1"):
        assert tracker(*small_run(radiographs, *arm, "--split-seed", seed)).code == 0
    told = tracker("compare", "--experiment", "two-splits")
    assert told.code == 1
    assert "--split" in told.err
    runs = read_runs(f"sqlite:///{Path.cwd()}/mlflow.db", "two-splits")
    digest = runs[0].tags["tracker.split_digest"][:12]
    assert digest in told.err
    assert tracker("compare", "--experiment", "two-splits", "--split", digest).code == 0


def test_failed_runs_are_listed_and_not_averaged(tracker: Tracker, radiographs: Path) -> None:
    arm = ["--model", MODELS[0], "--mode", "fine-tuning", "--experiment", "one-lost"]
    assert tracker(*small_run(radiographs, *arm)).code == 0
    assert tracker(*small_run(radiographs, *arm, "--seed", "1", "--lr", "1e30")).code == 1
    told = tracker("compare", "--experiment", "one-lost")
    assert told.code == 0
    assert f"{MODELS[0]} · fine-tuning · seed 1" in told.out
    assert "FAILED" in told.out

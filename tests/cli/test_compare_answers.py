"""`tracker compare` over runs whose stored answers decide: what is said, refused, and recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Outcome, Study
from tests.support.proxies import proxy_to
from tests.support.recomputed import check_against_recomputed
from tests.support.servers import MlflowServer
from tests.support.tested_runs import record_tested
from tracker import api
from tracker.config.options import MINI_NETWORKS
from tracker.runs.comparison_record import record_comparison
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]
FE, FT = "feature-extractor", "fine-tuning"


@pytest.fixture
def home(workplace: Path) -> Path:
    return workplace / ".tracker"


@pytest.fixture
def compare(tracker: Tracker, database: str, experiment: str) -> Tracker:
    return lambda *more: tracker("compare", "--experiment", experiment, "--tracking-uri", database, *more)


def record_study(home: Path, uri: str, experiment: str, models: tuple[str, ...] = ("alexnet",)) -> list[str]:
    return [
        record_tested(home, uri, experiment, model=model, mode=mode, seed=seed, skill=skill)
        for model in models
        for mode, skill in ((FE, 3.0), (FT, 0.5))
        for seed in (0, 1)
    ]


def stored(uri: str, run_id: str, name: str) -> Path:
    (path,) = Path(uri.removeprefix("sqlite:///")).parent.rglob(f"{run_id}/artifacts/{name}")
    return path


def test_the_numbers_are_those_that_the_stored_files_give_by_other_means(
    compare: Tracker, home: Path, database: str, experiment: str, tracker: Tracker, study: Study
) -> None:
    record_study(home, database, experiment, ("alexnet", "resnet18"))
    for more in ((), ("--where", "seed=0"), ("--metric", "test/auroc", "--where", "seed=1")):
        told = compare("--format", "json", *more)
        assert told.code == 0, told.err
        check_against_recomputed(json.loads(told.out), database)
    for more in ((), ("--where", "seed=0")):
        trained = tracker(
            "compare", "--experiment", "small", "--tracking-uri", study.uri, "--format", "json", *more
        )
        assert trained.code == 0, trained.err
        assert "Recorded values differ" not in trained.out
        check_against_recomputed(json.loads(trained.out), study.uri)


@pytest.mark.slow
def test_three_networks_five_seeds_and_both_modes_are_recomputed_by_other_means(
    tracker: Tracker, database: str
) -> None:
    """On real radiographs where RADIOGRAPHS names a folder of them, one folder a class in it."""
    folder = os.environ.get("RADIOGRAPHS")
    images = ["--data", folder, "--patient-pattern", r"^\d+"] if folder else ["--dataset", "phantom"]
    models = [word for name in MINI_NETWORKS for word in ("--model", name)]
    small = ["--seeds", "5", "--epochs", "2", "--image-size", "64", "--log-model", "none"]
    place = ["--experiment", "paper", "--tracking-uri", database]
    made = tracker("run", *images, *models, *small, *place)
    assert made.code == 0, made.err
    told = tracker("compare", *place, "--format", "json")
    assert told.code == 0, told.err
    content = json.loads(told.out)
    assert len(content["pairs"]) == len(MINI_NETWORKS)
    check_against_recomputed(content, database)


def test_a_verdict_is_said_and_what_is_missing_or_altered_is_one_line(
    compare: Tracker, home: Path, database: str, experiment: str
) -> None:
    runs = record_study(home, database, experiment)
    told = compare()
    assert (told.code, told.err) == (0, "")
    assert "Verdict: established. On these 60 test images feature-extractor is better" in told.out
    assert "Recorded values differ" not in told.out
    for metric, why in (("val/loss", "test images decide"), ("test/loss", "test images decide")):
        told = compare("--metric", metric)
        assert told.code == 0, told.err
        assert "Verdict" not in told.out
        assert why in " ".join(told.out.split())
    assert "McNemar, seed 1" in compare("--details").out
    wrong = compare("--details", "--format", "latex")
    assert (wrong.code, wrong.out, len(wrong.err.splitlines())) == (2, "", 1)
    stored(database, runs[0], "predictions.csv").unlink()
    assert compare().code == 0, "a copy of it is kept"


def test_without_stored_answers_the_table_says_whose_and_has_no_verdict(
    compare: Tracker, home: Path, database: str, experiment: str
) -> None:
    runs = record_study(home, database, experiment)
    stored(database, runs[3], "predictions.csv").unlink()
    told = compare()
    assert told.code == 0, told.err
    said = " ".join(told.out.split())
    assert "Without interval and verdict: alexnet fine-tuning (its predictions are not stored)" in said
    assert "Verdict" not in said


def test_an_altered_answer_is_refused_in_one_line(
    compare: Tracker, home: Path, database: str, experiment: str
) -> None:
    runs = record_study(home, database, experiment)
    path = stored(database, runs[0], "predictions.csv")
    path.write_bytes(path.read_bytes() + b"\n")
    told = compare()
    assert (told.code, told.out, len(told.err.splitlines())) == (1, "", 1)
    assert runs[0] in told.err
    assert "was changed since" in told.err


def test_runs_of_other_splits_are_not_compared(
    compare: Tracker, home: Path, database: str, experiment: str
) -> None:
    record_tested(home, database, experiment, mode=FE)
    record_tested(home, database, experiment, mode=FT, split="6" * 64)
    told = compare()
    assert (told.code, told.out) == (1, "")
    assert "--split" in told.err
    assert compare("--split", "5555").code == 0


def test_a_logged_comparison_is_a_run_and_no_arm_of_a_later_table(
    compare: Tracker, tracker: Tracker, home: Path, database: str, experiment: str
) -> None:
    runs = record_study(home, database, experiment)
    first = compare("--log", "--include-trials")
    assert first.code == 0, first.err
    assert "logged in MLflow" in first.err
    (logged,) = (run for run in read_runs(database, experiment) if run.run_id not in runs)
    assert logged.tags["tracker.kind"] == "comparison"
    assert logged.tags["tracker.verdict"] == "established"
    own = "test/accuracy/alexnet/feature-extractor"
    low, mean, high = (logged.metrics[f"{own}/{key}"] for key in ("interval_low", "mean", "interval_high"))
    assert low < mean < high
    assert logged.metrics[f"test/accuracy/alexnet/{FE} minus {FT}/adjusted_p"] < 0.05
    assert logged.params["compared_runs"] == "4"
    assert all(f"/runs/{run}" in logged.tags["mlflow.note.content"] for run in runs)
    files = [file.path for file in open_client(database).list_artifacts(logged.run_id)]
    assert files == [
        "compared_runs.csv",
        *(f"comparison.{ending}" for ending in ("csv", "json", "md", "png", "tex")),
    ]
    assert (
        json.loads(stored(database, logged.run_id, "comparison.json").read_text())["verdict"]["better"] == FE
    )
    assert stored(database, logged.run_id, "compared_runs.csv").read_text().count("\n") == 5

    assert compare("--log").code == 0
    assert len(read_runs(database, experiment)) == 5, "the same comparison is the same run"
    later = compare()
    assert later.out.split("Trials")[0].strip() == first.out.split("Trials")[0].strip()
    status = tracker("status")
    assert (status.code, "Traceback" in status.err) == (0, False)
    assert "comparison" in status.out
    record_tested(home, database, experiment, mode=FE, seed=3)
    assert compare("--log").code == 0
    assert len(read_runs(database, experiment)) == 7, "with another run it is another comparison"


def test_the_example_is_not_logged(tracker: Tracker) -> None:
    told = tracker("compare", "--example", "--log")
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert "--log" in told.err


def test_a_comparison_that_cannot_be_sent_is_kept_and_sent_later(
    mlflow_server: MlflowServer, tracker: Tracker, home: Path, experiment: str
) -> None:
    runs = record_study(home, mlflow_server.uri, experiment)
    with proxy_to(mlflow_server.port) as proxy:
        comparison = api.compare(experiment, tracking_uri=proxy.uri)
        proxy.be("refuse")
        assert record_comparison(comparison, experiment=experiment, tracking_uri=proxy.uri)
        assert api.sync(tracking_uri=proxy.uri)
        assert len(read_runs(mlflow_server.uri, experiment)) == len(runs)
        proxy.be("pass")
        assert tracker("sync").code == 0
    assert len(read_runs(mlflow_server.uri, experiment)) == len(runs) + 1

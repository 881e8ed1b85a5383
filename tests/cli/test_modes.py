"""`tracker run` with a probe, with two phases and with every depth: runs like all others."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pytest

from tests.support.command import Outcome, call_main, small_run
from tests.support.workplace import working_in
from tracker.records import RunRecord
from tracker.tracking.backend.reader import read_predictions, read_runs

Tracker = Callable[..., Outcome]

ALL = ("fine-tuning", "freeze:maxpool", "freeze:layer2", "feature-extractor", "scratch")
VARIANT = "feature-extractor+norms"
EVERY = ("maxpool", "layer1", "layer2", "layer3")
METRICS = ("train/loss", "train/accuracy", "val/loss", "test/accuracy", "test/auroc")


@dataclass(frozen=True)
class Made:
    """A folder in which every mode of a network was run, and what MLflow holds of it."""

    folder: Path
    runs: Mapping[str, RunRecord]

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"


def arguments(data: Path, *modes: str) -> list[str]:
    fixed = small_run(data, "--model", "mini-resnet", "--weights", "bundled", "--experiment", "modes")
    fixed += ["--patient-pattern", r"^P\d+"]
    return [*fixed, *(modes or [f"--mode={mode}" for mode in ("probe", "lp-ft", *ALL)])]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Made:
    folder = tmp_path_factory.mktemp("modes")
    with working_in(folder, shared_cache):
        assert call_main(*arguments(radiographs)) == 0
        adapting = ["--mode=feature-extractor", "--norms=adapt"]
        assert call_main(*arguments(radiographs, *adapting)) == 0
    runs = read_runs(f"sqlite:///{folder}/mlflow.db", "modes", metrics=METRICS)
    return Made(folder, {run.params["mode"]: run for run in runs})


def test_every_mode_ends_with_the_metrics_of_all_others(made: Made) -> None:
    assert set(made.runs) == {"probe", "lp-ft", *ALL, VARIANT}
    names = {mode: {*run.metrics} - {"train/images_per_second"} for mode, run in made.runs.items()}
    assert all(run.status == "FINISHED" for run in made.runs.values())
    assert all(its == names["fine-tuning"] for its in names.values())
    assert {mode: len(run.history["train/loss"]) for mode, run in made.runs.items()} == {
        mode: 1 if mode == "probe" else 2 for mode in made.runs
    }


def test_runs_say_how_much_of_the_network_is_frozen(made: Made) -> None:
    tags = {mode: run.tags for mode, run in made.runs.items()}
    depths = [float(tags[mode]["tracker.frozen_depth"]) for mode in ALL[:-1]]
    shares = [float(tags[mode]["tracker.frozen_share"]) for mode in ALL[:-1]]
    assert depths == sorted(set(depths))
    assert shares == sorted(set(shares))
    assert (depths[0], depths[-1], shares[0]) == (0, 1, 0)
    for mode in ("scratch", "lp-ft"):
        assert (tags[mode]["tracker.frozen_depth"], tags[mode]["tracker.frozen_share"]) == ("0", "0")
    assert tags["probe"]["tracker.frozen_depth"] == "1"
    said = {
        mode: tags[mode]["tracker.trunk_unchanged"]
        for mode in tags
        if "tracker.trunk_unchanged" in tags[mode]
    }
    assert said == {**dict.fromkeys(("probe", *ALL[1:-1]), "true"), VARIANT: "false"}
    assert {mode for mode in tags if "tracker.trunk_weights_unchanged" in tags[mode]} == {VARIANT}
    assert tags[VARIANT]["tracker.frozen_share"] == tags["feature-extractor"]["tracker.frozen_share"]


def test_a_table_has_a_row_where_norms_adapt_beside_the_one_where_they_are_frozen(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made.folder)
    assert call_main("compare", "--experiment", "modes", "--format", "csv") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    means = {row["mode"]: float(row["mean"]) for row in rows if row["metric"] == "test/accuracy"}
    modes = list(means)
    assert modes.index(VARIANT) == modes.index("feature-extractor") + 1
    assert means[VARIANT] == made.runs[VARIANT].metrics["final/test/accuracy"]
    losses = [made.runs[mode].history["train/loss"][0].value for mode in (VARIANT, "feature-extractor")]
    assert losses[0] != losses[1]
    assert f"feature-extractor minus {VARIANT}" in {row["mode"] for row in rows}


def test_runs_say_how_their_last_layer_came_about(made: Made) -> None:
    probe, two_phases = made.runs["probe"], made.runs["lp-ft"]
    assert {"tracker.probe_c", "tracker.probe_folds", "tracker.probe_grid"} <= probe.tags.keys()
    assert "lr" not in probe.params
    extractor = made.runs["feature-extractor"].history
    reached = float(two_phases.tags["tracker.head_train_loss"])
    assert reached == pytest.approx(extractor["train/loss"][-1].value, abs=1e-5)
    assert two_phases.tags["tracker.head_mode"] == "feature-extractor"


@pytest.mark.parametrize("mode", ["probe", "lp-ft", VARIANT])
def test_the_stored_network_gives_the_recorded_predictions(
    made: Made, radiographs: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.folder)
    run = made.runs[mode]
    kind = [one for one in read_predictions(made.uri, run.run_id) if one.epoch_kind == "final"]
    # MLflow's own function would leave it in the environment of all tests that follow.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    model = mlflow.pyfunc.load_model(f"runs:/{run.run_id}/mini-resnet-{mode.replace('+', '-')}")
    # Samples are named without the end of their file.
    found = {path.relative_to(radiographs).as_posix(): path for path in radiographs.rglob("*.png")}
    paths = [next(str(path) for name, path in found.items() if name.startswith(one.sample)) for one in kind]
    answers = model.predict(paths)
    told = np.array([list(one.probabilities.values()) for one in kind])
    assert np.abs(answers.to_numpy() - told).max() < 1e-6


def test_the_same_command_again_makes_nothing_new_whatever_means_nothing_to_a_probe(
    made: Made, radiographs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made.folder)
    fixed = small_run(radiographs, "--model", "mini-resnet", "--weights", "bundled", "--experiment", "modes")
    other = ["--patient-pattern", r"^P\d+", "--mode", "probe", "--lr", "0.3", "--seed", "5", "--seed", "6"]
    assert call_main(*fixed, *other, "--epochs", "9") == 0
    printed = capsys.readouterr().out
    assert "1 run: 1 skipped" in printed
    assert "one run for all seeds" in printed
    assert "L2 penalty by cross-validation" in printed


def test_a_table_lists_no_setting_of_a_probe_and_filters_leave_it(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made.folder)
    where = ["--where", "epochs=2", "--where", "lr=0.01@scratch"]
    assert call_main("compare", "--experiment", "modes", "--format", "json", *where) == 0
    told = json.loads(capsys.readouterr().out)
    assert "probe" in json.dumps(told)
    assert call_main("compare", "--experiment", "modes") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "epochs" not in printed.partition("Arms differ in")[2]


@pytest.mark.slow
def test_every_depth_is_run_and_more_is_frozen_at_each(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    arm = ["--model", "mini-resnet", "--mode", "freeze:all", "--experiment", "depths"]
    assert tracker(*small_run(radiographs, *arm)).code == 0
    runs = {run.params["mode"]: run for run in read_runs(f"sqlite:///{workplace}/mlflow.db", "depths")}
    order = ["fine-tuning", *(f"freeze:{node}" for node in EVERY), "feature-extractor"]
    assert set(runs) == {*order, "scratch"}
    depths = [float(runs[mode].tags["tracker.frozen_depth"]) for mode in order]
    shares = [float(runs[mode].tags["tracker.frozen_share"]) for mode in order]
    assert depths == sorted(set(depths))
    assert shares == sorted(set(shares))


def test_the_plan_lists_every_depth(tracker: Tracker, radiographs: Path) -> None:
    told = tracker(*small_run(radiographs, "--model", "mini-densenet", "--mode", "freeze:all", "--dry-run"))
    assert told.code == 0, told.err
    assert sum("freeze:features." in line for line in told.out.splitlines()) == 7


@pytest.mark.slow
def test_what_can_be_tuned_is_tuned_and_a_probe_runs_beside_it(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    fixed = small_run(radiographs, "--model", "mini-resnet", "--experiment", "tuned", "--epochs", "1")
    asked = [*fixed, "--mode", "lp-ft", "--mode", "probe"]
    told = tracker(*asked, "--tune", "2")
    assert told.code == 0, told.err
    assert "probe: has nothing to tune" in " ".join(told.out.split())
    runs = read_runs(f"sqlite:///{workplace}/mlflow.db", "tuned")
    kinds = sorted((run.tags["tracker.kind"], run.params["mode"]) for run in runs)
    trials = [("trial", "lp-ft")] * 2
    assert kinds == [("run", "lp-ft"), ("run", "probe"), ("study", "lp-ft"), *trials]
    again = tracker(*asked, "--tuned")
    assert again.code == 0, again.err
    assert "2 skipped" in again.out
    assert "--where tuned=yes" in told.out
    table = tracker("compare", "--experiment", "tuned", "--where", "tuned=yes")
    assert "probe" in table.out


def test_there_is_nothing_to_tune_in_a_probe_alone(tracker: Tracker, radiographs: Path) -> None:
    asked = small_run(radiographs, "--model", "mini-resnet", "--mode", "probe", "--dry-run")
    told = tracker("tune", *asked[1:])
    assert told.code == 0
    assert "nothing to tune" in " ".join(told.out.split())

"""`tracker tune` as a user meets it: studies, their trials in MLflow, and runs with what was found."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mlflow.entities import Experiment
from PIL import Image

from tests.support.command import Outcome, call_main, small_run
from tests.support.found import Found, find_study
from tests.support.one_place import in_that_place, place, tracker
from tests.support.workplace import working_in
from tracker.config.loading import read_options
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.shipping.process import LOG

__all__ = ["in_that_place", "place", "tracker"]

Tracker = Callable[..., Outcome]

MODEL = "shufflenet_v2_x0_5"
MODES = ("feature-extractor", "fine-tuning")
SHORT = {"feature-extractor": "FE", "fine-tuning": "FT"}
TRIALS = 4


def small_tune(data: Path, *more: str) -> list[str]:
    """Return the arguments of two studies of four trials, which take some seconds."""
    command, *rest = small_run(data, "--model", MODEL, "--experiment", "tuned", "--pruner", "none")
    assert command == "run"
    return ["tune", *rest, "--mode", MODES[0], "--mode", MODES[1], "--trials", str(TRIALS), *more]


@dataclass(frozen=True)
class Tuned:
    """What a folder's studies left in MLflow."""

    runs: Mapping[str, Found]

    def study(self, mode: str) -> Found:
        return self.runs[f"study {SHORT[mode]} {MODEL}"]

    def trial(self, number: int, mode: str) -> Found:
        return self.runs[f"trial {number} {SHORT[mode]} {MODEL}"]

    def trials(self, mode: str) -> list[Found]:
        return [run for name, run in self.runs.items() if name.startswith("trial") and SHORT[mode] in name]


def found_in(folder: Path, experiment: str = "tuned") -> Tuned:
    return Tuned(find_study(f"sqlite:///{folder}/mlflow.db", experiment))


@pytest.fixture(scope="module")
def tuned(place: Path, radiographs: Path, shared_cache: Path) -> Tuned:
    """Two studies that several tests look at; the same command again changes nothing."""
    with working_in(place, shared_cache):
        assert call_main(*small_tune(radiographs)) == 0
    return found_in(place)


def best_of(trials: Sequence[Found]) -> Found:
    return min(trials, key=lambda trial: trial.points["objective", 2])


def test_every_trial_is_a_run_in_its_study_with_all_its_epochs(tuned: Tuned, place: Path) -> None:
    ids = {run.name: run.run_id for run in read_runs(f"sqlite:///{place}/mlflow.db", "tuned")}
    for mode in MODES:
        trials = tuned.trials(mode)
        assert len(trials) == TRIALS
        assert len({trial.params["lr"] for trial in trials}) == TRIALS
        for trial in trials:
            assert trial.status == "FINISHED"
            assert trial.tags["mlflow.parentRunId"] == ids[f"study {SHORT[mode]} {MODEL}"]
            for metric in ("train/loss", "val/loss", "val/accuracy", "val/auroc"):
                assert {(metric, 1), (metric, 2)} <= trial.points.keys()
            assert trial.points["objective", 2] == trial.points["val/loss", 2]


def test_no_trial_says_anything_of_the_test_part(tuned: Tuned) -> None:
    for mode in MODES:
        for trial in tuned.trials(mode):
            assert not [metric for metric, _ in trial.points if metric.startswith("test/")]


def test_a_study_names_its_best_trial_and_has_figures(tuned: Tuned, place: Path) -> None:
    ids = {run.name: run.run_id for run in read_runs(f"sqlite:///{place}/mlflow.db", "tuned")}
    for mode in MODES:
        study, best = tuned.study(mode), best_of(tuned.trials(mode))
        assert study.status == "FINISHED"
        assert study.points["best/val/loss", TRIALS] == best.points["objective", 2]
        assert study.tags["tracker.best_lr"] == best.params["lr"]
        best_id = ids[f"trial {study.tags['tracker.best_trial']} {SHORT[mode]} {MODEL}"]
        assert study.tags["tracker.best_run"] == best_id
        assert f"/runs/{best_id}" in study.tags["mlflow.note.content"]
        pictures = [content for name, content in study.artifacts.items() if name.endswith(".png")]
        assert len(pictures) == 3
        assert all(content.startswith(b"\x89PNG") for content in pictures)


@pytest.mark.parametrize("mode", MODES)
def test_a_trial_measures_what_a_run_with_its_settings_measures(
    tuned: Tuned, tracker: Tracker, radiographs: Path, place: Path, mode: str
) -> None:
    trial = tuned.trial(2, mode)
    arguments = small_run(radiographs, "--model", MODEL, "--mode", mode, "--experiment", f"alone-{mode}")
    assert tracker(*arguments, "--lr", trial.params["lr"]).code == 0
    (run,) = find_study(f"sqlite:///{place}/mlflow.db", f"alone-{mode}").values()
    shared = [point for point in trial.points if point in run.points and "per_second" not in point[0]]
    assert len(shared) >= 10
    for point in shared:
        assert trial.points[point] == pytest.approx(run.points[point], rel=1e-4), point


def test_trials_are_the_same_whatever_the_test_images_show(
    tuned: Tuned, tracker: Tracker, radiographs: Path, place: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(radiographs, tmp_path / "other")
    assert tracker(*small_run(other, "--model", MODEL, "--mode", MODES[0], "--experiment", "split")).code == 0
    (split,) = find_study(f"sqlite:///{place}/mlflow.db", "split").values()
    lines = split.artifacts["split.csv"].decode().splitlines()[1:]
    rng = np.random.default_rng(1)
    tests = [line.split(",")[0] for line in lines if line.split(",")[1] == "test"]
    assert len(tests) == 8
    for name in tests:
        Image.fromarray(rng.integers(0, 255, (72, 64), dtype=np.uint8)).save(other / name)
    assert tracker(*small_tune(other, "--experiment", "other")).code == 0
    for mode in MODES:
        theirs = found_in(place, "other").trials(mode)
        assert [points_of(trial) for trial in tuned.trials(mode)] == [points_of(trial) for trial in theirs]


def points_of(trial: Found) -> dict[tuple[str, int], float]:
    return {point: value for point, value in trial.points.items() if "per_second" not in point[0]}


def test_the_same_command_adds_nothing_and_more_trials_go_on(
    tuned: Tuned, tracker: Tracker, radiographs: Path, place: Path
) -> None:
    assert tracker(*small_tune(radiographs)).code == 0
    assert found_in(place) == tuned
    (mode, _) = MODES
    arguments = [*one_study(radiographs, mode, "more"), "--trials"]
    for trials in (2, 5):
        assert tracker(*arguments, str(trials)).code == 0
        more = found_in(place, "more")
        values = [trial.points["objective", 2] for trial in more.trials(mode)]
        assert len(values) == len({trial.params["lr"] for trial in more.trials(mode)}) == trials
        assert more.study(mode).points["best/val/loss", trials] == min(values)


def one_study(data: Path, mode: str, experiment: str) -> list[str]:
    return ["tune", *small_run(data, "--model", MODEL, "--experiment", experiment, "--mode", mode)[1:]]


def test_runs_are_trained_with_what_was_found_and_the_table_says_so(
    tuned: Tuned, tracker: Tracker, radiographs: Path, place: Path
) -> None:
    run = [*small_run(radiographs, "--model", MODEL, "--experiment", "tuned"), "--seed", "0", "--seed", "1"]
    assert tracker(*run).code == 0
    told = tracker(*run, "--tuned", "--pruner", "none")
    assert told.code == 0, told
    assert "tracker compare --experiment tuned --where tuned=yes" in told.out
    runs = [run for run in read_runs(f"sqlite:///{place}/mlflow.db", "tuned") if "tracker.tuned" in run.tags]
    assert len(runs) == 4
    for one in runs:
        assert one.params["lr"] == tuned.study(one.params["mode"]).tags["tracker.best_lr"]
        assert one.name.startswith(f"tuned {SHORT[one.params['mode']]} s")
        assert one.tags["tracker.tuned_trials"] == str(TRIALS)
    mixed = tracker("compare", "--experiment", "tuned")
    assert mixed.code == 1
    assert "--where tuned=yes" in mixed.err
    table = tracker("compare", "--experiment", "tuned", "--where", "tuned=yes")
    assert table.code == 0, table.err
    how = "lr over a 1e+04-fold range, by val/loss of the final epoch (tpe)"
    said = f"Every arm was tuned on validation images alone: {how}, {TRIALS} trials."
    assert said in " ".join(table.out.split())
    assert "trial 0" not in table.out
    untuned = tracker("compare", "--experiment", "tuned", "--where", "tuned=no")
    assert "tuned" not in untuned.out
    listed = tracker("compare", "--experiment", "tuned", "--where", "tuned=no", "--include-trials")
    assert listed.out.count(" complete ") == 2 * TRIALS


def test_run_tunes_first_and_then_trains(tracker: Tracker, radiographs: Path, place: Path) -> None:
    arguments = small_run(radiographs, "--model", MODEL, "--mode", MODES[0], "--experiment", "both")
    told = tracker(*arguments, "--tune", "3", "--search", "lr,weight_decay,optimizer")
    assert told.code == 0, told
    assert f"  1/1 {MODEL} · {MODES[0]}  study begins, 3 trials\n" in told.out
    ended = next(line for line in told.out.splitlines() if line.startswith(f"✓ 1/1 {MODEL} · {MODES[0]} "))
    assert "  3 trials  " in ended
    found = found_in(place, "both")
    best = best_of(found.trials(MODES[0]))
    (run,) = (run for name, run in found.runs.items() if name.startswith("tuned"))
    for name in ("lr", "weight_decay", "optimizer"):
        assert run.params[name] == best.params[name]
    assert run.tags["tracker.tuned"] == "lr, weight_decay, optimizer"


@pytest.mark.slow
def test_each_fold_and_seed_counts_the_same(tracker: Tracker, radiographs: Path, place: Path) -> None:
    arguments = small_tune(radiographs, "--tune-folds", "3", "--tune-seeds", "2", "--experiment", "folds")
    assert tracker(*arguments, "--trials", "2").code == 0
    found = found_in(place, "folds")
    for mode in MODES:
        assert found.study(mode).params["tune_folds"] == "3"
        assert len(found.trials(mode)) == 2
        # Six trainings: a share of images that no single fold of 7 or 8 images has.
        shares = {trial.points["val/accuracy", epoch] for trial in found.trials(mode) for epoch in (1, 2)}
        assert any(abs(share * size - round(share * size)) > 1e-6 for share in shares for size in (7, 8))


@pytest.mark.slow
def test_a_killed_study_goes_on_with_the_trials_that_are_missing(radiographs: Path, place: Path) -> None:
    arguments = [
        *one_study(radiographs, MODES[1], "killed"),
        "--epochs",
        "6",
        "--trials",
        "4",
        "--pruner",
        "none",
    ]
    kill_in_a_trial(arguments, place)
    again = subprocess.run(
        [sys.executable, "-m", "tracker", *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again
    subprocess.run([sys.executable, "-m", "tracker", "sync"], cwd=place, check=True)
    trials = found_in(place, "killed").trials(MODES[1])
    finished = [trial for trial in trials if trial.status == "FINISHED"]
    killed = [trial for trial in trials if trial.status == "KILLED"]
    assert len(finished) == 4
    assert len({trial.params["lr"] for trial in finished}) == 4
    assert len(killed) == 1
    assert killed[0].params["lr"] in {trial.params["lr"] for trial in finished}


def kill_in_a_trial(arguments: Sequence[str], folder: Path) -> None:
    """Start `tracker` and kill it when its second trial of the fine-tuning study has an epoch."""
    with subprocess.Popen([sys.executable, "-m", "tracker", *arguments], cwd=folder) as process:
        deadline = time.monotonic() + 120
        while not second_trial_trains(folder):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)


def second_trial_trains(folder: Path) -> bool:
    journals = [path.read_text() for path in (folder / ".tracker").glob("runs/*/journal.jsonl")]
    ours = [text for text in journals if '"experiment":"killed"' in text and '"run_name":"trial 1' in text]
    return any('"val/loss"' in text for text in ours)


@pytest.mark.slow
def test_two_processes_share_the_trials_of_a_study(tracker: Tracker, radiographs: Path, place: Path) -> None:
    told = tracker(
        *one_study(radiographs, MODES[1], "jobs"), "--jobs", "2", "--trials", "6", "--pruner", "none"
    )
    assert told.code == 0, told
    trials = found_in(place, "jobs").trials(MODES[1])
    assert len(trials) == len({trial.params["lr"] for trial in trials}) == 6


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--search", "dropout"), "search: must name settings among lr, weight_decay, optimizer, batch_size"),
        (("--lr", "0.1"), "lr: a study searches it"),
        (("--trials", "0"), "tune: "),
        (("--tune-folds", "40"), "fewer --tune-folds"),
        (("--study-storage", "nowhere"), "studies must be kept in a database"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    tuned: Tuned, tracker: Tracker, radiographs: Path, place: Path, more: tuple[str, ...], said: str
) -> None:
    assert tuned.runs
    told = tracker(*small_tune(radiographs, *more, "--experiment", "cannot"))
    assert told.code in (1, 2)
    assert said in told.err
    assert "Traceback" not in told.err
    assert "cannot" not in [run.name for run in experiments(place)], "nothing was begun"


def experiments(place: Path) -> list[Experiment]:
    return list(open_client(f"sqlite:///{place}/mlflow.db").search_experiments())


def test_arms_without_a_study_are_named(tracker: Tracker, radiographs: Path) -> None:
    told = tracker(*small_run(radiographs, "--model", MODEL, "--experiment", "untuned", "--tuned"))
    assert told.code == 1
    assert "tracker tune" in told.err
    for mode in MODES:
        assert f"{MODEL} {mode}" in told.err


def test_a_study_with_other_options_is_not_taken_for_one_with_these(
    tuned: Tuned, tracker: Tracker, radiographs: Path
) -> None:
    assert tuned.runs
    run = small_run(radiographs, "--model", MODEL, "--experiment", "tuned", "--tuned")
    for other in (("--objective", "val/auroc"), ("--search", "lr,optimizer"), ("--weight-decay", "0.01")):
        told = tracker(*run, "--pruner", "none", *other)
        assert told.code == 1, other
        assert f"{MODEL} {MODES[0]} (but with other options: lr by val/loss)" in told.err


@pytest.mark.slow
def test_a_run_learns_of_more_trials_that_found_the_same(
    tracker: Tracker, radiographs: Path, place: Path
) -> None:
    mode = MODES[0]
    options = [*small_run(radiographs, "--model", MODEL, "--mode", mode)[1:], "--experiment", "same"]
    narrow = place / "narrow.yaml"
    narrow.write_text("search: {batch_size: [7, 8]}\n")
    options = [one for one in options if one not in ("--batch-size", "8")] + ["--config", str(narrow)]
    for trials in ("2", "4"):
        assert tracker("run", *options, "--tune", trials, "--sampler", "random").code == 0
    runs = [
        run
        for name, run in find_study(f"sqlite:///{place}/mlflow.db", "same").items()
        if name.startswith("tuned")
    ]
    assert {run.tags["tracker.tuned_trials"] for run in runs} >= {"4"}
    assert all(run.status == "FINISHED" for run in runs)


def test_a_range_can_be_given_for_each_mode(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("search: {lr: {fine-tuning: [0.001, 0.002]}, weight_decay: [1e-5, 1e-3]}\ntune: 7\n")
    options = read_options({}, file)
    assert str(options.space("fine-tuning")["lr"]) == "0.001 to 0.002"
    assert str(options.space("feature-extractor")["lr"]) == "0.0001 to 1"
    assert str(options.space("scratch")["weight_decay"]) == "1e-05 to 0.001"


def test_the_shippers_log_is_empty_after_a_study(tuned: Tuned, place: Path) -> None:
    assert tuned.runs
    assert (place / ".tracker" / LOG).read_text() == ""

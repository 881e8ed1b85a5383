"""`tracker run --folds` and `--train-fraction` as a user meets them: runs in MLflow, made once each."""

from __future__ import annotations

import contextlib
import csv
import io
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.command import Outcome, call_main, small_run
from tests.support.found import Found, find_study
from tests.support.one_place import in_that_place, place, tracker
from tests.support.workplace import working_in
from tracker import api
from tracker.cli.mean_lines import mean_lines
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.records import RunState
from tracker.runs.events import RunResult
from tracker.runs.plan import make_plan

__all__ = ["in_that_place", "place", "tracker"]

Tracker = Callable[..., Outcome]

MODEL = "mini-densenet"
FOLDS, REPEATS = 3, 2
PARTS = ("train", "val", "test")
BY_PATIENT = ("--patient-pattern", r"^P\d+")


def run_of(data: Path, experiment: str, *more: str) -> list[str]:
    """Return the arguments of runs of one arm that take less than half a second each."""
    one_arm = ("--model", MODEL, "--mode", "feature-extractor", "--experiment", experiment)
    return [*small_run(data, *BY_PATIENT), *one_arm, *more]


def rows_of(run: Found, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run.artifacts[name].decode())))


def samples_in(run: Found, part: str) -> set[str]:
    return {row["sample"] for row in rows_of(run, "split.csv") if row["part"] == part}


def patients_in(run: Found, part: str) -> set[str]:
    return {row["patient"] for row in rows_of(run, "split.csv") if row["part"] == part}


@pytest.fixture(scope="module")
def arguments(radiographs: Path) -> list[str]:
    return run_of(radiographs, "folds", "--folds", str(FOLDS), "--repeats", str(REPEATS))


@dataclass(frozen=True)
class Made:
    """A cross-validation that was interrupted in its second fold, and what the same command made of it."""

    before: Mapping[str, Found]
    printed: str
    runs: Mapping[str, Found]


class Interrupts(api.Observer):
    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        if (recipe.fold, epoch) == (1, 1):
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def made(place: Path, arguments: list[str], shared_cache: Path) -> Made:
    options = {name.lstrip("-").replace("-", "_"): value for name, value in batched(arguments[1:])}
    printed = io.StringIO()
    with working_in(place, shared_cache):
        with pytest.raises(KeyboardInterrupt):
            api.run(**options, observer=Interrupts())
        before = found_in(place, "folds")
        with contextlib.redirect_stdout(printed):
            assert call_main(*arguments) == 0
    return Made(before, printed.getvalue(), found_in(place, "folds"))


def batched(words: list[str]) -> Iterator[tuple[str, str]]:
    return zip(words[::2], words[1::2], strict=True)


@pytest.fixture(scope="module")
def runs(made: Made) -> Mapping[str, Found]:
    """The runs of a cross-validation, by name."""
    return made.runs


def found_in(place: Path, experiment: str) -> dict[str, Found]:
    return find_study(f"sqlite:///{place}/mlflow.db", experiment)


def test_every_image_is_tested_once_in_each_repeat_and_answers_are_kept(runs: Mapping[str, Found]) -> None:
    assert len(runs) == FOLDS * REPEATS
    tested: dict[str, list[str]] = defaultdict(list)
    for run in runs.values():
        assert run.status == "FINISHED"
        tested[run.tags["tracker.repeat"]] += samples_in(run, "test")
        answered = {row["sample"] for row in rows_of(run, "predictions.csv") if row["part"] == "test"}
        assert answered == samples_in(run, "test")
    everything = sorted(row["sample"] for row in rows_of(run, "split.csv"))
    assert {repeat: sorted(names) for repeat, names in tested.items()} == {"0": everything, "1": everything}


def test_no_patient_is_in_two_parts_of_a_fold(runs: Mapping[str, Found]) -> None:
    for run in runs.values():
        train, val, test = (patients_in(run, part) for part in PARTS)
        assert len(train | val | test) == len(train) + len(val) + len(test) == 15


def test_a_run_says_which_fold_it_is_and_how_many_images_it_had(runs: Mapping[str, Found]) -> None:
    assert sorted(runs) == sorted(
        f"FE s0 {repeat}f{fold} {MODEL}" for repeat in ("", "r1") for fold in range(FOLDS)
    )
    for name, run in runs.items():
        assert run.params["folds"] == str(FOLDS)
        assert run.params["fold"] == run.tags["tracker.fold"] == name.split()[2][-1]
        assert run.params.get("repeat", "0") == run.tags["tracker.repeat"] == str(int("r1" in name))
        assert run.tags["tracker.train_patients"] == str(len(patients_in(run, "train")))
        for part in PARTS:
            assert run.tags[f"tracker.{part}_images"] == str(len(samples_in(run, part)))
        assert bool(run.models) == (name == f"FE s0 f0 {MODEL}")
    assert len({run.tags["tracker.split_digest"] for run in runs.values()}) == FOLDS * REPEATS
    assert len({run.tags["tracker.folds_digest"] for run in runs.values()}) == 1


def test_an_interrupted_fold_goes_on_where_it_was(made: Made) -> None:
    before = {run.params["fold"]: run.status for run in made.before.values()}
    assert before == {"0": "FINISHED", "1": "KILLED"}
    assert "fold 1  goes on after epoch 1" in made.printed
    assert "6 runs: 5 finished, 1 skipped" in made.printed
    assert {name: run.resumed for name, run in made.runs.items() if run.resumed} == {f"FE s0 f1 {MODEL}": 1}
    first = f"FE s0 f0 {MODEL}"
    assert made.before[first] == made.runs[first]


@pytest.mark.slow
def test_one_more_repeat_is_all_that_is_made_and_the_table_has_every_fold(
    runs: Mapping[str, Found], arguments: list[str], tracker: Tracker, place: Path
) -> None:
    more = tracker(*arguments[:-1], str(REPEATS + 1), "--fold", "1")
    assert "3 runs: 1 finished, 2 skipped" in more.out
    now = found_in(place, "folds")
    assert now.keys() - runs.keys() == {f"FE s0 r2f1 {MODEL}"}
    assert {name: now[name] for name in runs} == runs
    table = tracker("compare", "--experiment", "folds", "--format", "csv")
    assert table.code == 0, table.err
    keys = [row["seed"] for row in csv.DictReader(io.StringIO(table.out)) if row["seed"]]
    assert keys == [f"0 · repeat {r} · fold {f}" for r in range(REPEATS) for f in range(FOLDS)] + [
        "0 · repeat 2 · fold 1"
    ]


def test_the_plan_and_the_summary_speak_of_folds(made: Made, tracker: Tracker, radiographs: Path) -> None:
    arguments = run_of(radiographs, "told", "--folds", "3", "--train-fraction", "0.5", "--seeds", "2")
    plan = tracker(*arguments, "--repeats", "2", "--dry-run")
    assert "split       3 folds x 2 repeats: each is the test part of its own runs\n" in plan.out
    assert "            test: 10 images (5 healthy, 5 sick) of 5 patients\n" in plan.out
    assert "            50 % of train: " in plan.out
    assert "runs        12, of each arm 12 (2 seeds x 3 folds x 2 repeats)\n" in plan.out
    assert max(map(len, plan.out.splitlines())) <= 80
    assert "always answering 'healthy' would reach 50.0 % of the test images" in made.printed


def test_the_summary_has_the_mean_over_folds_where_all_were_made() -> None:
    recipe = RunOptions(folds=3).recipe(
        model=MODEL, mode="scratch", seed=0, split="16/6/8", precision="fp32", fold=0
    )
    results = [
        RunResult(recipe.model_copy(update={"fold": fold}), RunState.FINISHED, {"test/accuracy": accuracy})
        for fold, accuracy in enumerate((0.5, 0.6, 0.85))
    ]
    assert mean_lines(results) == [f"mean    {MODEL} · scratch  test 65.0 % over 3 folds (50.0 to 85.0)"]
    assert mean_lines([*results[:2], replace(results[2], metrics={}, state=RunState.SKIPPED)]) == []


def test_a_recipe_file_says_the_same_run_again(
    runs: Mapping[str, Found], radiographs: Path, place: Path
) -> None:
    for name in (f"FE s0 r1f2 {MODEL}", f"FE s0 f0 {MODEL}"):
        recipe = place / "recipe.yaml"
        recipe.write_bytes(runs[name].artifacts["recipe.yaml"])
        plan = make_plan(read_options({"data": radiographs, "experiment": "folds"}, recipe))
        (only,) = plan.recipes
        digest = plan.images.manifest.digest
        assert only.fingerprint(manifest_digest=digest) == runs[name].tags["tracker.fingerprint"]


@pytest.mark.slow
def test_smaller_shares_are_trained_on_parts_of_larger_ones_and_tested_on_the_same_images(
    tracker: Tracker, radiographs: Path, place: Path
) -> None:
    shares = [word for share in ("0.2", "0.5", "1") for word in ("--train-fraction", share)]
    made = tracker(*run_of(radiographs, "shares", *shares, "--epochs", "1"))
    assert made.code == 0, made.err
    assert "tracker compare --experiment shares --where train_fraction=1" in made.out
    found = found_in(place, "shares")
    fifth, half, whole = (found[" ".join(["FE", "s0", *share, MODEL])] for share in (["20%"], ["50%"], []))
    assert samples_in(fifth, "train") < samples_in(half, "train") < samples_in(whole, "train")
    for run, share in ((fifth, 0.2), (half, 0.5), (whole, 1.0)):
        assert len(patients_in(run, "train")) == round(share * 8)
        assert run.tags["tracker.train_images"] == str(len(samples_in(run, "train")))
        assert samples_in(run, "unused") == samples_in(whole, "train") - samples_in(run, "train")
        for part in ("val", "test"):
            assert samples_in(run, part) == samples_in(whole, part)
        assert run.tags["tracker.split_digest"] == whole.tags["tracker.split_digest"]
    assert (fifth.tags["tracker.train_fraction"], fifth.params["train_fraction"]) == ("0.2", "0.2")
    assert "train_fraction" not in whole.params
    mixed = tracker("compare", "--experiment", "shares")
    assert mixed.code == 1
    assert "tracker compare --experiment shares --where train_fraction=1\n" in mixed.err
    for share in ("0.2", "0.5", "1"):
        table = tracker("compare", "--experiment", "shares", "--where", f"train_fraction={share}")
        assert table.code == 0, table.err


def test_a_test_part_that_came_with_the_images_is_left_alone(
    tracker: Tracker, radiographs: Path, place: Path
) -> None:
    images = [path.relative_to(radiographs) for path in sorted(radiographs.rglob("*.png"))]
    rows = [
        f"{radiographs / path},{path.parent},{'test' if i % 3 else 'train'}" for i, path in enumerate(images)
    ]
    (place / "given.csv").write_text("path,label,split\n" + "\n".join(rows) + "\n")
    told = tracker("run", "--data", str(place / "given.csv"), "--model", MODEL, "--folds", "3", "--dry-run")
    assert told.code == 2
    assert "the test part that the images came with must stay as it is" in told.err
    assert "Traceback" not in told.err

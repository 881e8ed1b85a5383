"""The commands that `tracker` says to type next work as they stand."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from tests.support.command import MODELS, Outcome, Study, small_run
from tests.support.servers import MlflowServer
from tracker.cli.choices import command_with, run_after_tune
from tracker.tracking.backend.client import open_client

Tracker = Callable[..., Outcome]
EXPERIMENT = "Köln's 1st; $HOME"


def commands(text: str) -> list[list[str]]:
    """Return the arguments of all commands on tables that are told, as a shell splits them."""
    lines = [line.strip().removeprefix("table   ") for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("tracker compare ")]


def train(tracker: Tracker, radiographs: Path, *more: str) -> Outcome:
    arm = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", EXPERIMENT]
    told = tracker(*small_run(radiographs, *arm, *more))
    assert told.code == 0, told.err
    return told


@pytest.fixture
def store(workplace: Path, study: Study) -> MlflowClient:
    """The store of the workplace: it has an experiment already."""
    shutil.copy(study.folder / "mlflow.db", workplace)
    return open_client(f"sqlite:///{workplace}/mlflow.db")


def add_runs(store: MlflowClient, experiment: str, *lrs: str, kind: str = "run") -> None:
    """Add runs as trainers elsewhere do."""
    experiment_id = store.create_experiment(experiment)
    for number, lr in enumerate(lrs):
        tags = {"tracker.kind": kind, "tracker.run_uid": f"{number}", "tracker.split_digest": "b" * 64}
        params = {"model": "alexnet", "mode": "fine-tuning", "seed": "0", "lr": lr}
        run = store.create_run(experiment_id, tags=tags, start_time=4_000_000_000_000 + number)
        store.log_batch(
            run.info.run_id,
            params=[Param(name, value) for name, value in params.items()],
            metrics=[Metric("final/test/accuracy", 0.5 + number / 10, 0, 2)],
        )
        store.set_terminated(run.info.run_id)


def test_the_table_of_a_run_is_there_to_be_typed_also_beside_another_recipe(
    tracker: Tracker, store: MlflowClient, radiographs: Path
) -> None:
    assert store.search_experiments()
    (hint,) = commands(train(tracker, radiographs, "--lr", "0.01").out)
    assert hint == ["compare", "--experiment", EXPERIMENT]
    (hint,) = commands(train(tracker, radiographs, "--lr", "0.02").out)
    assert hint == ["compare", "--experiment", EXPERIMENT, "--where", "lr=0.02"]
    told = tracker(*hint)
    assert (told.code, told.err) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["here", "server", "file"])
def test_every_table_of_a_tangle_is_there_to_be_typed(
    tracker: Tracker, workplace: Path, radiographs: Path, mlflow_server: MlflowServer, place: str
) -> None:
    uri = {
        "here": [],
        "server": ["--tracking-uri", mlflow_server.uri],
        "file": ["--tracking-uri", "sqlite:///my runs.db"],
    }[place]
    settings = (["--lr", "0.01"], ["--lr", "0.02"], ["--lr", "0.02", "--split-seed", "1"])
    tables = []
    for more in settings:
        (hint,) = commands(train(tracker, radiographs, *more, *uri).out)
        tables.append(tracker(*hint))
        assert (tables[-1].code, tables[-1].err) == (0, ""), hint
    # What was run before is skipped, and its own table still found among the others.
    (hint,) = commands(train(tracker, radiographs, *settings[0], *uri).out)
    assert tracker(*hint).out == tables[0].out


def test_runs_that_belong_in_no_one_table_are_offered_as_commands(
    tracker: Tracker, store: MlflowClient
) -> None:
    add_runs(store, EXPERIMENT, "0.1", "0.2", "0.2")
    refused = tracker("compare", "--experiment", EXPERIMENT, "--format", "csv")
    assert refused.code == 1
    typed = ["compare", "--experiment", EXPERIMENT, "--format", "csv"]
    assert commands(refused.err) == [[*typed, "--where", "lr=0.2"], [*typed, "--where", "lr=0.1"]]
    for command in commands(refused.err):
        told = tracker(*command)
        assert told.code == 0
        assert len(told.out.splitlines()) == 2


def test_several_experiments_are_listed_with_the_command_for_each(
    tracker: Tracker, store: MlflowClient
) -> None:
    add_runs(store, "0 runs")
    add_runs(store, "trials alone", "0.1", kind="trial")
    told = tracker("compare", "--format", "csv")
    assert (told.code, "must" in told.err) == (0, False), "there is one to compare"
    add_runs(store, EXPERIMENT, "0.1", "0.1")
    told = tracker("compare", "--format", "csv")
    assert told.code == 1
    first, *lines = told.err.splitlines()
    assert first == "tracker: one experiment must be named, but mlflow.db has 2. Type one of these:"
    assert lines[0].startswith(f"  {EXPERIMENT}    2 runs, the last of 2096-10-02 ")
    assert lines[1].startswith(f"  {'small':{len(EXPERIMENT)}}    8 runs, the last of 20")
    assert all(len(line) <= 80 for line in told.err.splitlines())
    assert commands(told.err) == [
        ["compare", "--format", "csv", "--experiment", EXPERIMENT],
        ["compare", "--format", "csv", "--experiment", "small"],
    ]
    assert [tracker(*command).code for command in commands(told.err)] == [0, 0]


def test_an_experiment_that_is_not_there_is_offered_as_those_that_are(
    tracker: Tracker, store: MlflowClient
) -> None:
    add_runs(store, EXPERIMENT, "0.1")
    told = tracker("compare", "--experiment=smal", "--at", "final")
    assert told.code == 1
    typed = ["compare", "--at", "final", "--experiment"]
    assert commands(told.err) == [[*typed, "small"], [*typed, EXPERIMENT]]
    assert tracker(*commands(told.err)[0]).code == 0


@pytest.mark.parametrize(
    ("typed", "choice", "command"),
    [
        (["compare"], ["--experiment", "a b"], "tracker compare --experiment 'a b'"),
        (
            ["compare", "--split", "f", "--at", "best"],
            ["--split", "a"],
            "tracker compare --at best --split a",
        ),
        (["compare", "--split=ff"], ["--split", "ab"], "tracker compare --split ab"),
        (["compare", "--where", "lr=1"], ["--where", "a=b"], "tracker compare --where lr=1 --where a=b"),
        (
            ["compare", "--tracking-uri", "http://me:secret@server:5000"],
            ["--split", "a"],
            "tracker compare --tracking-uri http://server:5000 --split a",
        ),
        (
            ["compare", "--tracking-uri=http://me:secret@server:5000"],
            ["--split", "a"],
            "tracker compare --tracking-uri=http://server:5000 --split a",
        ),
    ],
)
def test_a_choice_joins_what_was_typed(typed: list[str], choice: list[str], command: str) -> None:
    assert command_with(choice, typed) == command


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["tune", "--trials", "9", "--data", "my images"], "tracker run --data 'my images' --tuned"),
        (["--debug", "tune", "--trials=9"], "tracker run --tuned"),
        (
            ["tune", "--study-storage", "postgresql://me:secret@server/studies"],
            "tracker run --study-storage postgresql://me@server/studies --tuned",
        ),
    ],
)
def test_after_a_study_the_same_options_train(typed: list[str], command: str) -> None:
    assert run_after_tune(typed) == command

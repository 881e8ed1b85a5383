"""Runs that name other runs: nested ones, and links."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from tests.support.recorded import Start, all_runs
from tracker.tracking.journal.entries import EXPERIMENT_ID, RUN_ID
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import Cursor, load_cursor, save_cursor
from tracker.tracking.shipping.delivery import deliver
from tracker.tracking.shipping.flush import sync

PARENT = "mlflow.parentRunId"


@pytest.fixture
def family(start: Start, uri: str) -> tuple[RunRecorder, RunRecorder]:
    """A study and a trial of it, both recorded and not sent."""
    with start(uri, "study", run_name="study") as study:
        study.link("trial", {"best": RUN_ID, "note": f"see /{EXPERIMENT_ID}/{RUN_ID}"})
    with start(uri, "trial", run_name="trial", parent_uid="study") as trial:
        pass
    return study, trial


def by_name(client: MlflowClient, experiment: str) -> dict[str, Run]:
    return {run.info.run_name: run for run in all_runs(client, experiment)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["parent first", "child first"])
def test_a_nested_run_and_its_parent_name_each_other_whichever_is_sent_first(
    client: MlflowClient, family: tuple[RunRecorder, RunRecorder], experiment: str, order: tuple[int, int]
) -> None:
    for number in order:
        deliver(client, family[number].folder)
    runs = by_name(client, experiment)
    assert set(runs) == {"study", "trial"}
    trial_id = runs["trial"].info.run_id
    assert runs["trial"].data.tags[PARENT] == runs["study"].info.run_id
    assert runs["study"].data.tags["best"] == trial_id
    assert runs["study"].data.tags["note"] == f"see /{runs['study'].info.experiment_id}/{trial_id}"
    assert [run.info.status for run in runs.values()] == ["FINISHED", "FINISHED"]


@pytest.mark.parametrize("damaged", [0, 1], ids=["study", "trial"])
def test_a_study_and_its_trials_arrive_although_one_of_them_cannot_be_read(
    client: MlflowClient,
    family: tuple[RunRecorder, RunRecorder],
    experiment: str,
    home: Path,
    damaged: int,
) -> None:
    journal = family[damaged].folder.journal
    journal.write_bytes(b"x" + journal.read_bytes()[1:])
    left = sync(home)
    assert left.runs == 1
    (run,) = all_runs(client, experiment)
    assert (run.info.run_name, run.info.status) == (("study", "trial")[1 - damaged], "FINISHED")


def test_a_link_to_a_run_that_another_machine_recorded_finds_it_by_its_tag(
    client: MlflowClient, family: tuple[RunRecorder, RunRecorder], experiment: str, tmp_path: Path
) -> None:
    study, trial = family
    elsewhere = tmp_path / "elsewhere" / "runs" / "trial"
    elsewhere.parent.mkdir(parents=True)
    trial.folder.path.rename(elsewhere)
    deliver(client, RunFolder(elsewhere))
    deliver(client, study.folder)
    runs = by_name(client, experiment)
    assert PARENT not in runs["trial"].data.tags
    assert runs["study"].data.tags["best"] == runs["trial"].info.run_id


def test_a_link_to_a_run_that_is_nowhere_names_it_as_it_was_recorded(
    client: MlflowClient, start: Start, uri: str, experiment: str
) -> None:
    with start(uri, "study", run_name="study") as study:
        study.link("gone", {"best": RUN_ID})
    deliver(client, study.folder)
    assert by_name(client, experiment)["study"].data.tags["best"] == "gone"


def test_a_trial_of_a_study_that_a_user_deleted_stands_alone(
    client: MlflowClient, start: Start, uri: str, experiment: str
) -> None:
    with start(uri, "study", run_name="study") as study:
        pass
    deliver(client, study.folder)
    cursor = load_cursor(study.folder)
    client.delete_run(cursor.run_id)
    save_cursor(study.folder, replace(cursor, deleted=True))
    with start(uri, "trial", run_name="trial", parent_uid="study") as trial:
        pass
    deliver(client, trial.folder)
    assert PARENT not in by_name(client, experiment)["trial"].data.tags


def test_a_trial_names_no_study_that_only_another_server_had(
    client: MlflowClient, family: tuple[RunRecorder, RunRecorder], experiment: str
) -> None:
    study, trial = family
    save_cursor(study.folder, Cursor(run_id="0" * 32))
    deliver(client, trial.folder)
    deliver(client, study.folder)
    runs = by_name(client, experiment)
    assert runs["trial"].data.tags[PARENT] == runs["study"].info.run_id

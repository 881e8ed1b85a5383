"""One server has many addresses: a trailing slash or an upper-case host makes no other world of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, small_run
from tests.support.servers import MlflowServer
from tracker.config.recipe import digest_of
from tracker.records import RunState
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.journal.entries import Creation, Metrics
from tracker.tracking.journal.log import Journal
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder, home_token, run_folder, run_folders

Tracker = Callable[..., Outcome]


@pytest.fixture
def address(mlflow_server: MlflowServer) -> str:
    return f"http://localhost:{mlflow_server.port}"


@pytest.fixture
def typed(mlflow_server: MlflowServer) -> str:
    """The same server, as a user may type it, and as versions before took it."""
    return f"http://LOCALHOST:{mlflow_server.port}/"


def one_run(radiographs: Path, experiment: str) -> list[str]:
    arms = ["--model", MODELS[0], "--mode", "feature-extractor"]
    return small_run(radiographs, *arms, "--experiment", experiment)


def as_before(home: Path, run: RunFolder, address: str, parts: list[object], parent_uid: str = "") -> str:
    """Make of a run what the version before recorded: its id has the address as it was typed."""
    creation, lines = run.creation(), run.lines()
    assert creation is not None
    uid = digest_of([part if part != creation.tracking_uri else address for part in parts])[:32]
    before = run_folder(home, uid)
    with Journal(before.journal) as journal:
        journal.write(replace(creation, run_uid=uid, tracking_uri=address, parent_uid=parent_uid))
        for line in lines[1:]:
            journal.write(line.entry)
    shutil.rmtree(run.path)
    return uid


def only_run(home: Path) -> tuple[RunFolder, Creation]:
    (run,) = run_folders(home)
    creation = run.creation()
    assert creation is not None
    return run, creation


def recorded_before(home: Path, address: str) -> str:
    """Have the one run of a home be one that the version before recorded; return its id."""
    run, creation = only_run(home)
    place = [creation.tracking_uri, creation.experiment, home_token(home)]
    return as_before(home, run, address, [creation.tags["tracker.fingerprint"], *place])


@pytest.mark.parametrize("first", ["address", "typed"])
def test_a_run_is_not_trained_again_for_another_form_of_its_address(
    tracker: Tracker, radiographs: Path, address: str, typed: str, experiment: str, first: str
) -> None:
    forms = [address, typed] if first == "address" else [typed, address]
    run = one_run(radiographs, experiment)
    assert "1 run: 1 finished" in tracker(*run, "--tracking-uri", forms[0]).out
    assert "1 run: 1 skipped" in tracker(*run, "--tracking-uri", forms[1]).out
    assert len(read_runs(address, experiment)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("form", ["address", "typed"])
def test_a_run_that_was_recorded_under_a_typed_address_is_skipped_and_begun_again(
    tracker: Tracker,
    radiographs: Path,
    workplace: Path,
    address: str,
    typed: str,
    experiment: str,
    form: str,
) -> None:
    home, asked = workplace / ".tracker", address if form == "address" else typed
    run = [*one_run(radiographs, experiment), "--tracking-uri", asked]
    tracker(*run)
    uid = recorded_before(home, typed)
    assert "1 run: 1 skipped" in tracker(*run).out
    assert "1 run: 1 finished" in tracker(*run, "--rerun").out
    assert [run.name for run in run_folders(home)] == [uid, f"{uid}.2"]


@pytest.mark.slow
def test_a_run_that_was_recorded_under_an_address_with_an_account_is_skipped(
    tracker: Tracker, radiographs: Path, workplace: Path, address: str, experiment: str
) -> None:
    home, with_account = workplace / ".tracker", address.replace("://", "://me:secret@")
    run = [*one_run(radiographs, experiment), "--tracking-uri", address]
    tracker(*run)
    uid = recorded_before(home, with_account)
    for form in (address, with_account):
        assert "1 run: 1 skipped" in tracker(*run[:-1], form).out
    assert [run.name for run in run_folders(home)] == [uid]


@pytest.mark.slow
def test_a_run_that_was_interrupted_under_a_typed_address_goes_on(
    tracker: Tracker, radiographs: Path, workplace: Path, address: str, typed: str, experiment: str
) -> None:
    home = workplace / ".tracker"
    run = [*one_run(radiographs, experiment), "--tracking-uri", address]
    tracker(*run)
    uid = recorded_before(home, typed)
    interrupted, _ = only_run(home)
    lines = interrupted.lines()
    end = next(line.end for line in lines if isinstance(line.entry, Metrics))
    interrupted.journal.write_bytes(interrupted.journal.read_bytes()[:end])
    assert interrupted.state() is RunState.INTERRUPTED
    assert "1 run: 1 finished" in tracker(*run).out
    assert [run.name for run in run_folders(home)] == [uid]
    assert interrupted.state() is RunState.FINISHED
    assert [run.status for run in read_runs(address, experiment) if run.tags["tracker.run_uid"] == uid] == [
        "FINISHED"
    ]


@pytest.mark.slow
def test_a_study_that_was_recorded_under_a_typed_address_is_not_recorded_again(
    tracker: Tracker, radiographs: Path, workplace: Path, address: str, typed: str, experiment: str
) -> None:
    home = workplace / ".tracker"
    tune = ["tune", *one_run(radiographs, experiment)[1:], "--trials", "2", "--tracking-uri", address]
    assert tracker(*tune).code == 0
    place = [address, experiment, home_token(home)]
    runs = [(run, creation) for run in run_folders(home) if (creation := run.creation()) is not None]
    study_uid = ""
    for run, creation in sorted(runs, key=lambda one: bool(one[1].parent_uid)):
        of = int(creation.tags["tracker.trial"]) if creation.parent_uid else "study"
        parts = [creation.tags["tracker.study_token"], of, *place]
        uid = as_before(home, run, typed, parts, parent_uid=study_uid)
        study_uid = study_uid or uid
    before = run_folders(home)
    assert len(before) == 3
    assert tracker(*tune).code == 0
    assert run_folders(home) == before
    assert tracker(*tune, "--trials", "3").code == 0
    (added,) = set(run_folders(home)) - set(before)
    creation = added.creation()
    assert creation is not None
    assert (creation.parent_uid, creation.tracking_uri) == (study_uid, address)


def record(home: Path, uri: str, experiment: str, run_uid: str = "a1b2") -> None:
    started = {"experiment": experiment, "run_name": "alexnet", "params": {"lr": 0.1}, "tags": {}}
    with RunRecorder.start(home, run_uid=run_uid, tracking_uri=uri, **started):
        pass


@pytest.mark.parametrize("command", ["sync", "compare"])
def test_records_of_a_typed_address_are_sent_when_any_form_of_it_is_named(
    tracker: Tracker, workplace: Path, address: str, typed: str, experiment: str, command: str
) -> None:
    record(workplace / ".tracker", typed, experiment)
    more = ["--experiment", experiment] if command == "compare" else []
    tracker(command, "--tracking-uri", address, *more)
    (run,) = read_runs(address, experiment)
    assert run.status == "FINISHED"


def test_status_lists_the_runs_of_every_form_of_an_address_as_one_group(
    tracker: Tracker, workplace: Path, address: str, typed: str
) -> None:
    for run_uid, uri in (("a1", typed), ("b2", address)):
        record(workplace / ".tracker", uri, "cxr", run_uid)
    told = tracker("status", "--tracking-uri", address)
    assert told.out.count(f"cxr, tracked in {address}\n") == 1
    assert "2 runs: 2 finished" in told.out
    assert told == tracker("status", "--tracking-uri", typed) == tracker("status")

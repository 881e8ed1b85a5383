"""A study's folder is moved, renamed, copied, or mounted elsewhere: it is the same study there."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.compatibility.make_folder_0_1_0 import EXPERIMENT, FOLDER, KILLED, PACKED, TUNING
from tests.support.command import MODELS, Outcome, call_main, small_run
from tests.support.workplace import working_in
from tracker.addresses import sqlite_address
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.run_folder import run_folders

Tracker = Callable[..., Outcome]
STORE, ARTIFACTS = "mlflow.db", "mlartifacts"
RUNS = 1 + 1 + 2
"""A run, a study, and its trials."""


def commands(radiographs: Path) -> tuple[list[str], list[str]]:
    """Return a run of one arm, and a study of it."""
    arm = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "e"]
    return (
        small_run(radiographs, *arm, "--log-model", "all"),
        ["tune", *small_run(radiographs, *arm)[1:], "--trials", "2"],
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Path:
    """A whole study in its first folder, which no test changes."""
    folder = tmp_path_factory.mktemp("study") / "first place"
    folder.mkdir()
    with working_in(folder, shared_cache):
        assert [call_main(*command) for command in commands(radiographs)] == [0, 0]
        assert call_main("compare", "--experiment", "e", "--output", "table.txt") == 0
    return folder


@contextmanager
def gone(folder: Path) -> Iterator[None]:
    """Have a folder not be where it was, as long as the block lasts."""
    away = folder.rename(folder.with_name("away"))
    try:
        yield
    finally:
        away.rename(folder)


def runs_in(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / STORE)) as store:
        return [run_id for (run_id,) in store.execute("SELECT run_uuid FROM runs ORDER BY start_time")]


def artifacts_of(folder: Path) -> set[str]:
    """Return the folders that MLflow's tables name, up to the name of the experiment."""
    queries = (
        "SELECT artifact_location FROM experiments",
        "SELECT artifact_uri FROM runs",
        "SELECT artifact_location FROM logged_models",
    )
    with closing(sqlite3.connect(folder / STORE)) as store:
        named = [place for query in queries for (place,) in store.execute(query)]
    return {place.partition(f"/{ARTIFACTS}/")[0] for place in named}


def whole_study_is_known(tracker: Tracker, radiographs: Path) -> None:
    """Runs, table, artifacts and trials of the current folder are known; nothing is made again."""
    here, (run, tune) = Path.cwd(), commands(radiographs)
    again = tracker(*run)
    assert (again.code, "finished before" in again.out) == (0, True), again
    assert tracker("sync") == Outcome(0, "everything is sent\n", "")
    compared = tracker("compare", "--experiment", "e")
    assert (compared.code, compared.out) == (0, Path("table.txt").read_text()), compared
    tuned = tracker(*tune)
    assert (tuned.code, "2 trials" in tuned.out) == (0, True), tuned
    assert len(runs_in(here)) == len(run_folders(here / ".tracker")) == RUNS
    assert artifacts_of(here) == {f"file://{quote(str(here))}"}
    client = open_client(sqlite_address(here / STORE))
    kept = client.download_artifacts(runs_in(here)[0], "predictions.csv")
    assert "log_odds" in Path(kept).read_text()


@pytest.mark.parametrize("name", [pytest.param("a%20study", marks=pytest.mark.slow), "50 % of it?"])
def test_a_study_that_was_moved_is_the_same_study(
    first: Path,
    name: str,
    radiographs: Path,
    tracker: Tracker,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    moved = shutil.copytree(first, workplace / name)
    monkeypatch.chdir(moved)
    with gone(first):
        whole_study_is_known(tracker, radiographs)
    (told,) = caplog.messages
    assert told.startswith("mlflow.db was moved: its artifacts are taken from mlartifacts, no longer from ")
    assert [path.name for path in workplace.iterdir()] == [name]


@pytest.mark.slow
def test_a_copy_of_a_study_leaves_the_first_one_alone(
    first: Path, radiographs: Path, tracker: Tracker, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in first.rglob("*"))
    monkeypatch.chdir(shutil.copytree(first, workplace / "copy"))
    whole_study_is_known(tracker, radiographs)
    rerun = tracker(*commands(radiographs)[0], "--rerun")
    assert rerun.code == 0, rerun
    assert len(runs_in(Path.cwd())) == RUNS + 1
    assert sorted((path, path.stat().st_mtime_ns) for path in first.rglob("*")) == before


@pytest.mark.slow
def test_a_folder_that_version_0_1_0_left_can_be_moved(
    tracker: Tracker, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not FOLDER.exists()
    with zipfile.ZipFile(PACKED) as archive:
        archive.extractall(workplace)
    runs = {run.name for run in run_folders(workplace / ".tracker")}
    monkeypatch.setenv("TRACKER_CACHE", str(workplace / "cache"))

    def here(*arguments: str) -> list[str]:
        return [word.replace(str(FOLDER), str(workplace)) for word in arguments]

    killed, studied = tracker(*here(*KILLED)), tracker(*here(*TUNING))
    assert (killed.code, studied.code) == (0, 0), (killed, studied)
    assert "from epoch" in killed.out
    # The study's open trial is done again, and one had not begun; everything else is known.
    assert len({run.name for run in run_folders(workplace / ".tracker")} - runs) == 2
    assert artifacts_of(workplace) == {f"file://{quote(str(workplace))}"}
    assert tracker("sync") == Outcome(0, "everything is sent\n", "")
    assert tracker("compare", "--experiment", EXPERIMENT, "--where", "tuned=no").code == 0
    assert not FOLDER.exists()

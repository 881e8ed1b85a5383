"""The example that comes with the package, as a person meets it who has run nothing yet."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy
from alembic.script import ScriptDirectory
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base as InitialBase

from tests.support.command import Outcome
from tests.support.servers import free_port
from tracker.errors import TrackingError
from tracker.tracking.backend.reader import read_predictions, read_runs
from tracker.ui import example
from tracker.ui.example import bring_up_to_date, example_file, example_store

Tracker = Callable[..., Outcome]

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
MODELS, MODES, SEEDS, HELD_OUT = 3, 3, 3, 44 + 132
RUNS = MODELS * (MODES * SEEDS + 1)
"""Of three modes one for each seed; a probe is the same for all."""
FOLDS = 5


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_comparing_it_begins_with_the_table_and_the_verdict_that_the_readme_shows(
    tracker: Tracker, workplace: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = tracker("compare", "--example")
    assert told.code == 0
    (shown,) = re.findall(r"```\n\$ tracker compare --example\n(.*?)```", README, re.DOTALL)
    assert told.out.startswith(shown)
    assert "Verdict: established." in shown
    assert max(len(line) for line in told.out.splitlines()) <= 80
    assert list(workplace.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_a_small_study_is_there(tracker: Tracker) -> None:
    with example_store() as uri:
        kinds = Counter(run.tags["tracker.kind"] for run in read_runs(uri, "phantom"))
    assert kinds == {"run": RUNS, "study": 2, "trial": 16}
    told = tracker("compare", "--example", "--include-trials")
    assert told.code == 0
    assert told.out.count("phantom/mini-resnet/fine-tuning/") == 1


def test_a_cross_validation_is_there(tracker: Tracker) -> None:
    told = tracker("compare", "--example", "--experiment", "phantom-folds")
    assert told.code == 0
    assert f"over {FOLDS} folds" in told.out
    assert "corrected resampled t-test" in " ".join(told.out.split())


def test_it_is_a_copy_whose_artifacts_are_there(temporary: Path) -> None:
    before = example_file().read_bytes()
    with example_store() as uri, example_store() as other:
        assert uri != other
        runs = [run for run in read_runs(uri, "phantom") if run.tags["tracker.kind"] == "run"]
        assert len(runs) == RUNS
        for run in runs[:: RUNS // 6]:
            # The last epoch and the best one.
            assert len(read_predictions(uri, run.run_id)) == 2 * HELD_OUT
        assert len(list(temporary.iterdir())) >= 2
    assert list(temporary.iterdir()) == []
    assert example_file().read_bytes() == before


def test_it_is_small_and_says_nothing_of_who_made_it() -> None:
    assert example_file().stat().st_size < 6_000_000
    with zipfile.ZipFile(example_file()) as archive:
        for name in archive.namelist():
            places = re.findall(rb"/(?:home|root|tmp|work|Users|var)/[\w./-]*", archive.read(name))
            assert places == [], name


@pytest.mark.slow
def test_the_ui_shows_it_with_its_artifacts(workplace: Path, temporary: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "tracker", "ui", "--example", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=workplace) as process:
        assert process.stdout is not None
        try:
            address, _, page = process.stdout.readline().strip().partition("/#/")
            assert address == f"http://127.0.0.1:{port}"
            assert page.endswith("compareRunsMode=CHART&viewStateShareKey=tracker")
            (folder,) = temporary.glob("tracker-example-*")
            run = next(run for run in read_runs(f"sqlite:///{folder}/mlflow.db", "phantom"))
            query = f"run_uuid={run.run_id}&path=recipe.yaml"
            with urllib.request.urlopen(f"{address}/get-artifact?{query}") as answer:
                assert b"dataset: phantom" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert list(temporary.glob("tracker-example-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_the_command_leaves_nothing(
    number: signal.Signals, workplace: Path, temporary: Path
) -> None:
    command = [sys.executable, "-m", "tracker", "compare", "--example"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=workplace) as process:
        while not list(temporary.glob("tracker-example-*/mlflow.db")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    assert list(temporary.iterdir()) == []


def test_another_store_cannot_be_asked_for_as_well(tracker: Tracker) -> None:
    for command in ("compare", "ui"):
        told = tracker(command, "--example", "--tracking-uri", "sqlite:///mine.db")
        assert told.code == 2
        assert told.err.startswith("tracker: --example has a store of its own, but --tracking-uri")


def test_an_installation_without_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example, "__file__", str(tmp_path / "tracker" / "ui" / "example.py"))
    with pytest.raises(TrackingError, match=r"mlruns\.example/store\.zip.*tracker run --dataset phantom"):
        example_file()


def test_a_copy_from_an_older_mlflow_is_brought_up_to_date(tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/mlflow.db")
    config = _get_alembic_config(str(engine.url))
    migrations = ScriptDirectory.from_config(config)
    newest = migrations.get_current_head()
    # As the MLflow made it that had one migration less.
    InitialBase.metadata.create_all(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, migrations.get_revision(newest).down_revision)

    def schema() -> str:
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar_one()

    assert schema() != newest
    bring_up_to_date(tmp_path / "mlflow.db")
    assert schema() == newest
    engine.dispose()


@pytest.mark.parametrize("damage", [lambda packed: packed[:-100], lambda packed: b"no archive"])
def test_a_damaged_example_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracker: Tracker, damage: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "store.zip"
    file.write_bytes(damage(example_file().read_bytes()))
    monkeypatch.setattr(example, "example_file", lambda: file)
    told = tracker("compare", "--example")
    assert told.code == 1
    assert told.err.startswith(f"tracker: the example ({file}) must be unpacked into")
    assert "Traceback" not in told.err

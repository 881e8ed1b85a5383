"""A store that cannot be opened is told in one line by every command, and MLflow is not imported for it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command import Outcome, small_run
from tests.support.containers import container, without
from tests.support.recorded import Start
from tests.support.workplace import shared_cache, tracker, workplace
from tracker.errors import TrackingError
from tracker.tracking.backend.store_file import obstacle_of, require_usable
from tracker.tracking.shipping.flush import sync
from tracker.tracking.shipping.sender import Sender

__all__ = ["shared_cache", "tracker", "workplace"]

Spoil = Callable[[Path], object]


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.parent / "not-connected" / "mlflow.db")


def make_circle(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def overwrite_pages(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * 8092 + content[8192:])


SPOILED: dict[str, tuple[Spoil, str]] = {
    "a folder": (make_folder, "is a folder"),
    "a pipe": (make_pipe, "is no file but a pipe"),
    "a link to nothing": (make_link, "is a link to .*not-connected/mlflow.db, which is not there"),
    "a link to itself": (make_circle, "is a link to mlflow.db, which is not there"),
    "another file": (lambda file: file.write_text("notes " * 500), "is no database but some other file"),
    "a few bytes": (lambda file: os.truncate(file, 50), "is damaged"),
    "half of it": (lambda file: os.truncate(file, 300_000), r"is damaged \(the end of it is missing\)"),
    "garbled pages": (overwrite_pages, "is damaged"),
}


@pytest.fixture
def store(database: str, workplace: Path) -> Path:
    """A store with MLflow's tables in the current folder."""
    return Path(shutil.copy(database.removeprefix("sqlite:///"), workplace / "mlflow.db"))


@pytest.mark.parametrize("kind", SPOILED)
def test_every_command_tells_it_in_one_line_and_changes_nothing(
    kind: str, store: Path, start: Start, home: Path, tracker: Callable[..., Outcome], tmp_path: Path
) -> None:
    uri = f"sqlite:///{store}"
    with start(uri) as recorder:
        recorder.metrics({"train/loss": 0.5}, step=1)
    spoil, told = SPOILED[kind]
    spoil(store)
    for command in (["compare"], ["compare", "--experiment", "a"], ["ui"], small_run(tmp_path)):
        outcome = tracker(*command)
        assert outcome.code == 1
        assert outcome.out == ""
        (line,) = outcome.err.splitlines()
        assert line.startswith("tracker: mlflow.db must be a database that can be ")
        with pytest.raises(TrackingError, match=told):
            require_usable(uri)
    for send in (lambda: Sender(home, uri).send(), lambda: sync(home, tracking_uri=uri)):
        send()
        (problem,) = sync(home, tracking_uri=uri).problems
        assert problem.startswith("mlflow.db is ")
    assert store.is_symlink() or store.exists()


def test_mlflow_is_not_imported_to_look_at_it(store: Path) -> None:
    make_folder(store)
    code = (
        "import sys; from tracker.cli import main\n"
        "for words in (['compare'], ['ui'], ['sync'], ['run'], ['tune']):\n"
        "    sys.argv = ['tracker', *words]\n"
        "    try: main()\n"
        "    except SystemExit as end: print(words, end.code)\n"
        "print(sorted({'mlflow', 'torch', 'optuna'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=store.parent, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "[]", found
    assert found.stderr.count("is a folder") == 4


def test_a_store_that_another_process_has_is_waited_for_shortly_and_runs_train_meanwhile(store: Path) -> None:
    uri = f"sqlite:///{store}"
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TrackingError, match="is locked by another process"):
            require_usable(uri)
        require_usable(uri, to_write=True)
        obstacle = obstacle_of(uri, to_write=True)
        assert obstacle is not None
        assert obstacle.passing
    assert obstacle_of(uri, to_write=True) is None


def test_a_store_that_is_there_or_can_be_made_is_no_obstacle_and_stays_as_it_is(store: Path) -> None:
    before = store.read_bytes()
    for uri in (f"sqlite:///{store}", f"sqlite:///{store.parent}/new/mlflow.db", "http://127.0.0.1:9"):
        assert obstacle_of(uri) is None
        assert obstacle_of(uri, to_write=True) is None
    (store.parent / "empty.db").touch()
    assert obstacle_of(f"sqlite:///{store.parent}/empty.db", to_write=True) is None
    assert store.read_bytes() == before
    assert sorted(path.name for path in store.parent.iterdir()) == ["empty.db", "mlflow.db"]


@pytest.mark.parametrize(
    ("mode", "of_folder", "reading", "writing"),
    [
        (0o000, 0o700, "cannot be opened (mlflow.db: Permission denied)", "cannot be opened"),
        (0o400, 0o700, "", "cannot be opened (mlflow.db: it can only be read)"),
        (0o600, 0o500, "", "cannot be opened (.: it can only be read)"),
        (0o600, 0o000, "cannot be opened (mlflow.db: Permission denied)", "cannot be opened"),
    ],
)
def test_permissions_of_the_file_and_of_its_folder(
    store: Path, mode: int, of_folder: int, reading: str, writing: str
) -> None:
    code = (
        "import sys; from tracker.tracking.backend.store_file import obstacle_of\n"
        "found = [obstacle_of(sys.argv[1], to_write=wanted) for wanted in (False, True)]\n"
        "print('\\n'.join(one.problem if one else '' for one in found))"
    )
    program = container([sys.executable, "-c", code, f"sqlite:///{store}"])
    store.chmod(mode)
    store.parent.chmod(of_folder)
    try:
        answer = subprocess.run(
            program, cwd=store.parent, env=without("HOME"), capture_output=True, text=True, check=False
        )
    finally:
        store.parent.chmod(0o700)
    assert answer.returncode == 0, answer.stderr
    read, written = answer.stdout.split("\n")[:2]
    assert read == reading
    assert written.startswith(writing)

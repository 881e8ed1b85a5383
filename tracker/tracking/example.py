"""The example store that comes with the package: read from a copy, never changed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.store import artifact_folder

DATABASE = "mlflow.db"
_FOLDER = "mlruns.example"
# Where a database made through a server says that artifacts are: wherever the server keeps them.
_BEHIND_SERVER = "mlflow-artifacts:"
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)


def example_folder() -> Path:
    """Return where the example lies: in an installed package, or beside it in a checkout.

    Raises:
        TrackingError: It did not come with this installation.
    """
    package = Path(__file__).parents[1]
    for place in (package / _FOLDER, package.parent / _FOLDER):
        if (place / DATABASE).is_file():
            return place
    raise TrackingError(
        f"the example must have come with tracker, as the folder {_FOLDER}",
        but="it did not",
        do="Install tracker again, or make runs of your own: tracker run --dataset phantom",
    )


@contextmanager
def example_store() -> Iterator[str]:
    """Have a copy of the example as an embedded store.

    Yields:
        Its address; the copy is gone afterwards.

    Raises:
        TrackingError: It did not come with this installation.
    """
    source = example_folder()
    with tempfile.TemporaryDirectory(prefix="tracker-example-") as folder:
        database = Path(folder) / DATABASE
        shutil.copyfile(source / DATABASE, database)
        artifacts = artifact_folder(database)
        shutil.copytree(source / artifacts.name, artifacts)
        _place_artifacts(database, artifacts)
        yield f"sqlite:///{database}"


def _place_artifacts(database: Path, artifacts: Path) -> None:
    """Have a database find its artifacts without a server."""
    with closing(sqlite3.connect(database)) as store, store:
        for table, column in _PLACES:
            store.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                (f"{_BEHIND_SERVER}/", f"{artifacts.as_uri()}/"),
            )

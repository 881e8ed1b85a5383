"""The example store that comes with the package: unpacked where it is read, never changed."""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.store import artifact_folder

DATABASE = "mlflow.db"
_FOLDER, _STORE = "mlruns.example", "store.tar.xz"
# Where a database that was made through a server says that artifacts are: wherever the server keeps them.
_BEHIND_SERVER = "mlflow-artifacts:/"
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)


def example_file() -> Path:
    """Return the packed example: in an installed package, or beside it in a checkout.

    Raises:
        TrackingError: It did not come with this installation.
    """
    package = Path(__file__).parents[1]
    for place in (package, package.parent):
        file = place / _FOLDER / _STORE
        if file.is_file():
            return file
    raise TrackingError(
        f"the example must have come with tracker, as {_FOLDER}/{_STORE}",
        but="it did not",
        do="Install tracker again, or make runs of your own: tracker run --dataset phantom",
    )


@contextmanager
def example_store() -> Iterator[str]:
    """Have the example as an embedded store, in a folder that is gone afterwards.

    Yields:
        Its address.

    Raises:
        TrackingError: It did not come with this installation.
    """
    packed = example_file()
    with tempfile.TemporaryDirectory(prefix="tracker-example-") as folder:
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        database = Path(folder) / DATABASE
        _place_artifacts(database)
        yield f"sqlite:///{database}"


def _place_artifacts(database: Path) -> None:
    """Have a database find its artifacts without a server."""
    here = artifact_folder(database).as_uri() + "/"
    with closing(sqlite3.connect(database)) as store, store:
        for table, column in _PLACES:
            store.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (_BEHIND_SERVER, here))

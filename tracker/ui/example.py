"""The example store that comes with the package: unpacked where it is read, never changed."""

from __future__ import annotations

import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tracker.addresses import sqlite_address
from tracker.errors import TrackingError
from tracker.tracking.backend.environment import prepare_environment
from tracker.tracking.backend.moved_store import name_in_all_tables
from tracker.tracking.backend.uri import artifact_folder

DATABASE = "mlflow.db"
EXPERIMENT = "phantom"
"""The experiment that is meant where none is named; there is one of folds beside it."""
STORE = "store.zip"
_FOLDER = "mlruns.example"
# Where a database that was made through a server says that artifacts are: wherever the server keeps them.
_BEHIND_SERVER = "mlflow-artifacts:/"


def example_file() -> Path:
    """Return the packed example: in an installed package, or beside it in a checkout.

    Raises:
        TrackingError: It did not come with this installation.
    """
    package = Path(__file__).parents[1]
    for place in (package, package.parent):
        file = place / _FOLDER / STORE
        if file.is_file():
            return file
    raise TrackingError(
        f"the example must have come with tracker, as {_FOLDER}/{STORE}",
        but="it did not",
        do="Install tracker again, or make runs of your own: tracker run --dataset phantom",
    )


@contextmanager
def example_store() -> Iterator[str]:
    """Have the example as an embedded store, in a folder that is gone afterwards.

    Yields:
        Its address.

    Raises:
        TrackingError: It did not come with this installation, or cannot be unpacked.
    """
    packed = example_file()
    with tempfile.TemporaryDirectory(prefix="tracker-example-") as folder:
        _unpack(packed, Path(folder))
        database = Path(folder) / DATABASE
        _place_artifacts(database)
        bring_up_to_date(database)
        yield sqlite_address(database)


def _unpack(packed: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise TrackingError(
            f"the example ({packed}) must be unpacked into {folder}",
            but=getattr(error, "strerror", None) or str(error),
            do="Make room there or set TMPDIR; if the file is damaged, install tracker again.",
        ) from None


def _place_artifacts(database: Path) -> None:
    """Have a database find its artifacts without a server."""
    here = artifact_folder(database).as_uri() + "/"
    with closing(sqlite3.connect(database)) as store, store:
        name_in_all_tables(store, _BEHIND_SERVER, here)


def bring_up_to_date(database: Path) -> None:
    """Give a database the tables of the MLflow that is installed, which refuses those of older ones.

    Args:
        database: The file; it is changed.
    """
    prepare_environment()
    import sqlalchemy
    from mlflow.store.db.utils import _upgrade_db

    engine = sqlalchemy.create_engine(sqlite_address(database))
    _upgrade_db(engine)  # type: ignore[no-untyped-call]
    engine.dispose()

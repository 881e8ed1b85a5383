"""Makes the example again: `python mlruns.example/rebuild.py`, some ten minutes on two cores.

What it does, in folders that are gone afterwards: an MLflow server with a database and artifacts of its own;
the README's first command with three seeds; a small study, and the runs with what it found. Then the database
is compacted and packed here, with the artifacts. Nothing in them says who made them, or where.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tracker.tracking.environment import server_environment
from tracker.tracking.ui import HOST, free_port, stop_group, wait_until_ready

HERE = Path(__file__).resolve().parent
RUN = ("run", "--dataset", "phantom", "--seed", "0", "--seed", "1", "--seed", "2", "--log-model", "none")
STUDY = ("tune", "--dataset", "phantom", "--model", "mini-resnet", "--trials", "8")
# What says more about a machine and its user than a stranger needs to know.
_PRIVATE = ("mlflow.user", "mlflow.source.name", "mlflow.source.git.commit", "tracker.host")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Have an MLflow server whose artifacts can be moved with its database."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "mlartifacts")]
    with (folder / "server.log").open("w+b") as log:
        process = subprocess.Popen(
            command, env=os.environ | server_environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            address = f"http://{HOST}:{port}"
            wait_until_ready(process, address, log)
            yield address
        finally:
            stop_group(process)


def call(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a `tracker` command in a folder."""
    subprocess.run([sys.executable, "-m", "tracker", *arguments], cwd=folder, env=environment, check=True)


def compact(database: Path) -> None:
    """Leave out what is private, and give back what is no longer used."""
    with closing(sqlite3.connect(database)) as store:
        with store:
            marks = ", ".join("?" for _ in _PRIVATE)
            store.execute(f"DELETE FROM tags WHERE key IN ({marks})", _PRIVATE)
            store.execute("UPDATE runs SET user_id = 'example'")
        store.execute("VACUUM")


def _of_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    return entry.replace(uid=0, gid=0, uname="", gname="")


def main() -> None:
    """Make the runs, and put them here."""
    with tempfile.TemporaryDirectory(prefix="tracker-example-") as name:
        folder = Path(name)
        environment = os.environ | {"TRACKER_CACHE": f"{folder}/cache"}
        with server(folder) as address:
            environment |= {"MLFLOW_TRACKING_URI": address}
            for arguments in (RUN, STUDY, ("sync",)):
                call(arguments, folder, environment)
        compact(folder / "mlflow.db")
        with tarfile.open(HERE / "store.tar.xz", "w:xz", preset=9) as archive:
            for part in ("mlflow.db", "mlartifacts"):
                archive.add(folder / part, part, filter=_of_nobody)


if __name__ == "__main__":
    main()

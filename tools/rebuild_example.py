"""Makes the example again: `python -m tools.rebuild_example`, some twenty minutes on two cores.

What it does, in folders that are gone afterwards: an MLflow server with a database and artifacts of its own;
the README's first command with three seeds and four modes; a small study of one network's two arms; and one
network over five folds. Then the database is
compacted and packed into `mlruns.example/`, with the artifacts. Nothing in them says who made them.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from PIL import Image

from tracker.addresses import sqlite_address
from tracker.figures.style import to_bytes
from tracker.tracking.backend.environment import server_environment
from tracker.ui.example import DATABASE, STORE
from tracker.ui.server import HOST, free_port, stop_group, wait_until_ready

PICTURE, PICTURE_DPI = Path(__file__).resolve().parents[1] / "docs" / "verdict.png", 160
PACKED = Path(__file__).resolve().parents[1] / "mlruns.example" / STORE
_MODES = ("feature-extractor", "probe", "lp-ft", "fine-tuning")
RUN = (
    *("run", "--dataset", "phantom", "--seeds", "3", "--log-model", "none"),
    *(word for mode in _MODES for word in ("--mode", mode)),
)
FOLDS = (
    *("run", "--dataset", "phantom", "--model", "mini-resnet", "--folds", "5", "--log-model", "none"),
    *("--experiment", "phantom-folds"),
)
STUDY = ("tune", "--dataset", "phantom", "--model", "mini-resnet", "--trials", "8")
ARTIFACTS = "mlartifacts"


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run an MLflow server whose artifacts can be moved with its database."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", sqlite_address(folder / DATABASE)]
    command += ["--artifacts-destination", str(folder / ARTIFACTS)]
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


def environment(folder: Path, address: str) -> dict[str, str]:
    """Return the variables of a user who has set nothing but where runs are tracked."""
    neutral = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "MLFLOW_"))
    }
    neutral["LOGNAME"] = "tracker"
    places = {"TRACKER_CACHE": f"{folder}/cache", "TRACKER_HOME": f"{folder}/journals"}
    return neutral | places | {"MLFLOW_TRACKING_URI": address}


def call(arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
    """Run a `tracker` command in a folder."""
    subprocess.run([sys.executable, "-m", "tracker", *arguments], cwd=folder, env=variables, check=True)


def compact(database: Path, folder: Path) -> None:
    """Leave out where the images lay and which kernel ran, and give back what is no longer used."""
    with closing(sqlite3.connect(database)) as store:
        with store:
            store.execute(
                "UPDATE datasets SET dataset_source = replace(dataset_source, ?, '')", (f"{folder}/cache/",)
            )
            store.execute("UPDATE tags SET value = ? WHERE key = 'tracker.platform'", (platform.system(),))
        store.execute("VACUUM")


def neutralize(folder: Path) -> None:
    """Leave out of the lists of packages which kernel ran."""
    for path in folder.rglob("environment.txt"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(platform.platform(), platform.system()), encoding="utf-8")


def shrink(folder: Path) -> None:
    """Quantize the colors of figures: a fifth of the bytes, and they look the same."""
    for path in folder.rglob("*.png"):
        with Image.open(path) as figure:
            few = figure.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def pack(folder: Path) -> None:
    """Pack database and artifacts into one file; the old one stays until the new one is whole."""
    unfinished = PACKED.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in [folder / DATABASE, *sorted((folder / ARTIFACTS).rglob("*"))]:
            archive.write(path, path.relative_to(folder))
    unfinished.replace(PACKED)


def draw_verdict() -> None:
    """Draw what the example establishes, for the README."""
    import tracker

    figure = tracker.compare(example=True).plot()
    PICTURE.write_bytes(to_bytes(figure, "png", dpi=PICTURE_DPI))


def main() -> None:
    """Make the runs, and put them here."""
    with tempfile.TemporaryDirectory(prefix="tracker-example-") as name:
        folder = Path(name)
        with server(folder) as address:
            for arguments in (FOLDS, RUN, STUDY, ("sync",)):
                call(arguments, folder, environment(folder, address))
        compact(folder / DATABASE, folder)
        neutralize(folder / ARTIFACTS)
        shrink(folder / ARTIFACTS)
        pack(folder)
    draw_verdict()


if __name__ == "__main__":
    main()

"""The sample as files: drawn once, in class folders, with a table that says what is in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from tracker.io.cache import atomic_folder, cache_dir, locked, require_space
from tracker.io.parallel import parallel_map
from tracker.io.progress import Progress
from tracker.phantom.cohort import Patient, cohort, draw_visit

VERSION = 1
"""To be raised whenever other images would be drawn: it names their folder."""

SIZE = 224
"""Height and width of the images, in pixels."""

TABLE, NOTICE = "images.csv", "SYNTHETIC.txt"

_NOTE = (
    "These chest radiographs are synthetic: drawn by tracker, of patients that never lived.\n"
    "They show how the tool works. Nothing about medicine can be concluded from them.\n"
)
# Uncompressed: compressed files differ with the version of the library that wrote them, and with them the
# digest of the data set.
_ENDING = ".bmp"


def sample_folder(progress: Progress) -> Path:
    """Return the folder of the sample; draw it where that was not done before.

    Args:
        progress: Receives the number of drawn images.

    Returns:
        A folder with a folder a class and a table.

    Raises:
        DataError: The disk is full or may not be written to.
    """
    folder = cache_dir() / "datasets" / f"phantom-{VERSION}"
    if not folder.exists():
        with locked(folder):
            if not folder.exists():
                _draw_all(folder, progress)
    return folder


def _draw_all(folder: Path, progress: Progress) -> None:
    visits = [(patient, visit) for patient in cohort() for visit in range(1, patient.visits + 1)]
    require_space(folder, len(visits) * SIZE * SIZE, "drawing synthetic radiographs")
    with atomic_folder(folder) as temporary:
        for label in dict.fromkeys(patient.label for patient, _ in visits):
            (temporary / label).mkdir()
        drawn = parallel_map(partial(_draw, temporary), visits)
        for done, _ in enumerate(drawn, start=1):
            progress(done, len(visits), "synthetic radiographs drawn")
        _write_table(temporary / TABLE, visits)
        (temporary / NOTICE).write_text(_NOTE, encoding="utf-8")


def _draw(folder: Path, visit: tuple[Patient, int]) -> None:
    Image.fromarray(draw_visit(*visit, size=SIZE)).save(folder / _name(*visit))


def _write_table(file: Path, visits: Sequence[tuple[Patient, int]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened, lineterminator="\n")
        table.writerow(["path", "label", "patient", "findings"])
        for patient, visit in visits:
            table.writerow([_name(patient, visit), patient.label, patient.name, patient.findings_text])


def _name(patient: Patient, visit: int) -> str:
    return f"{patient.label}/{patient.name}_{visit}{_ENDING}"

"""The sample as files: drawn once, in class folders, with a table that says what is in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from tracker.io.cache import cache_dir, require_space
from tracker.io.kept import kept_folder
from tracker.io.parallel import parallel_map
from tracker.io.progress import Progress
from tracker.phantom.cohort import TUBERCULOSIS, Patient, cohort, draw_lesions_of, draw_visit

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
# With two headers and a table of 256 grays before its pixels.
_IMAGE_BYTES = 14 + 40 + 4 * 256 + SIZE * SIZE


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
    draw_all = partial(_draw_all, progress=progress)
    return kept_folder(folder, draw_all, fits=_fits, what="synthetic radiographs")


def lesions_folder(progress: Progress) -> Path:
    """Return the folder of where tuberculosis is on the images of the sample; draw it where it is not there.

    Args:
        progress: Receives the number of drawn masks.

    Returns:
        A folder with a PNG file for each image with tuberculosis, of its name: white where a finding is.

    Raises:
        DataError: The disk is full or may not be written to.
    """
    folder = cache_dir() / "datasets" / f"phantom-{VERSION}-lesions"
    draw_all = partial(_draw_all_lesions, progress=progress)
    return kept_folder(folder, draw_all, fits=_has_all_lesions, what="masks of lesions")


def _ill() -> list[tuple[Patient, int]]:
    return [visit for visit in _visits() if visit[0].label == TUBERCULOSIS]


def _has_all_lesions(folder: Path) -> bool:
    return all((folder / _lesions_name(*visit)).stat().st_size > 0 for visit in _ill())


def _draw_all_lesions(folder: Path, progress: Progress) -> None:
    visits = _ill()
    require_space(folder, len(visits) * SIZE * SIZE, "drawing masks of lesions")
    (folder / TUBERCULOSIS).mkdir()
    for done, _ in enumerate(parallel_map(partial(_draw_lesions, folder), visits), start=1):
        progress(done, len(visits), "masks of lesions drawn")


def _draw_lesions(folder: Path, visit: tuple[Patient, int]) -> None:
    Image.fromarray(draw_lesions_of(*visit, size=SIZE)).save(folder / _lesions_name(*visit))


def _lesions_name(patient: Patient, visit: int) -> str:
    return f"{patient.label}/{patient.name}_{visit}.png"


def _visits() -> list[tuple[Patient, int]]:
    return [(patient, visit) for patient in cohort() for visit in range(1, patient.visits + 1)]


def _fits(folder: Path) -> bool:
    """Say whether every image is there, with all its pixels, and the table, and the notice."""
    sizes = [(folder / _name(*visit)).stat().st_size for visit in _visits()]
    with (folder / TABLE).open(encoding="utf-8", newline="") as opened:
        rows = len(list(csv.reader(opened)))
    return set(sizes) == {_IMAGE_BYTES} and rows == len(sizes) + 1 and (folder / NOTICE).is_file()


def _draw_all(folder: Path, progress: Progress) -> None:
    visits = _visits()
    require_space(folder, len(visits) * SIZE * SIZE, "drawing synthetic radiographs")
    for label in dict.fromkeys(patient.label for patient, _ in visits):
        (folder / label).mkdir()
    drawn = parallel_map(partial(_draw, folder), visits)
    for done, _ in enumerate(drawn, start=1):
        progress(done, len(visits), "synthetic radiographs drawn")
    _write_table(folder / TABLE, visits)
    (folder / NOTICE).write_text(_NOTE, encoding="utf-8")


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

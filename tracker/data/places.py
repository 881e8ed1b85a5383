"""What `--data` points at: what it cannot be, and which data set it looks like where a user names none."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

from tracker.data.sources import SOURCES, Source
from tracker.data.sources.formats import is_hidden
from tracker.data.sources.source import IMAGE_ENDINGS, is_image, part_named
from tracker.data.sources.walk import entries, walk
from tracker.errors import DataError

_PACKED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar.gz")
_TEXTS = (".txt", ".tab", ".dat")
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
TABLES = (".csv", ".tsv")
_DEPTH = 3


def check_place(source: Source, place: Path) -> None:
    """Refuse a file where a folder is meant, and say what to do with it.

    Args:
        source: The kind of data set that is asked for.
        place: What `--data` says.

    Raises:
        DataError: It is an archive, one image, or a table that another kind of data set reads; or it may not
            be looked at.
    """
    try:
        is_file = place.is_file()
    except OSError as error:
        raise DataError(
            "--data must be a place that you may look into",
            but=f"{place}: {error.strerror}",
            do="Check --data.",
        ) from error
    if not is_file:
        _check_folder(source, place)
        return
    ending = place.suffix.lower()
    wrong = {
        "it is a packed file": (ending in _PACKED, "Unpack it, and point --data at the folder."),
        "it is one image": (
            ending in IMAGE_ENDINGS,
            f"Point --data at the folder above the class folders, here {_above_class_folder(place)}.",
        ),
        "it is a table": (
            ending in TABLES and source.name == "folder",
            f"Type: --dataset csv --data {shlex.quote(str(place))}.",
        ),
        "it is a text file": (
            ending in _TEXTS and source.name == "folder",
            f"If it is a table of images: --dataset csv --data {shlex.quote(str(place))}.",
        ),
        "it is a spreadsheet": (ending in _SPREADSHEETS, "Save it as CSV."),
    }
    for but, (holds, do) in wrong.items():
        if holds:
            raise DataError(f"{place} must be a folder of images or a table of them", but=but, do=do)


def _above_class_folder(image: Path) -> Path:
    """Return the folder that holds the class folders, or the parts, of an image's data set."""
    label = image.parent.parent if part_named(image.parent.name) else image.parent
    return label.parent.parent if part_named(label.parent.name) else label.parent


def _check_folder(source: Source, place: Path) -> None:
    tables = [path for path in _files(place) if path.suffix.lower() in TABLES]
    if source.name == "csv" and not tables and folders_with_images(place):
        raise DataError(
            f"{place} must be a table of images, or hold one",
            but="it holds folders of images",
            do=f"If the folders are the classes: --dataset folder --data {shlex.quote(str(place))}.",
        )


def dataset_of(place: Path) -> str:
    """Return the data set that a place looks like: a published one, else `csv` or `folder`.

    Args:
        place: What `--data` says where `--dataset` is not given.
    """
    if place.suffix.lower() in TABLES:
        return "csv"
    # Whoever opens it is told what may not be looked into.
    with suppress(OSError):
        for source in SOURCES.values():
            if source.recognizes is not None and source.recognizes(place):
                return source.name
    tables = [path for path in _files(place) if path.suffix.lower() == ".csv"]
    return "csv" if len(tables) == 1 and len(folders_with_images(place)) < 2 else "folder"


def folders_with_images(place: Path) -> list[Path]:
    """Return the visible folders in a folder that hold images, at any depth.

    Args:
        place: The folder.
    """
    return [folder for folder in _visible(place) if any(map(is_image, walk(folder).files))]


def folder_of_classes(place: Path) -> Path | None:
    """Return the nearest folder below a place that has two folders of images or more; None where none has.

    A part of a split is no data set: neither it nor what is in it is returned.

    Args:
        place: A folder that has fewer itself.
    """
    level = [place]
    for _ in range(_DEPTH):
        level = [folder for parent in level for folder in _visible(parent) if not part_named(folder.name)]
        for folder in level:
            if len(folders_with_images(folder)) > 1:
                return folder
    return None


def _files(place: Path) -> list[Path]:
    try:
        return entries(place)[1]
    except OSError:
        return []


def _visible(place: Path) -> list[Path]:
    try:
        folders, _ = entries(place)
    except OSError:
        return []
    return [folder for folder in folders if not is_hidden(folder.name)]

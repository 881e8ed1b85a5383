"""The conventions that the U.S. National Library of Medicine's two tuberculosis sets share.

Images are `CXR_png/<PREFIX>_<number>_<0 normal, 1 tuberculosis>.png`; what a radiologist wrote stands
in `ClinicalReadings/<same name>.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tracker.data.sources.class_folder import beside
from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.masks import folder_word
from tracker.data.sources.source import SourceImage, is_image
from tracker.data.sources.walk import entries, walk
from tracker.errors import DataError, counted, listed

LABELS = {"0": "normal", "1": "tuberculosis"}
_IMAGES = "CXR_png"
_READINGS = "ClinicalReadings"

Reading = Callable[[list[str]], Mapping[str, str]]
"""Makes attributes of the lines of a clinical reading."""


def collect_nlm(root: Path, *, prefix: str, wrapper: str, reading: Reading) -> Listing:
    """List the images of one of the two sets.

    Every image is of another person in both sets, so no patient is named. Ids begin with `CXR_png/`
    whichever of the accepted folders is given, so that the same images have the same digest.

    Args:
        root: The data set's folder, the folder that holds it, or its `CXR_png` folder.
        prefix: What the image names begin with.
        wrapper: The folder that the published archive unpacks to.
        reading: How a clinical reading is understood.

    Returns:
        The images, sorted by name.

    Raises:
        DataError: There are no such images, or some of other names among them.
    """
    name = _image_name(prefix)
    folder = _image_folder(root, wrapper, name)
    if folder is None:
        raise DataError(
            f"{root} must be the unpacked data set, with the folders {_IMAGES} and {_READINGS} in it",
            but="no images named as published were found there"
            if root.is_dir()
            else ("it is a file" if root.exists() else "it does not exist"),
            do=f"Point --data at the folder {wrapper}, or for images of your own: --dataset folder or csv.",
        )
    folders, files = entries(folder)
    images = [path for path in files if is_image(path)]
    strangers = [path.name for path in images if not name.fullmatch(path.name)]
    if strangers:
        raise DataError(
            f"images in {folder} must be named like {prefix}_0001_0.png",
            but=f"{len(strangers)} {'is' if len(strangers) == 1 else 'are'} not",
            do="Remove them, or use --dataset folder or csv.",
            details=listed(strangers),
        )
    beside_images = [
        replace(item, id=f"{_IMAGES}/{item.id}")
        for path in [*files, *(file for below in folders for file in walk(below).files)]
        if path not in images
        for item in beside(path, folder)
    ]
    return Listing(
        images=[_source_image(path, reading) for path in images],
        left_out=[*beside_images, *_masks(folder)],
        notes=_notes(folder, images),
    )


def is_nlm(root: Path, *, prefix: str, wrapper: str) -> bool:
    """Return whether a folder is one of the two sets.

    Args:
        root: Any path.
        prefix: What the image names begin with.
        wrapper: The folder that the published archive unpacks to.
    """
    return _image_folder(root, wrapper, _image_name(prefix)) is not None


def published_images(prefix: str, *, normal: int, tuberculosis: int) -> Mapping[str, int]:
    """Return how many images of each class the published archive has, by a pattern of their paths.

    Args:
        prefix: What the image names begin with.
        normal: How many are normal.
        tuberculosis: How many show tuberculosis.
    """
    counts = {"0": normal, "1": tuberculosis}
    return {rf"{_IMAGES}/{prefix}_\d+_{digit}\.png": count for digit, count in counts.items()}


def _image_name(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}_\d+_([01])\.png", re.IGNORECASE)


def _masks(folder: Path) -> Iterator[LeftOut]:
    """Yield the masks that come with the images in folders of their own."""
    siblings = entries(folder.parent)[0] if folder.name == _IMAGES else []
    for sibling in siblings:
        if word := folder_word(sibling.name):
            for path in filter(is_image, walk(sibling).files):
                yield LeftOut(path.relative_to(folder.parent).as_posix(), "mask", word)


def _notes(folder: Path, images: Sequence[Path]) -> list[str]:
    """Say where images and readings do not belong to each other: something may not have been unpacked."""
    readings = {path.stem for path in folder.parent.joinpath(_READINGS).glob("*.txt")}
    names = {path.stem for path in images}
    if not readings:
        return [f"no clinical readings: {folder.parent / _READINGS} is not there or empty"]
    without, lost = len(names - readings), len(readings - names)
    return [
        *([f"{counted(without, 'image')} without a clinical reading"] if without else []),
        *([f"{counted(lost, 'clinical reading')} without an image: were all unpacked?"] if lost else []),
    ]


def years(number: str, unit: str) -> str:
    """Write an age in years.

    Args:
        number: The age as it was written, digits only.
        unit: Its unit: a word that begins with y (years), m (months), w (weeks) or d (days).

    Returns:
        Years, such as `45` or `0.5`.
    """
    a_year = {"m": 12.0, "w": 52.18, "d": 365.25}.get(unit[:1].lower(), 1.0)
    return f"{int(number) / a_year:.3g}"


def _image_folder(root: Path, wrapper: str, name: re.Pattern[str]) -> Path | None:
    for folder in (root / _IMAGES, root / wrapper / _IMAGES, root):
        # What may not be looked into is not found.
        with suppress(OSError):
            if any(name.fullmatch(path.name) for path in entries(folder)[1]):
                return folder
    return None


def _source_image(path: Path, reading: Reading) -> SourceImage:
    text = path.parent.parent / _READINGS / f"{path.stem}.txt"
    attributes = reading(_lines(text)) if text.is_file() else {}
    return SourceImage(f"{_IMAGES}/{path.name}", path, LABELS[path.stem[-1]], attributes=attributes)


def _lines(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    return [line for line in (" ".join(raw.split()) for raw in text.splitlines()) if line]

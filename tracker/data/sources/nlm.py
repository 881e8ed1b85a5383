"""The conventions that the U.S. National Library of Medicine's two tuberculosis sets share.

Images are `CXR_png/<PREFIX>_<number>_<0 normal, 1 tuberculosis>.png`; what a radiologist wrote stands
in `ClinicalReadings/<same name>.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tracker.data.sources.source import SourceImage, is_image
from tracker.errors import DataError, listed

LABELS = {"0": "normal", "1": "tuberculosis"}
_IMAGES = "CXR_png"
_READINGS = "ClinicalReadings"

Reading = Callable[[list[str]], Mapping[str, str]]
"""Makes attributes of the lines of a clinical reading."""


def collect_nlm(root: Path, *, prefix: str, wrapper: str, reading: Reading) -> list[SourceImage]:
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
    name = re.compile(rf"{prefix}_\d+_([01])\.png", re.IGNORECASE)
    folder = _image_folder(root, wrapper, name)
    images = sorted(path for path in folder.iterdir() if is_image(path))
    strangers = [path.name for path in images if not name.fullmatch(path.name)]
    if strangers:
        raise DataError(
            f"images in {folder} must be named like {prefix}_0001_0.png",
            but=f"{len(strangers)} {'is' if len(strangers) == 1 else 'are'} not",
            do="Remove them, or use --dataset folder or csv.",
            details=listed(strangers),
        )
    return [_source_image(path, reading) for path in images]


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


def _image_folder(root: Path, wrapper: str, name: re.Pattern[str]) -> Path:
    for folder in (root / _IMAGES, root / wrapper / _IMAGES, root):
        if folder.is_dir() and any(name.fullmatch(path.name) for path in folder.iterdir()):
            return folder
    raise DataError(
        f"{root} must be the unpacked data set, with the folders {_IMAGES} and {_READINGS} in it",
        but="no images named as published were found there"
        if root.is_dir()
        else ("it is a file" if root.exists() else "it does not exist"),
        do=f"Point --data at the folder {wrapper}.",
    )


def _source_image(path: Path, reading: Reading) -> SourceImage:
    text = path.parent.parent / _READINGS / f"{path.stem}.txt"
    attributes = reading(_lines(text)) if text.is_file() else {}
    return SourceImage(f"{_IMAGES}/{path.name}", path, LABELS[path.stem[-1]], attributes=attributes)


def _lines(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    return [line for line in (" ".join(raw.split()) for raw in text.splitlines()) if line]

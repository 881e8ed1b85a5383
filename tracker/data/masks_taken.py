"""Images that look like masks and take part, because a table lists them or a glob asks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from tracker.data.sources.masks import masks_among
from tracker.data.sources.source import SourceImage
from tracker.errors import counted


def masks_taken(images: Iterable[SourceImage]) -> list[str]:
    """Return a line that says how many there are; none where no class has masks beside other images.

    Args:
        images: Those that take part.
    """
    by_label: dict[str, list[PurePosixPath]] = defaultdict(list)
    for image in images:
        by_label[image.label].append(_below_class_folder(image))
    found = {label: masks_among(paths) for label, paths in by_label.items()}
    beside = [masks for label, masks in found.items() if len(masks) < len(by_label[label])]
    number = sum(map(len, beside))
    if not number:
        return []
    word = next(word for masks in beside for word in masks.values())
    looks = "looks like a mask and takes" if number == 1 else "look like masks and take"
    return [f"{counted(number, 'image')} {looks} part; without: --exclude '*{word}*'"]


def _below_class_folder(image: SourceImage) -> PurePosixPath:
    """Return the path of an image below its class folder: a class may be called `mask`."""
    path = PurePosixPath(image.id)
    if image.label not in path.parts[:-1]:
        return path
    return PurePosixPath(*path.parts[path.parts.index(image.label) + 1 :])

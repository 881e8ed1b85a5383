"""Folders of the parts of a split that lie below the class folders: `normal/train`, `normal/test`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from tracker.data.sources.class_folder import ClassFolder
from tracker.data.sources.masks import folder_word
from tracker.data.sources.source import SourceImage, is_image, part_named
from tracker.errors import DataError
from tracker.records import Part

_DO = (
    "Give all classes the same folders of parts; rename what is none, or list the images in a table "
    "(--dataset csv)."
)


def with_parts_below(root: Path, classes: Sequence[ClassFolder]) -> list[ClassFolder]:
    """Return the class folders with images that have the part whose folder they lie in.

    Masks may lie elsewhere, and so may what is no folder of a class but a link to nothing.

    Args:
        root: The data set's folder.
        classes: Its class folders, of one part each or of none.

    Raises:
        DataError: Some images lie in folders of parts and others do not, or one lies in those of two.
    """
    parts = {image.id: _parts(one, image) for one in classes for image in one.images}
    if not any(parts.values()):
        return list(classes)
    _check(
        root,
        {
            image.id: parts[image.id]
            for one in classes
            for image in one.images
            if parts[image.id] or not _may_be_elsewhere(one, one.below(image))
        },
    )
    return [
        replace(
            one,
            images=[replace(image, part=next(iter(parts[image.id]), None)) for image in one.images],
        )
        for one in classes
    ]


def _parts(one: ClassFolder, image: SourceImage) -> set[Part]:
    """Return the parts that stand above an image; a folder that cannot be looked into is one image."""
    names = one.below(image).parts
    folders = names[:-1] if is_image(image.path) else names
    below = {part for name in folders if (part := _part_named(name))}
    return below | ({one.part} if one.part else set())


_part_named = lru_cache(maxsize=10_000)(part_named)


def _may_be_elsewhere(one: ClassFolder, below: PurePosixPath) -> bool:
    return not below.parts or any(map(folder_word, (one.label, *below.parts[:-1])))


def _check(root: Path, parts: Mapping[str, set[Part]]) -> None:
    inside = [name for name, found in parts.items() if found]
    outside = [name for name, found in parts.items() if not found]
    torn = [name for name, found in parts.items() if len(found) > 1]
    if torn:
        raise DataError(
            f"an image in {root} must lie in the folder of one part (train, val, test)",
            but=f"{torn[0]} lies in those of {' and '.join(sorted(parts[torn[0]]))}",
            do=_DO,
        )
    if outside:
        raise DataError(
            f"images in {root} must all lie in folders of parts (train, val, test), or none",
            but=f"{len(inside)} do, such as {inside[0]}, and {len(outside)} do not, such as {outside[0]}",
            do=_DO,
        )

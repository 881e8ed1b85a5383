"""Folders that may not be the classes that they are taken for: what is told, and what is refused."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from tracker.data.globs import glob_of_folder
from tracker.data.sources.class_folder import ClassFolder
from tracker.data.sources.masks import folder_word, only_image_words
from tracker.data.sources.source import part_named
from tracker.data.sources.walk import entries
from tracker.errors import DataError, listed


def doubts(classes: Sequence[ClassFolder], masks: Container[str]) -> list[str]:
    """Return lines that say which classes may be none.

    Args:
        classes: The class folders.
        masks: The ids of images that are left out as masks.
    """
    labels = {one.label for one in classes if any(image.id not in masks for image in one.images)}
    plain = [label for label in labels if "mask" not in label.lower() and not folder_word(label)]
    told = [label for label in sorted(labels) if folder_word(label)] if plain else []
    lines = [f"{label} is taken for a class{_advice(label, classes)}" for label in told]
    if below := _folders_of_each(classes):
        lines += [
            f"each class folder holds {', '.join(listed(below, 3))}:",
            "if those are the classes, list the images in a table (--dataset csv)",
        ]
    return lines


def _advice(label: str, classes: Sequence[ClassFolder]) -> str:
    ids = [(one.label, image.id) for one in classes for image in one.images]
    glob = glob_of_folder(
        label,
        [name for found, name in ids if found == label],
        others=[name for found, name in ids if found != label],
    )
    return f"; if it holds masks: --exclude {glob}" if glob else ""


def _folders_of_each(classes: Sequence[ClassFolder]) -> list[str]:
    """Return the folders that lie in each class folder; none where that is no matter of classes."""
    inside = [
        frozenset(path.parts[0] for path in map(one.below, one.images) if len(path.parts) > 1)
        for one in classes
    ]
    if len(inside) < 2 or len(set(inside)) > 1:
        return []
    names = sorted(name for name in inside[0] if not _is_explained(name))
    return names if len(names) > 1 else []


def _is_explained(name: str) -> bool:
    return bool(folder_word(name) or only_image_words(name) or part_named(name))


def refuse_kinds_of_files(folder: Path, classes: Sequence[ClassFolder]) -> None:
    """Refuse folders such as `images` and `masks`, which say of what kind files are, not of which class.

    Args:
        folder: The data set's folder, or that of a part of its split.
        classes: The folders in it.

    Raises:
        DataError: There are no others.
    """
    full = [one for one in classes if one.images]
    kinds = [one for one in full if folder_word(one.label) or only_image_words(one.label)]
    holders = [one for one in kinds if not folder_word(one.label)]
    if len(kinds) == len(full) and len(holders) == 1:
        names, say = ", ".join(one.label for one in kinds), "says" if len(kinds) == 1 else "say"
        raise DataError(
            f"folders in {folder} must be named after classes",
            but=f"{names} {say} of what kind the files are",
            do=_where_classes_are(holders[0]),
        )


def _where_classes_are(holder: ClassFolder) -> str:
    if not entries(holder.path)[0]:
        return "Put the images into a folder a class, or list them in a table (--dataset csv)."
    if holder.part is None:
        return f"Point --data at the folder above the class folders, such as {holder.path}."
    # One part alone is no data set.
    return f"Move the class folders that lie in {holder.path} into {holder.path.parent}, in every part."

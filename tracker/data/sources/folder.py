"""A folder a class; where folders of the parts of a split stand above them, they are the split."""

from __future__ import annotations

from pathlib import Path

from tracker.data.sources.source import PART_WORDS, Source, SourceImage, is_image
from tracker.errors import DataError, listed
from tracker.records import Part


def collect_folder(root: Path) -> list[SourceImage]:
    """List images by the folder that they are in.

    `root/CLASS/.../image.png`, or `root/train/CLASS/.../image.png` (likewise val, validation or valid,
    and test). Folders below a class folder mean nothing.

    Args:
        root: The folder above the class folders or above the parts.

    Returns:
        The images, sorted by id.

    Raises:
        DataError: The folder is missing, or images lie where no class folder says what they are, or a class
            folder has none.
    """
    folders = _visible_folders(root)
    parts = {folder: PART_WORDS[folder.name.lower()] for folder in folders if _is_part(folder)}
    others = [folder.name for folder in folders if folder not in parts]
    if parts and others:
        raise DataError(
            f"folders in {root} must all be classes, or all be parts (train, val, test)",
            but=f"{', '.join(listed(others, 5))} stand beside {', '.join(path.name for path in parts)}",
            do="Move the others elsewhere.",
        )
    if not parts:
        return sorted(_under(root, root, None), key=lambda image: image.id)
    found = [image for folder, part in parts.items() for image in _under(folder, root, part)]
    return sorted(found, key=lambda image: image.id)


def _is_part(folder: Path) -> bool:
    return folder.name.lower() in PART_WORDS


def _visible_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise DataError(
            f"{root} must be a folder",
            but="it is a file" if root.exists() else "it does not exist",
            do="Point --data at the folder that holds the class folders.",
        )
    # Archives packed on a Mac bring a second tree of stubs along.
    hidden = (".", "__MACOSX")
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(hidden))


def _under(parent: Path, root: Path, part: Part | None) -> list[SourceImage]:
    loose = sorted(path.name for path in parent.iterdir() if not path.is_dir() and is_image(path))
    if loose:
        raise DataError(
            f"every image must lie in a folder named after its class, such as {parent}/normal/",
            but=f"{len(loose)} {'lies' if len(loose) == 1 else 'lie'} directly in {parent}",
            do="Move them into class folders, or list them in a table (--dataset csv).",
            details=listed(loose, 5),
        )
    by_label = {folder: _images(folder) for folder in _visible_folders(parent)}
    bare = [folder.name for folder, images in by_label.items() if not images]
    if bare:
        raise DataError(
            f"every class folder in {parent} must hold images (PNG, JPEG, TIFF or BMP)",
            but=f"{len(bare)} {'holds' if len(bare) == 1 else 'hold'} none: {', '.join(listed(bare, 5))}",
            do="Convert their images, or move the folders elsewhere.",
        )
    return [
        SourceImage(path.relative_to(root).as_posix(), path, folder.name, part=part)
        for folder, images in by_label.items()
        for path in images
    ]


def _images(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if is_image(path) and not path.is_dir() and not _hidden_between(folder, path)
    ]


def _hidden_between(folder: Path, path: Path) -> bool:
    return any(name.startswith(".") for name in path.relative_to(folder).parts)


SOURCE = Source(name="folder", collect=collect_folder, rank=90)

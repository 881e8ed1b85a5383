"""A folder a class; where folders of the parts of a split stand above or below them, they are the split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from tracker.data.sources.class_folder import ClassFolder, beside, leads_nowhere, look_into
from tracker.data.sources.doubts import doubts, refuse_kinds_of_files
from tracker.data.sources.formats import is_hidden
from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.masks import folder_word, masks_among, masks_of_classes
from tracker.data.sources.parts_below import with_parts_below
from tracker.data.sources.source import Source, SourceImage, is_image, part_named
from tracker.data.sources.walk import entries, walk
from tracker.errors import DataError, listed
from tracker.records import Part


def collect_folder(root: Path) -> Listing:
    """List images by the folder that they are in.

    `root/CLASS/.../image.png`, or `root/train/CLASS/.../image.png` (likewise val, test, and other words for
    them), or `root/CLASS/train/.../image.png`. Other folders below a class folder mean nothing, but for those
    of masks. Links are followed.

    Args:
        root: The folder above the class folders or above the parts.

    Returns:
        The images, sorted by id, and what was left out.

    Raises:
        DataError: The folder is missing, images lie where no class folder says what they are, or folders of
            parts hold some of them alone.
    """
    folders, files = _inside(root)
    parts = {folder: part for folder in folders if (part := part_named(folder.name))}
    if not parts:
        classes, left_out = _under(root, root, None)
        refuse_kinds_of_files(root, classes)
        return _listing(with_parts_below(root, classes), left_out)
    classes, left_out = [], [item for file in files for item in beside(file, root)]
    others = [look_into(folder, root, None) for folder in folders if folder not in parts]
    _refuse_classes_beside_parts(root, parts, others)
    for other in others:
        word = folder_word(other.label)
        left_out += [LeftOut(image.id, "mask", word) for image in other.images]
        left_out += other.left_out or ([] if other.images else [LeftOut(other.label, "empty")])
    for folder, part in parts.items():
        more, beside_them = _under(folder, root, part)
        refuse_kinds_of_files(folder, more)
        classes += more
        left_out += beside_them
    return _listing(with_parts_below(root, classes), left_out)


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the visible folders and all files of a folder; those of hidden folders, too."""
    if not folder.is_dir():
        raise DataError(
            f"{folder} must be a folder",
            but="it is a file" if folder.exists() else "it does not exist",
            do="Point --data at the folder that holds the class folders.",
        )
    try:
        folders, files = entries(folder)
    except OSError as error:
        raise DataError(
            f"{folder} must be a folder that you may look into", but=f"{error.strerror}", do="Check --data."
        ) from error
    hidden = [path for path in folders if is_hidden(path.name)]
    files += [path for place in hidden for path in walk(place).files if is_image(path)]
    return [path for path in folders if path not in hidden], files


def _refuse_classes_beside_parts(root: Path, parts: Iterable[Path], others: Sequence[ClassFolder]) -> None:
    classes = [other.label for other in others if other.images and not folder_word(other.label)]
    if classes:
        raise DataError(
            f"folders in {root} must all be classes, or all be parts (train, val, test)",
            but=f"{', '.join(listed(classes, 5))} stand beside {', '.join(path.name for path in parts)}",
            do="Move the others elsewhere.",
        )


def _under(parent: Path, root: Path, part: Part | None) -> tuple[list[ClassFolder], list[LeftOut]]:
    """Return the class folders in a folder, and what lies beside them."""
    folders, files = _inside(parent)
    lost = [path for path in files if not is_hidden(path.name) and not is_image(path) and leads_nowhere(path)]
    classes = [look_into(folder, root, part) for folder in folders]
    classes += [_lost(link, root, part) for link in lost]
    left_out = [item for file in files if file not in lost for item in beside(file, root)]
    loose = [Path(item.id).name for item in left_out if item.kind == "loose"]
    if loose and not any(one.images for one in classes):
        raise DataError(
            f"every image must lie in a folder named after its class, such as {parent}/normal/",
            but=f"{len(loose)} {'lies' if len(loose) == 1 else 'lie'} directly in {parent}",
            do="Move them into class folders, or list them in a table (--dataset csv).",
            details=listed(loose, 5),
        )
    left_out += [
        LeftOut(one.path.relative_to(root).as_posix(), "empty")
        for one in classes
        if not one.images and not one.left_out
    ]
    return classes, left_out


def _lost(link: Path, root: Path, part: Part | None) -> ClassFolder:
    """Return the class folder that a link to nothing stands for."""
    image = SourceImage(link.relative_to(root).as_posix(), link, link.name, part=part)
    return ClassFolder(link, part, [image], [])


def _listing(classes: Sequence[ClassFolder], left_out: Sequence[LeftOut]) -> Listing:
    masks = _masks(classes)
    images = [image for one in classes for image in one.images]
    taken = {mask.id for mask in masks}
    return Listing(
        images=sorted((image for image in images if image.id not in taken), key=lambda image: image.id),
        left_out=[*left_out, *(item for one in classes for item in one.left_out), *masks],
        notes=doubts(classes, taken),
    )


def _masks(classes: Sequence[ClassFolder]) -> list[LeftOut]:
    """Return the images that look like masks; those of a folder beside the classes are of no class."""
    masks: list[LeftOut] = []
    by_label: dict[str, list[PurePosixPath]] = {}
    for one in classes:
        images = {one.below(image): image for image in one.images}
        found = masks_among(images)
        masks += [
            LeftOut(image.id, "mask", found[path], one.label, image)
            for path, image in images.items()
            if path in found
        ]
        by_label.setdefault(one.label, []).extend(images)
    if len(masks) == sum(len(one.images) for one in classes):
        # Where nothing else is there, they are what is to be told apart.
        return []
    beside_classes = masks_of_classes(by_label)
    return [mask for mask in masks if mask.label not in beside_classes] + [
        LeftOut(image.id, "mask", folder_word(one.label), image=image)
        for one in classes
        if one.label in beside_classes
        for image in one.images
    ]


SOURCE = Source(name="folder", collect=collect_folder, rank=90)

"""The images that somebody asks trained networks about: of a folder, of a table, or one file.

Nothing is known of their classes, so a folder is listed as it is, and a table needs paths alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.data.places import TABLES
from tracker.data.sources.formats import is_hidden
from tracker.data.sources.source import IMAGE_ENDINGS, is_image
from tracker.data.sources.walk import walk
from tracker.data.tables.columns import find_path, is_known
from tracker.data.tables.paths import Locator
from tracker.data.tables.rows import read_table
from tracker.errors import DataError

_ID = "id"


@dataclass(frozen=True, slots=True)
class AskedImage:
    """An image that somebody asks about.

    Attributes:
        name: Its path below the folder, or as the table or the user wrote it.
        path: Its file.
        id: What the table calls it; empty elsewhere.
        problem: Why there is no such file; empty where there is one.
    """

    name: str
    path: Path
    id: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AskedImages:
    """All of them.

    Attributes:
        images: In the order of their names, or of the table.
        left_out: How many other files lie beside them.
        has_ids: Whether the table calls them by ids.
        notes: What a user should know of how they were found.
    """

    images: Sequence[AskedImage]
    left_out: int = 0
    has_ids: bool = False
    notes: Sequence[str] = ()


def asked_images(data: Path, columns: Mapping[str, str] | None = None) -> AskedImages:
    """List the images that are asked about.

    Args:
        data: A folder, also with folders in it; a table (.csv, .tsv) with a column of paths, relative to its
            folder; or one image.
        columns: What the table calls `path`, where it has another name.

    Raises:
        DataError: There is no such place, no image in it, or the table has no column of paths.
    """
    try:
        is_folder, is_there = data.is_dir(), data.exists()
    except OSError as error:
        raise DataError(
            "--data must be a place that you may look into",
            but=f"{data}: {error.strerror}",
            do="Check --data.",
        ) from error
    if is_folder:
        return _of_folder(data)
    if not is_there:
        raise DataError(
            "--data must be a folder of images, a table of them (.csv), or one image",
            but=f"{data} does not exist",
            do="Check --data.",
        )
    if data.suffix.lower() in TABLES:
        return _of_table(data, columns or {})
    return AskedImages([AskedImage(str(data), data)])


def _of_folder(folder: Path) -> AskedImages:
    tree = walk(folder)
    visible = [path for path in tree.files if not any(map(is_hidden, path.relative_to(folder).parts))]
    images = [path for path in visible if is_image(path)]
    if not images:
        closed = f", and {len(tree.closed)} folders may not be looked into" if tree.closed else ""
        raise DataError(
            f"{folder} must hold images ({', '.join(sorted(IMAGE_ENDINGS))})",
            but=f"none of its {len(visible)} files is one{closed}",
            do="Point --data at the folder of images, or at a table of them (.csv).",
        )
    named = [AskedImage(path.relative_to(folder).as_posix(), path) for path in images]
    notes = [f"{len(tree.closed)} folders may not be looked into: {tree.closed[0]}"] if tree.closed else []
    return AskedImages(named, left_out=len(visible) - len(images), notes=notes)


def _of_table(file: Path, columns: Mapping[str, str]) -> AskedImages:
    asked = {name.casefold() for name in columns.values()}
    table = read_table(file, lambda name: is_known(name) or name.strip().casefold() in asked)
    place = find_path(table, columns)
    ids = next((at for at, name in enumerate(table.names) if name.casefold() == _ID and at != place), None)
    if not table.rows:
        raise DataError(
            f"{file} must have a row an image", but="it has none", do="Add rows below the first line."
        )
    locator = Locator(file.parent, IMAGE_ENDINGS)
    images = []
    for row in table.rows:
        cell = row.cells[place]
        located = locator.locate(cell)
        problem = row.problem or located.problem
        images.append(AskedImage(cell, located.path, "" if ids is None else row.cells[ids], problem=problem))
    return AskedImages(_once(file, images), has_ids=ids is not None, notes=table.notes)


def _once(file: Path, images: Sequence[AskedImage]) -> Sequence[AskedImage]:
    seen: set[str] = set()
    twice = [image.name for image in images if image.name in seen or seen.add(image.name)]  # type: ignore[func-returns-value]
    if twice:
        raise DataError(
            f"{file} must name every image once",
            but=f"{len(twice)} rows name one again, such as {twice[0]}",
            do="Remove those rows.",
        )
    return images

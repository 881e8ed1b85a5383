"""One class folder: its images, wherever they lie below it, and what lies beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tracker.data.sources.formats import ending, holds_dicom, is_hidden, unread_format
from tracker.data.sources.listing import LeftOut
from tracker.data.sources.source import IMAGE_ENDINGS, SourceImage, is_image
from tracker.data.sources.walk import walk
from tracker.records import Part


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """A class folder and what was found in it.

    Attributes:
        path: The folder.
        part: The part of the split that stands above it, if one does.
        images: Everything that is an image by its name, also what may be a mask.
        left_out: What is none.
    """

    path: Path
    part: Part | None
    images: Sequence[SourceImage]
    left_out: Sequence[LeftOut]

    @property
    def label(self) -> str:
        """The name of the class."""
        return self.path.name

    def below(self, image: SourceImage) -> PurePosixPath:
        """Return the path of an image below this folder."""
        return PurePosixPath(image.path.relative_to(self.path).as_posix())


def look_into(folder: Path, root: Path, part: Part | None) -> ClassFolder:
    """List what is in a class folder, also behind links.

    What cannot be looked into, and links to nothing, are images: whoever opens them is told of it.

    Args:
        folder: The class folder.
        root: The data set's folder.
        part: The part of the split that the folder stands for.
    """
    tree, label = walk(folder), folder.name
    images: list[SourceImage] = []
    left_out = [LeftOut(_id(path, root), "repeated", label=label) for path in tree.repeated]
    for path in [*tree.files, *tree.closed]:
        hidden = [is_hidden(name) for name in path.relative_to(folder).parts]
        if any(hidden):
            # Nobody wants to know how many files lie in .git.
            left_out += beside(path, root, label, images_alone=any(hidden[:-1]))
        elif is_image(path) or path in tree.closed or leads_nowhere(path):
            images.append(SourceImage(_id(path, root), path, label, part=part))
        else:
            left_out += beside(path, root, label)
    return ClassFolder(folder, part, images, left_out)


def beside(
    path: Path, root: Path, label: str | None = None, *, images_alone: bool = False
) -> Iterator[LeftOut]:
    """Yield what a file is that is not taken; an image where it is not expected is hidden or loose.

    Args:
        path: The file.
        root: The data set's folder.
        label: The class that it would be of.
        images_alone: Leave out what is no image anyway.
    """
    name = _id(path, root)
    if path.suffix.lower() in IMAGE_ENDINGS or holds_dicom(path):
        hidden = any(map(is_hidden, path.relative_to(root).parts))
        yield LeftOut(name, "hidden" if hidden else "loose", label=label)
    elif not images_alone:
        unread = unread_format(path)
        yield LeftOut(name, "unread" if unread else "other", unread or ending(path), label)


def leads_nowhere(path: Path) -> bool:
    """Return whether a path is a link to nothing that may have been an image or a folder, by its name."""
    return path.is_symlink() and not path.exists() and not (path.suffix and not is_image(path))


def _id(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()

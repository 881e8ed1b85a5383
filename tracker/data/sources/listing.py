"""What a source finds: images, and what lies beside them and is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, overload

from tracker.data.sources.source import SourceImage

LeftOutKind = Literal[
    "unread", "mask", "hidden", "loose", "unlisted", "repeated", "excluded", "not included", "empty", "other"
]
"""Why a file is no image of the data set:

- `unread`: an image of a format that is not read, such as NIfTI;
- `mask`: it looks like a mask of an image;
- `hidden`: an image that is hidden, or in a hidden folder;
- `loose`: an image above the folders that say what images are;
- `unlisted`: an image beside others that a table names, which does not name it;
- `repeated`: a link to a folder that is listed already;
- `excluded`, `not included`: as `--exclude` and `--include` say;
- `empty`: a folder beside those of the classes, without images;
- `other`: a file that is no image.
"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a source found and left out.

    Attributes:
        id: Path below the data set's folder, with forward slashes.
        kind: Why it was left out.
        detail: What made it so: a format, an ending, or the word that tells a mask.
        label: The class that it would be of, where that can be said.
        image: The image that it is if a user asks for it by `--include`.
    """

    id: str
    kind: LeftOutKind
    detail: str = ""
    label: str | None = None
    image: SourceImage | None = None


@dataclass(frozen=True)
class Listing(Sequence[SourceImage]):
    """The images of a data set, as a sequence, and what was left out.

    Attributes:
        images: The images.
        left_out: What was found beside them.
        notes: What a user should know of them, a line each.
    """

    images: Sequence[SourceImage]
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, place: int) -> SourceImage: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SourceImage]: ...
    def __getitem__(self, place: int | slice) -> SourceImage | Sequence[SourceImage]:
        return self.images[place]

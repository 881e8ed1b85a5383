"""Images beside those of a data set that it does not name: a table may have been made before they came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.source import is_image
from tracker.data.sources.walk import entries


def unlisted(listing: Listing) -> Iterator[LeftOut]:
    """Yield the images that lie in one folder with images of a listing, and are not in it themselves.

    Args:
        listing: The images of a data set, and what is known to be left out.
    """
    known = {image.path for image in listing}
    told = {item.id for item in listing.left_out}
    folders = {image.path.parent: PurePosixPath(image.id).parent for image in listing}
    for folder, name in sorted(folders.items()):
        try:
            _, files = entries(folder)
        except OSError:
            continue
        for file in files:
            found = (name / file.name).as_posix()
            if is_image(file) and file not in known and found not in told:
                yield LeftOut(found, "unlisted")

"""Which of the images that a source lists take part: what `--include` and `--exclude` make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.data.globs import ANY_FOLDERS, covers
from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.sources.source import SourceImage
from tracker.errors import UsageError, listed

_CHOSEN_FROM = ("unread", "mask")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user says of paths below the data set's folder.

    Attributes:
        include: Globs, one of which covers each image; none: all.
        exclude: Globs that cover no image.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def of(self, found: Sequence[SourceImage]) -> Listing:
        """Return the images that take part, sorted by id, and everything else with its reason.

        Args:
            found: As a source lists them; of what it left out, masks come back where they are asked for.

        Raises:
            UsageError: A glob covers nothing.
        """
        listing = found if isinstance(found, Listing) else Listing(found)
        self._check([image.id for image in listing.images], listing.left_out)
        images = [image for image in listing.images if not self._against(image.id)]
        left_out = [
            LeftOut(image.id, "excluded" if self._excluded(image.id) else "not included", label=image.label)
            for image in listing.images
            if self._against(image.id)
        ]
        for item in listing.left_out:
            if item.image is not None and self._asks_for(item):
                images.append(item.image)
            else:
                left_out.append(self._judged(item))
        return replace(listing, images=sorted(images, key=lambda image: image.id), left_out=left_out)

    def _against(self, name: str) -> bool:
        return self._excluded(name) or not self._included(name)

    def _excluded(self, name: str) -> bool:
        return any(covers(glob, name) for glob in self.exclude)

    def _included(self, name: str) -> bool:
        return not self.include or any(covers(glob, name) for glob in self.include)

    def _asks_for(self, mask: LeftOut) -> bool:
        """Return whether masks are asked for: by a glob that names what makes them masks, or by `**`."""
        word = "mask" if "mask" in mask.detail else mask.detail
        asked = any(
            covers(glob, mask.id) and (glob == ANY_FOLDERS or word in glob.lower()) for glob in self.include
        )
        return asked and not self._excluded(mask.id)

    def _judged(self, item: LeftOut) -> LeftOut:
        """Return what was left out anyway with the user's reason, where there is one."""
        if item.kind not in _CHOSEN_FROM:
            return item
        if self._excluded(item.id):
            return replace(item, kind="excluded", image=None)
        if item.kind == "unread" and not self._included(item.id):
            return replace(item, kind="not included")
        return item

    def _check(self, images: Sequence[str], left_out: Sequence[LeftOut]) -> None:
        names = [*images, *(item.id for item in left_out)]
        idle = [
            f"--{option} {glob!r}"
            for option, globs in (("include", self.include), ("exclude", self.exclude))
            for glob in globs
            if not any(covers(glob, name) for name in names)
        ]
        if idle and names:
            raise UsageError(
                "every glob of --include and --exclude must cover a file",
                but=f"{', '.join(idle)} {'covers' if len(idle) == 1 else 'cover'} none",
                do="Write it as paths are below --data, with / and in their case, and in quotes. There are:",
                details=listed(_examples(names), 5),
            )


def _examples(names: Sequence[str]) -> list[str]:
    """Return one path a folder, as examples."""
    return list({name.rpartition("/")[0]: name for name in reversed(names)}.values())[::-1]


ALL = Choice()
"""Everything that a source takes for an image."""

"""What only decoded images show: copies under other bytes, and classes that show nothing."""

from __future__ import annotations

from tracker.data.content import same_content
from tracker.data.manifest import Manifest
from tracker.data.pixels import Pixels
from tracker.data.splits.split import Split
from tracker.errors import DataError, collect_errors, counted, listed


def check_pixels(manifest: Manifest, split: Split, pixels: Pixels) -> None:
    """Refuse images that are the same picture in two parts or under two labels, and classes without pictures.

    Files with the same bytes are found before anything is decoded, and kept in one part; the same picture can
    be saved twice with other bytes, such as in another format or with other metadata.

    Args:
        manifest: The images.
        split: The part of each.
        pixels: What was decoded of them, in the order of the manifest.

    Raises:
        DataError: There are such images; all are listed.
    """
    pictures = zip(manifest.samples, pixels.pictures, strict=True)
    shown = [(sample.id, picture) for sample, picture in pictures if picture]
    same = same_content(shown)
    collect_errors(
        [
            lambda: _check_classes_show(manifest, {name for name, _ in shown}),
            lambda: _check_one_label(manifest, same),
            lambda: _check_one_part(manifest, split, same),
        ],
        error=DataError,
        must="images must show something, and the same picture must be in one part and one class",
    )


def _check_classes_show(manifest: Manifest, shown: set[str]) -> None:
    empty = sorted(set(manifest.classes) - {one.label for one in manifest.samples if one.id in shown})
    if empty:
        raise DataError(
            "every class must have images that show something",
            but=f"in all images of {', '.join(empty)}, every pixel has the same value",
            do="Look at them: of a TIFF with several pages the first is read.",
        )


def _check_one_label(manifest: Manifest, same: list[list[str]]) -> None:
    label = {sample.id: sample.label for sample in manifest.samples}
    torn = [names for names in same if len({label[name] for name in names}) > 1]
    if torn:
        raise DataError(
            "the same picture must have one label",
            but=f"{counted(len(torn), 'picture')} {'has' if len(torn) == 1 else 'have'} more than one",
            do="Keep each under its right label only (--exclude leaves the others out).",
            details=listed([" = ".join(f"{name} ({label[name]})" for name in names) for names in torn], 5),
        )


def _check_one_part(manifest: Manifest, split: Split, same: list[list[str]]) -> None:
    torn = [names for names in same if len({split.part_of[name] for name in names}) > 1]
    if torn:
        raise DataError(
            "the same picture must be in one part of the split",
            but=f"{counted(len(torn), 'picture')} {'is' if len(torn) == 1 else 'are'} in more than one, "
            "saved with other bytes",
            do="Leave the copies out (--exclude), or name each with its copies as one patient.",
            details=listed(
                [" = ".join(f"{name} ({split.part_of[name]})" for name in names) for names in torn], 5
            ),
        )

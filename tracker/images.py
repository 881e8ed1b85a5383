"""The images of a study, ready for training: manifest, split and pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tracker.data.manifest import Manifest, build_manifest
from tracker.data.pixels import Pixels, build_pixels
from tracker.data.progress import Progress, silent
from tracker.data.split import (
    Split,
    default_rule,
    make_split,
    rule_after_skipping,
    split_report,
    validate_rule,
)
from tracker.errors import UnreadableImages
from tracker.plan import RunOptions


@dataclass(frozen=True)
class Images:
    """What a study trains and measures on.

    Attributes:
        manifest: The images that take part.
        split: Their parts.
        left_out: Why an image was left out, by sample id.
    """

    manifest: Manifest
    split: Split
    left_out: Mapping[str, str]

    def report(self) -> list[str]:
        """Return lines that say how many images of each class are in each part."""
        return split_report(self.manifest, self.split, self.split.rule)


def find_images(options: RunOptions, progress: Progress = silent) -> Images:
    """Return the manifest and the split that the options ask for; nothing is decoded yet.

    Raises:
        TrackerError: If the images, labels, patients or the split are not as they must be.
    """
    if options.split is not None:
        validate_rule(options.split)
    manifest = build_manifest(
        options.dataset, options.data, patient_pattern=options.patient_pattern, progress=progress
    )
    rule = options.split or default_rule(manifest)
    return Images(manifest, make_split(manifest, rule, seed=options.split_seed), {})


def decode_images(images: Images, options: RunOptions, progress: Progress = silent) -> tuple[Images, Pixels]:
    """Return the pixels of all images, and the images without those that were skipped.

    Raises:
        UnreadableImages: If some cannot be decoded and none are to be skipped.
    """
    size, resize = options.image_size, options.resize
    try:
        return images, build_pixels(images.manifest, image_size=size, resize=resize, progress=progress)
    except UnreadableImages as error:
        if options.on_unreadable == "stop":
            raise
        images = _without(images, error.reasons)
    return images, build_pixels(images.manifest, image_size=size, resize=resize, progress=progress)


def _without(images: Images, reasons: Mapping[str, str]) -> Images:
    manifest = images.manifest.without(reasons)
    rule = rule_after_skipping(images.split.rule, len(reasons))
    split = make_split(manifest, rule, seed=images.split.seed)
    return replace(images, manifest=manifest, split=split, left_out=dict(reasons))

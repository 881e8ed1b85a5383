"""The images of an external test: listed and digested as for a study, and decoded as a network needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tracker.config.experiment import own_name
from tracker.config.options import RunOptions
from tracker.config.recipe import Resize
from tracker.data.manifest import Manifest
from tracker.data.pixels import Pixels, build_pixels
from tracker.data.splits.rule import GIVEN
from tracker.data.splits.split import Split
from tracker.errors import UnreadableImages
from tracker.io.progress import Progress
from tracker.runs.external.class_map import with_our_classes
from tracker.runs.images import find_manifest


@dataclass(frozen=True)
class Decoded:
    """The external images as a network takes them.

    Attributes:
        manifest: The images, under the network's names of the classes.
        class_map: What became of each class of theirs that has another name; empty: it is left out.
        pixels: Of these images, in this order.
    """

    manifest: Manifest
    class_map: Mapping[str, str]
    pixels: Pixels

    @cached_property
    def table(self) -> str:
        """Which image is whose, as runs of arms write it of their split: all are in the test part."""
        tested = tuple(sample.id for sample in self.manifest.samples)
        return Split({"train": (), "val": (), "test": tested}, GIVEN, seed=0).to_csv(self.manifest)


@dataclass
class ExternalImages:
    """The images of an external data set, decoded when a network needs them.

    Attributes:
        options: What a user said of the images.
        theirs: The images, under the names that they came with.
        class_map: Which class of theirs is which of ours, as a user says.
        progress: Told how far decoding is.
        left_out: Why an image was left out, by its id.
    """

    options: RunOptions
    theirs: Manifest
    class_map: Mapping[str, str]
    progress: Progress
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the data set is called: as its folder or file, or as the data set that everyone knows."""
        return own_name(self.options.dataset, self.options.data) or self.options.dataset

    def decoded(self, classes: Sequence[str], image_size: int, resize: Resize) -> Decoded:
        """Return the images as a network takes them; what cannot be read is left out for good, if it may be.

        Args:
            classes: Those of the network.
            image_size: Height and width, in pixels.
            resize: How an image that is not square becomes one.

        Raises:
            UnreadableImages: Some cannot be decoded, and none are to be skipped.
            TrackerError: Classes do not fit together.
        """
        while True:
            manifest, told = with_our_classes(self.theirs, classes, self.class_map)
            try:
                pixels = build_pixels(manifest, image_size=image_size, resize=resize, progress=self.progress)
                return Decoded(manifest, told, pixels)
            except UnreadableImages as error:
                if self.options.on_unreadable == "stop":
                    raise
                self.theirs = self.theirs.without(error.reasons)
                self.left_out |= error.reasons


def find_external(options: RunOptions, class_map: Mapping[str, str], progress: Progress) -> ExternalImages:
    """List and digest the images of an external data set; nothing is decoded yet.

    Args:
        options: What a user says of the images: `dataset`, `data` and what else `tracker run` has of them.
        class_map: Which class of theirs is which of ours.
        progress: Told how far it is.

    Raises:
        TrackerError: The images, labels or patients are not as they must be.
    """
    manifest = find_manifest(options, progress)
    return ExternalImages(options, manifest, class_map, progress, dict(manifest.unopened))

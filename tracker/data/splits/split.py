"""Which images train, which validate and which test."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tracker.data.manifest import Manifest
from tracker.data.splits.allocation import assign_groups, target_table
from tracker.data.splits.checks import check_classes_in_parts
from tracker.data.splits.given import check_test_is_left, given_parts
from tracker.data.splits.groups import class_counts, inseparable
from tracker.data.splits.rule import GIVEN, REFERENCE, part_sizes
from tracker.data.splits.validation import draw_validation
from tracker.records import PARTS, Part

_DO = "Give some images the part val, add training images, or leave the class out."

UNUSED = "unused"
"""What a table of a split says of images that are in no part."""


@dataclass(frozen=True)
class Split:
    """The images of each part.

    Attributes:
        parts: Sample ids of each part, sorted.
        rule: What was asked for.
        seed: Of the draw; without meaning where the whole split was given.
        drawn_validation: How many validation images were to be drawn out of a given training part; 0: none.
        folds: Of how many folds its test part is one; None: it is not of a cross-validation.
        unused: Sample ids that are in no part, since networks train on a share of the training part; sorted.
    """

    parts: Mapping[Part, tuple[str, ...]]
    rule: str
    seed: int
    drawn_validation: int = 0
    folds: int | None = None
    unused: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """One digest of which image is in which part; 64 hexadecimal digits.

        Unused images count as training images: a share of them is tested on the same images as the whole.
        """
        whole = {**self.parts, "train": sorted([*self.parts["train"], *self.unused])}
        return hashlib.sha256(json.dumps([[part, *whole[part]] for part in PARTS]).encode()).hexdigest()

    @cached_property
    def counts(self) -> dict[Part, int]:
        """How many images each part has."""
        return {part: len(self.parts[part]) for part in PARTS}

    @cached_property
    def part_of(self) -> dict[str, Part]:
        """The part of each sample id that is in one."""
        return {name: part for part in PARTS for name in self.parts[part]}

    def indexes(self, manifest: Manifest) -> dict[Part, list[int]]:
        """Find the parts in a manifest.

        Args:
            manifest: The one that was split.

        Returns:
            The places of each part's samples in the manifest, ascending.
        """
        places: dict[Part, list[int]] = {part: [] for part in PARTS}
        for place, sample in enumerate(manifest.samples):
            if (part := self.part_of.get(sample.id)) is not None:
                places[part].append(place)
        return places

    def to_csv(self, manifest: Manifest) -> str:
        """Write the split as a table.

        Args:
            manifest: The one that was split.

        Returns:
            CSV with the columns sample, part (train, val, test or unused), label, patient and sha256, in the
            manifest's order; with a column given, the part that the sample came with, where validation was
            drawn out of training.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        drawn = bool(self.drawn_validation)
        table.writerow(["sample", "part", "label", "patient", "sha256", *(["given"] if drawn else [])])
        for sample in manifest.samples:
            part = self.part_of.get(sample.id, UNUSED)
            row = [sample.id, part, sample.label, sample.patient or "", sample.sha256]
            table.writerow([*row, *([sample.part or ""] if drawn else [])])
        return text.getvalue()


def make_split(manifest: Manifest, rule: str, *, seed: int) -> Split:
    """Divide the images into training, validation and test.

    Classes are divided in the same proportions. All images of a patient, and files with the same
    content, go to one part; the counts then hold as closely as that allows, else exactly.

    Args:
        manifest: The images.
        rule: Counts (`486/44/132`), fractions (`0.7/0.1/0.2`), or `given` for the split that the
            source dictates; validation is drawn out of training where it has none.
        seed: Of the draw; the same seed draws the same split everywhere.

    Returns:
        The split.

    Raises:
        UsageError: The rule is not valid for these images, or would draw across a test part that is given.
        DataError: A part lacks a class, or a given split separates what belongs together.
    """
    if rule == GIVEN:
        return _given(manifest, seed)
    check_test_is_left(manifest, rule)
    split = _drawn(manifest, rule, seed)
    check_classes_in_parts(manifest, split.part_of)
    return split


def _given(manifest: Manifest, seed: int) -> Split:
    part_of = given_parts(manifest)
    wanted = 0
    if "val" not in part_of.values():
        rows = [place for place, sample in enumerate(manifest.samples) if part_of[sample.id] == "train"]
        validating, wanted = draw_validation(manifest, rows, shares=REFERENCE[:2], seed=seed, do=_DO)
        part_of |= dict.fromkeys(validating, "val")
    parts: dict[Part, tuple[str, ...]] = {
        part: tuple(sample.id for sample in manifest.samples if part_of[sample.id] == part) for part in PARTS
    }
    split = Split(parts, GIVEN, seed, drawn_validation=wanted)
    check_classes_in_parts(
        manifest, split.part_of, do="Try another --split-seed, or name validation images (val)."
    )
    return split


def _drawn(manifest: Manifest, rule: str, seed: int) -> Split:
    sizes = part_sizes(rule, len(manifest.samples))
    by_class = target_table(list(manifest.counts.values()), list(sizes.values()))
    groups = inseparable(manifest)
    vectors = [class_counts(manifest, group) for group in groups]
    drawn = assign_groups(vectors, list(zip(*by_class, strict=True)), seed=seed)
    ids: dict[Part, list[str]] = {part: [] for part in PARTS}
    for group, place in zip(groups, drawn, strict=True):
        ids[PARTS[place]] += [manifest.samples[member].id for member in group]
    return Split({part: tuple(sorted(ids[part])) for part in PARTS}, rule, seed)

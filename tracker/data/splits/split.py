"""Which images train, which validate and which test."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from tracker.data.manifest import Manifest
from tracker.data.splits.allocation import assign_groups, target_table
from tracker.data.splits.checks import check_classes, check_duplicates, check_patients, class_table
from tracker.data.splits.groups import duplicates, inseparable, patients
from tracker.data.splits.rule import GIVEN, part_sizes
from tracker.errors import DataError, collect_errors, listed
from tracker.records import PARTS, Part


@dataclass(frozen=True)
class Split:
    """The images of each part.

    Attributes:
        parts: Sample ids of each part, sorted.
        rule: What was asked for.
        seed: Of the draw; without meaning where the split was given.
    """

    parts: Mapping[Part, tuple[str, ...]]
    rule: str
    seed: int

    @cached_property
    def digest(self) -> str:
        """One digest of which image is in which part; 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps([[part, *self.parts[part]] for part in PARTS]).encode()).hexdigest()

    @cached_property
    def counts(self) -> dict[Part, int]:
        """How many images each part has."""
        return {part: len(self.parts[part]) for part in PARTS}

    @cached_property
    def part_of(self) -> dict[str, Part]:
        """The part of each sample id."""
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
            places[self.part_of[sample.id]].append(place)
        return places

    def to_csv(self, manifest: Manifest) -> str:
        """Write the split as a table.

        Args:
            manifest: The one that was split.

        Returns:
            CSV with the columns sample, part, label, patient and sha256, in the manifest's order.
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["sample", "part", "label", "patient", "sha256"])
        for sample in manifest.samples:
            part = self.part_of[sample.id]
            table.writerow([sample.id, part, sample.label, sample.patient or "", sample.sha256])
        return text.getvalue()


def make_split(manifest: Manifest, rule: str, *, seed: int) -> Split:
    """Divide the images into training, validation and test.

    Classes are divided in the same proportions. All images of a patient, and files with the same
    content, go to one part; the counts then hold as closely as that allows, else exactly.

    Args:
        manifest: The images.
        rule: Counts (`486/44/132`), fractions (`0.7/0.1/0.2`), or `given` for the split that the
            source dictates.
        seed: Of the draw; the same seed draws the same split everywhere.

    Returns:
        The split.

    Raises:
        UsageError: The rule is not valid for these images.
        DataError: A part lacks a class, or a given split separates what belongs together.
    """
    if rule == GIVEN:
        split = _given(manifest, seed)
        collect_errors(
            [
                partial(check_duplicates, manifest, split.part_of),
                partial(check_patients, manifest, split.part_of),
            ],
            error=DataError,
            must="what belongs together must be in one part of the split",
        )
    else:
        split = _drawn(manifest, rule, seed)
    check_classes(manifest, split.part_of)
    return split


def _given(manifest: Manifest, seed: int) -> Split:
    without = [sample.id for sample in manifest.samples if sample.part is None]
    if without:
        raise DataError(
            "--split given needs a part for every image from the data set itself",
            but=f"{len(without)} of {len(manifest.samples)} images have none",
            do="Write --split with counts or fractions instead, such as 0.7/0.1/0.2.",
            details=listed(without, 5),
        )
    parts: dict[Part, tuple[str, ...]] = {
        part: tuple(sample.id for sample in manifest.samples if sample.part == part) for part in PARTS
    }
    return Split(parts, GIVEN, seed)


def _drawn(manifest: Manifest, rule: str, seed: int) -> Split:
    sizes = part_sizes(rule, len(manifest.samples))
    by_class = target_table(list(manifest.counts.values()), list(sizes.values()))
    groups = inseparable(manifest)
    vectors = [_class_counts(manifest, group) for group in groups]
    drawn = assign_groups(vectors, list(zip(*by_class, strict=True)), seed=seed)
    ids: dict[Part, list[str]] = {part: [] for part in PARTS}
    for group, place in zip(groups, drawn, strict=True):
        ids[PARTS[place]] += [manifest.samples[member].id for member in group]
    return Split({part: tuple(sorted(ids[part])) for part in PARTS}, rule, seed)


def _class_counts(manifest: Manifest, group: Sequence[int]) -> list[int]:
    counts = [0] * len(manifest.classes)
    for member in group:
        counts[manifest.labels[member]] += 1
    return counts


def split_report(manifest: Manifest, split: Split) -> list[str]:
    """Describe what a split came to.

    Args:
        manifest: The images.
        split: Their split.

    Returns:
        A line a part, and a line each about copies and about differences from the rule, where
        there are any.
    """
    return [
        *_part_lines(manifest, split),
        *_copies_line(manifest),
        *_difference_line(manifest, split),
    ]


def _part_lines(manifest: Manifest, split: Split) -> list[str]:
    table = class_table(manifest, split.part_of)
    number = {part: len(_patients_in(manifest, split, part)) for part in PARTS}
    return [
        f"{part}: {split.counts[part]} images ("
        + ", ".join(f"{count} {name}" for name, count in table[part].items())
        + ")"
        + (f" of {number[part]} patients" if number[part] else "")
        for part in PARTS
    ]


def _patients_in(manifest: Manifest, split: Split, part: Part) -> set[str]:
    return {
        sample.patient
        for sample in manifest.samples
        if sample.patient is not None and split.part_of[sample.id] == part
    }


def _copies_line(manifest: Manifest) -> list[str]:
    copies = sum(len(names) for names in duplicates(manifest))
    return [f"{copies} images have copies with the same content: kept in one part"] if copies else []


def _difference_line(manifest: Manifest, split: Split) -> list[str]:
    if split.rule == GIVEN:
        return []
    asked = list(part_sizes(split.rule, len(manifest.samples)).values())
    got = list(split.counts.values())
    if asked == got:
        return []
    kept = "patients" if patients(manifest) else "copies"
    return [f"asked {_slashed(asked)}, got {_slashed(got)}: {kept} are kept together"]


def _slashed(numbers: Sequence[int]) -> str:
    return "/".join(str(number) for number in numbers)

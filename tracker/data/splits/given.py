"""The split that images came with: its test part stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial

from tracker.data.manifest import Manifest
from tracker.data.splits.checks import check_classes_in_parts, check_duplicates, check_patients
from tracker.errors import DataError, UsageError, collect_errors, listed
from tracker.records import PARTS, Part


def given_parts(manifest: Manifest) -> dict[str, Part]:
    """Return the part that each sample came with, where these parts can be a split.

    Args:
        manifest: The images.

    Raises:
        DataError: Images have no part, there are no training or no test images, a part lacks a class, or
            parts separate what belongs together; says all that is wrong.
    """
    part_of = {sample.id: sample.part for sample in manifest.samples if sample.part is not None}
    _check_every_image(manifest, part_of)
    _check_parts(part_of)
    check = partial(
        check_classes_in_parts,
        parts=[part for part in PARTS if part in part_of.values()],
        do="Add images of it to that part, or leave the class out.",
    )
    collect_errors(
        [
            partial(check_duplicates, manifest, part_of),
            partial(check_patients, manifest, part_of),
            partial(check, manifest, part_of),
        ],
        error=DataError,
        must="the parts that images came with must be a split",
    )
    return part_of


def check_test_is_left(manifest: Manifest, rule: str) -> None:
    """Refuse a rule that draws anew where a test part is given: it was chosen so that nobody trains on it.

    Args:
        manifest: The images.
        rule: Counts or fractions.

    Raises:
        UsageError: Some images came as test images.
    """
    given = Counter(sample.part for sample in manifest.samples)
    if given["test"]:
        raise UsageError(
            "the test part that the images came with must stay as it is",
            but=f"--split {rule} would draw anew across its {given['test']} images",
            do="Leave --split out" + ("." if given["val"] else ": validation is then drawn from train."),
        )


def _check_every_image(manifest: Manifest, part_of: Mapping[str, Part]) -> None:
    without = [sample.id for sample in manifest.samples if sample.id not in part_of]
    if without:
        raise DataError(
            "--split given needs a part for every image from the data set itself",
            but=f"{len(without)} of {len(manifest.samples)} images have none",
            do="Give every image a part." if part_of else "Leave --split out: it is then drawn.",
            details=listed(without, 5),
        )


def _check_parts(part_of: Mapping[str, Part]) -> None:
    counts = Counter(part_of.values())
    found = ", ".join(f"{counts[part]} {part}" for part in PARTS if counts[part])
    if not counts["train"]:
        raise DataError(
            "the parts that images came with must have training images",
            but=f"there are {found} alone",
            do="Name the part train that networks may learn from.",
        )
    if not counts["test"]:
        raise DataError(
            "the parts that images came with must have a test part",
            but=f"there are {found} alone, and only you know whether others report on one of them",
            do="Name the part test that nothing may be chosen by (validation is then drawn from train), "
            "or draw all three anew: --split 0.7/0.1/0.2.",
        )

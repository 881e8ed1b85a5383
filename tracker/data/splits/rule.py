"""The rules that `--split` understands: counts, fractions, or the split that the data set came with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tracker.data.manifest import Manifest
from tracker.data.sources import SOURCES
from tracker.errors import DataError, UsageError, listed
from tracker.records import PARTS, Part

GIVEN = "given"
REFERENCE = (486, 44, 132)
"""Training, validation and test images of the reference study."""

_DO = "Write counts such as 486/44/132 or fractions such as 0.7/0.1/0.2, for training, validation and test."


def validate_rule(rule: str) -> None:
    """Check a rule by itself, before any image is looked at.

    Args:
        rule: What `--split` says.

    Raises:
        UsageError: It is neither three counts, nor three fractions that sum to 1, nor `given`.
    """
    if rule == GIVEN:
        return
    if not re.fullmatch(r"\d+/\d+/\d+|\d*\.?\d+/\d*\.?\d+/\d*\.?\d+", rule):
        raise UsageError("--split must be three counts or three fractions", but=f"it is {rule!r}", do=_DO)
    sizes = [Fraction(text) for text in rule.split("/")]
    if not all(sizes):
        raise UsageError("every part of --split must have images", but=f"it is {rule!r}", do=_DO)
    if not is_counts(rule) and abs(sum(sizes, -Fraction(1))) > Fraction(1, 10**6):
        raise UsageError(
            "the fractions of --split must sum to 1", but=f"{rule} sum to {float(sum(sizes)):g}", do=_DO
        )


def is_counts(rule: str) -> bool:
    """Return whether a valid rule is three counts."""
    return re.fullmatch(r"\d+/\d+/\d+", rule) is not None


def part_sizes(rule: str, images: int) -> dict[Part, int]:
    """Count the images that a rule asks for.

    Args:
        rule: Counts or fractions.
        images: How many images there are.

    Returns:
        The number of images of each part; they sum to `images`.

    Raises:
        UsageError: The rule is not valid, or its counts do not sum to that number.
    """
    validate_rule(rule)
    texts = rule.split("/")
    if not is_counts(rule):
        return _by_part(apportion([Fraction(text) for text in texts], images))
    counts = [int(text) for text in texts]
    if sum(counts) != images:
        raise UsageError(
            f"the counts of --split must sum to the number of images, {images}",
            but=f"{'+'.join(texts)} = {sum(counts)}",
            do=f"For the same proportions: --split {_text(apportion(counts, images))}.",
        )
    return _by_part(counts)


def default_rule(manifest: Manifest) -> str:
    """Choose the rule where the user does not.

    Args:
        manifest: The images.

    Returns:
        `given` where the source dictates a split; the counts that the data set is known for where all
        its images are there; else the reference study's proportions of this number of images. Counts are
        those of all images, also of those that cannot be opened and are left out for it.
    """
    if any(sample.part for sample in manifest.samples):
        return GIVEN
    _require_enough(manifest)
    source = SOURCES.get(manifest.dataset)
    known = source.default_split if source else None
    images = len(manifest.samples) + len(manifest.unopened)
    if known and sum(int(text) for text in known.split("/")) == images:
        return known
    return _text(_with_every_class(apportion(REFERENCE, images), len(manifest.classes)))


def rule_after_skipping(rule: str, skipped: int) -> str:
    """Adapt a rule to images that are left out.

    Args:
        rule: A valid rule.
        skipped: How many images are left out.

    Returns:
        Counts with that many fewer for training; other rules as they are.

    Raises:
        UsageError: No training images would be left.
    """
    if not is_counts(rule):
        return rule
    train, val, test = (int(text) for text in rule.split("/"))
    if train <= skipped:
        raise UsageError(
            f"--split {rule} must keep training images when {skipped} images are left out",
            but=f"it has {train}",
            do="Mend the images, or choose a split with more training images.",
        )
    return _text([train - skipped, val, test])


def apportion(shares: Sequence[int | Fraction], total: int) -> list[int]:
    """Divide a whole number in proportion, by largest remainders.

    Args:
        shares: Their proportions; their sum is above zero.
        total: What is divided.

    Returns:
        Whole numbers that sum to `total`.
    """
    exact = [Fraction(share) * total / Fraction(sum(shares)) for share in shares]
    whole = [int(value) for value in exact]
    remainders = [value - floor for value, floor in zip(exact, whole, strict=True)]
    by_remainder = sorted(range(len(exact)), key=remainders.__getitem__, reverse=True)
    for place in by_remainder[: total - sum(whole)]:
        whole[place] += 1
    return whole


def _require_enough(manifest: Manifest) -> None:
    few = [f"{name} has {count}" for name, count in manifest.counts.items() if count < len(PARTS)]
    if few:
        raise DataError(
            f"every class must have {len(PARTS)} images or more, to train, validate and test",
            but=", ".join(listed(few, 6)),
            do="Add images, or leave the class out.",
        )


def _with_every_class(counts: list[int], classes: int) -> list[int]:
    """Enlarge validation and test to one image a class, where there are few images."""
    _, val, test = counts
    val, test = max(val, classes), max(test, classes)
    return [sum(counts) - val - test, val, test]


def _text(counts: Sequence[int]) -> str:
    return "/".join(str(count) for count in counts)


def _by_part(counts: Sequence[int]) -> dict[Part, int]:
    return dict(zip(PARTS, counts, strict=True))

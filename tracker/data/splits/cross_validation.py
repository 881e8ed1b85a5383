"""Cross-validation: all images divided into folds, of which each is the test part of a split of its own."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from tracker.data.manifest import Manifest
from tracker.data.splits.checks import check_classes_in_parts
from tracker.data.splits.division import divide
from tracker.data.splits.groups import group_numbers, inseparable
from tracker.data.splits.rule import GIVEN, part_sizes
from tracker.data.splits.split import Split
from tracker.data.splits.validation import draw_validation
from tracker.errors import DataError, UsageError, listed
from tracker.records import PARTS, Part

_DO = "Ask for fewer --folds, try another --split-seed, add images, or leave the class out."


def cross_validation(manifest: Manifest, rule: str, *, folds: int, repeat: int, seed: int) -> list[Split]:
    """Divide all images into folds; each is the test part once, and the others train and validate.

    Classes are in the same proportions in all folds, and in all parts. All images of a patient, and files
    with the same content, are in one fold. In each fold's split, validation is drawn from what is not tested,
    with its share of training and validation in the rule (44 of 530 for 486/44/132).

    Args:
        manifest: The images.
        rule: Counts or fractions; the test part's are without meaning here.
        folds: How many, 2 or more.
        repeat: Which of several divisions, from 0; each is another draw.
        seed: Of the draws; the same seed draws the same folds everywhere.

    Returns:
        The split of each fold.

    Raises:
        UsageError: The rule is not valid for these images, or images came with parts of their own.
        DataError: A part of some fold would lack a class.
    """
    _check_free(manifest, rule)
    part_sizes(rule, len(manifest.samples))
    _check_groups(manifest, folds)
    drawn = _seed_of(seed, repeat)
    fold_of = _fold_of(manifest, folds, drawn)
    return [_split(manifest, rule, fold_of, fold, asked=seed, drawn=drawn) for fold in range(folds)]


class CrossValidation:
    """The splits of a cross-validation, drawn when they are asked for and kept.

    Args:
        manifest: The images.
        rule: As for `cross_validation`, like the others.
        folds: How many.
        seed: Of the draws.
    """

    def __init__(self, manifest: Manifest, rule: str, *, folds: int, seed: int) -> None:
        self.folds = folds
        self._manifest, self._rule, self._seed = manifest, rule, seed
        self._drawn: dict[int, list[Split]] = {}

    def splits(self, repeat: int) -> Sequence[Split]:
        """Return the splits of a repeat, a fold after the other.

        Args:
            repeat: Which, from 0.

        Raises:
            TrackerError: As for `cross_validation`.
        """
        if repeat not in self._drawn:
            self._drawn[repeat] = cross_validation(
                self._manifest, self._rule, folds=self.folds, repeat=repeat, seed=self._seed
            )
        return self._drawn[repeat]

    @cached_property
    def digest(self) -> str:
        """One digest of the whole, however often it is repeated; 64 hexadecimal digits."""
        content = json.dumps([split.digest for split in self.splits(0)])
        return hashlib.sha256(content.encode()).hexdigest()


def _check_free(manifest: Manifest, rule: str) -> None:
    given = Counter(sample.part for sample in manifest.samples)
    if given["test"]:
        raise UsageError(
            "the test part that the images came with must stay as it is",
            but=f"--folds would have networks train on its {given['test']} images",
            do="Leave --folds out: --seeds 5 repeats runs, and --tune-folds 5 tunes on folds of the others.",
        )
    if rule == GIVEN:
        raise UsageError(
            "--folds must be free to divide all images",
            but="these came with parts of their own",
            do="Have all parts drawn anew: --split 0.7/0.1/0.2.",
        )


def _check_groups(manifest: Manifest, folds: int) -> None:
    """Refuse more folds than each class can be tested in, while two patients are left for the rest."""
    needed = 4 if folds == 2 else folds
    holding = [{manifest.labels[place] for place in group} for group in inseparable(manifest)]
    numbers = {name: sum(i in held for held in holding) for i, name in enumerate(manifest.classes)}
    few = [f"{name} has {number}" for name, number in numbers.items() if number < needed]
    if few:
        raise DataError(
            f"for {folds} folds every class must have images of {needed} patients or more",
            but=", ".join(listed(few, 6)),
            do="Ask for fewer --folds (3 need the least), add images, or leave the class out.",
        )


def _seed_of(seed: int, repeat: int) -> int:
    """Return the seed of a repeat; it is not that of another --split-seed."""
    return random.Random(f"{seed} repeat {repeat}").getrandbits(32)


def _fold_of(manifest: Manifest, folds: int, seed: int) -> dict[str, int]:
    """Return the fold of each sample id."""
    drawn = divide(manifest.labels, group_numbers(manifest), folds, seed=seed)
    return {sample.id: fold for sample, fold in zip(manifest.samples, drawn, strict=True)}


def _split(
    manifest: Manifest, rule: str, fold_of: Mapping[str, int], fold: int, *, asked: int, drawn: int
) -> Split:
    """Return the split that tests a fold; one of its seeds was asked for, the other is the repeat's."""
    rows = [place for place, one in enumerate(manifest.samples) if fold_of[one.id] != fold]
    validating, _ = draw_validation(manifest, rows, shares=_shares(rule), seed=drawn, do=_DO)
    part_of: dict[str, Part] = {
        name: "test" if its == fold else "val" if name in validating else "train"
        for name, its in fold_of.items()
    }
    check_classes_in_parts(manifest, part_of, do=_DO)
    parts = {part: tuple(sorted(name for name, its in part_of.items() if its == part)) for part in PARTS}
    return Split(parts, rule, asked, folds=len(set(fold_of.values())))


def _shares(rule: str) -> list[Fraction]:
    """Return what a rule gives to training and to validation."""
    return [Fraction(text) for text in rule.split("/")[:2]]

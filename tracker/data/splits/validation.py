"""Validation images that are drawn out of others, which are then left to train."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tracker.data.manifest import Manifest
from tracker.data.splits.allocation import assign_groups, target_table
from tracker.data.splits.groups import class_counts, inseparable
from tracker.data.splits.rule import apportion
from tracker.errors import DataError, listed


def draw_validation(
    manifest: Manifest, rows: Sequence[int], *, shares: Sequence[int | Fraction], seed: int, do: str
) -> tuple[set[str], int]:
    """Draw validation images out of some images, one of each class or more.

    Classes are in proportion; all images of a patient, and files with the same content, stay together.

    Args:
        manifest: The images.
        rows: The places of those that are divided; what is inseparable is in it as a whole.
        shares: How training and validation share them.
        seed: Of the draw.
        do: What a user can do where it cannot be.

    Returns:
        The ids of the validation images, and how many there should have been.

    Raises:
        DataError: Some class cannot be in both parts.
    """
    divided = set(rows)
    groups = [group for group in inseparable(manifest) if group[0] in divided]
    vectors = [class_counts(manifest, group) for group in groups]
    _check_groups(manifest, vectors, do)
    wanted = max(apportion(shares, len(rows))[1], len(manifest.classes))
    by_class = target_table(class_counts(manifest, rows), [len(rows) - wanted, wanted])
    drawn = assign_groups(vectors, list(zip(*by_class, strict=True)), seed=seed)
    chosen = {
        manifest.samples[place].id
        for group, part in zip(groups, drawn, strict=True)
        if part == 1
        for place in group
    }
    return chosen, wanted


def _check_groups(manifest: Manifest, vectors: list[list[int]], do: str) -> None:
    counts = [sum(vector[place] > 0 for vector in vectors) for place in range(len(manifest.classes))]
    few = [name for name, count in zip(manifest.classes, counts, strict=True) if count < 2]
    if few:
        raise DataError(
            "every class must have training images of two patients or more, to validate as well",
            but=f"{', '.join(listed(few, 6))} {'has' if len(few) == 1 else 'have'} one",
            do=do,
        )

"""What a test set could have shown, and how large one would have to be for what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.compare.pairs import RESAMPLED, Pair
from tracker.compare.statistics.power import images_needed, smallest_difference


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What a test set can establish; of accuracies, with 80 % power at a level of 5 %.

    Attributes:
        smallest: The smallest difference that it could establish; None where no difference could be.
        needed: How many test images the seen difference would need; None where no number is known to suffice.
    """

    smallest: float | None
    needed: int | None


def sample_size(pair: Pair) -> SampleSize | None:
    """Return what the test images of a pair can establish.

    Args:
        pair: A pair of accuracies; one training each is assumed.

    Returns:
        None for other measures, and for folds, whose training sets have their part in a difference.
    """
    if pair.measure != "accuracy" or pair.basis.test == RESAMPLED:
        return None
    share = pair.disagreement.share
    # Below 1 where patients' images vary less than chance has it, down to 0: then each image counts as one.
    effect = max(pair.design_effect, 1.0)
    effective = round(pair.images / effect)
    needed = images_needed(abs(pair.difference), share)
    return SampleSize(
        smallest=smallest_difference(max(effective, 1), share),
        needed=None if needed is None else round(needed * effect),
    )

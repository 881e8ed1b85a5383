"""What the reference study published, whose protocol `tracker run` has for its defaults.

Source: the table of test accuracies of the reference study (docs/training.md, "The reference study"): the
Shenzhen chest radiographs, 486 to train, 44 to validate, 132 to test; ImageNet weights, 40 epochs, the
accuracy after the last one. It gives whole percent, and neither intervals nor answers to single images.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from tracker.compare.statistics.mcnemar import mcnemar
from tracker.records import Arm

TEST_IMAGES = 132

PUBLISHED: Mapping[Arm, int] = {
    Arm("alexnet", "feature-extractor"): 77,
    Arm("resnet152", "feature-extractor"): 85,
    Arm("densenet201", "feature-extractor"): 86,
    Arm("alexnet", "fine-tuning"): 75,
    Arm("resnet152", "fine-tuning"): 80,
    Arm("densenet201", "fine-tuning"): 83,
}
"""Test accuracy of each arm, in percent."""


def right_of(percent: int) -> int:
    """Return how many of the test images a percentage is nearest to."""
    return round(percent * TEST_IMAGES / 100)


def least_p(first: int, second: int) -> float:
    """Return the smallest p of McNemar's exact test that two percentages allow, whatever the pairing.

    It is that of the pairing in which the worse arm is right on no image on which the better one is wrong.

    Args:
        first: The percentage of one arm.
        second: The percentage of the other.
    """
    return _extreme(right_of(first) - right_of(second))


def least_p_of_rounded(first: int, second: int) -> float:
    """Return the same where each number of images may be any that is rounded to its percentage."""
    return min(_extreme(a - b) for a, b in product(_rounded_to(first), _rounded_to(second)))


def _extreme(difference: int) -> float:
    return mcnemar(max(difference, 0), max(-difference, 0)).exact_p


def _rounded_to(percent: int) -> list[int]:
    return [k for k in range(TEST_IMAGES + 1) if abs(100 * k / TEST_IMAGES - percent) <= 0.5]

"""The threshold of networks whose runs say less than those of today."""

from __future__ import annotations

import math

import pytest

from tracker.records import HeldOut, Prediction
from tracker.runs.external.evaluate import chosen_threshold


def validated(shares: list[tuple[str, float]], *, classes: tuple[str, ...] = ("normal", "sick")) -> HeldOut:
    rest = len(classes) - 1
    return HeldOut(
        [
            Prediction(
                *(f"{number}.png", "val", "final", label),
                dict.fromkeys(classes[:-1], (1 - share) / rest) | {classes[-1]: share},
            )
            for number, (label, share) in enumerate(shares)
        ],
        {},
    )


@pytest.mark.parametrize("positive", ["sick", None])
def test_of_a_run_that_names_no_finding_the_last_class_has_the_threshold(positive: str | None) -> None:
    own = validated([("normal", 0.6), ("normal", 0.7), ("sick", 0.8), ("sick", 0.9)])
    middle = (math.log(0.7 / 0.3) + math.log(0.8 / 0.2)) / 2
    assert chosen_threshold(own, ("normal", "sick"), positive) == pytest.approx(middle)


def test_of_three_classes_there_is_none() -> None:
    classes = ("a", "b", "c")
    own = validated([("a", 0.1), ("c", 0.8)], classes=classes)
    assert chosen_threshold(own, classes, None) is None

"""What can be wrong with a chest: six findings, each with a place, a size and a strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tracker.phantom.layout import LEFT, RIGHT
from tracker.phantom.rng import bernoulli, integer, near, uniform

Kind = Literal["nodules", "consolidation", "cavity", "effusion", "interstitial", "volume-loss"]
FINDINGS: tuple[Kind, ...] = (
    "nodules",
    "consolidation",
    "cavity",
    "effusion",
    "interstitial",
    "volume-loss",
)

Zone = tuple[float, float]
"""From where to where, downwards: 0 is the apex of a lung, 1 the dome of its diaphragm."""
UPPER: Zone = (0.12, 0.42)
LOWER: Zone = (0.62, 0.95)
ANYWHERE: Zone = (0.12, 0.95)

CLUSTER = 30
"""Nodules up to this number lie around a place; more are tiny ones all over both lungs."""

_WEAKEST, _STRONGEST = 0.45, 1.15


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, the same in every image of its patient but for its strength.

    Attributes:
        kind: What it is.
        side: RIGHT or LEFT.
        across: Where its middle is, from 0 at the mediastinum to 1 at the ribs.
        down: Where its middle is, from 0 at the apex to 1 at the dome of the diaphragm.
        size: How far it reaches, 1 usually.
        count: How many there are of what comes in numbers.
        strength: How clearly it shows, 1 usually.
        texture: Which of all of its kind.
    """

    kind: Kind
    side: int
    across: float
    down: float
    size: float
    count: int
    strength: float
    texture: int

    def at(self, strength: float) -> Finding:
        """Return the same finding on another day.

        Args:
            strength: How clearly it shows then, relative to now.
        """
        return replace(self, strength=self.strength * strength)


def draw_finding(
    rng: np.random.Generator, kind: Kind, *, zone: Zone = ANYWHERE, counts: tuple[int, int] = (3, 9)
) -> Finding:
    """Draw a finding.

    Args:
        rng: What it is drawn with.
        kind: What it is.
        zone: Where its middle lies.
        counts: The fewest and the most of what comes in numbers.
    """
    return Finding(
        kind=kind,
        side=LEFT if bernoulli(rng, 0.45) else RIGHT,
        across=uniform(rng, 0.2, 0.8),
        down=uniform(rng, *zone),
        size=near(rng, 1.0, 0.4),
        count=integer(rng, *counts),
        strength=uniform(rng, _WEAKEST, _STRONGEST),
        texture=integer(rng, 0, 2**31),
    )


def volume_lost(findings: Sequence[Finding]) -> tuple[float, float]:
    """Sum the volume that the lungs have lost.

    Args:
        findings: All that is wrong.

    Returns:
        For the right and the left lung, 0 (as usual) to 1.
    """
    lost = {RIGHT: 0.0, LEFT: 0.0}
    for finding in findings:
        if finding.kind == "volume-loss":
            lost[finding.side] = min(1.0, lost[finding.side] + 0.7 * finding.strength * finding.size)
    return lost[RIGHT], lost[LEFT]

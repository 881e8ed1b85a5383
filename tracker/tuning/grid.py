"""The points of a grid, in an order drawn from the seed.

Optuna's own GridSampler ends a study from within, which ask and tell does not survive: here the points go
into the study's queue.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from tracker.search import Range, Space
from tracker.tuning.spec import Value

Point = dict[str, Value]

_FEWEST = 2


def grid_points(space: Space, *, trials: int, seed: int) -> list[Point]:
    """Return the points of a grid over a space: as many as the budget takes, at most.

    Args:
        space: What is searched. A range gets points evenly spaced in the logarithm, both ends among them.
        trials: The budget. Where two points a range are too many for it, the first of the order are taken.
        seed: What the order is drawn from, so that a study that is cut short has seen all of the space.
    """
    steps = points_per_range(space, trials)
    axes = [_spaced(v, steps) if isinstance(v, Range) else list(v.values) for v in space.values()]
    points = [dict(zip(space, values, strict=True)) for values in itertools.product(*axes)]
    order = np.random.default_rng(seed).permutation(len(points))
    return [points[index] for index in order[:trials]]


def points_per_range(space: Space, trials: int) -> int:
    """Return the largest number of points a range that fits the budget, and two at least.

    Args:
        space: What is searched.
        trials: The budget.
    """
    ranges = sum(isinstance(values, Range) for values in space.values())
    choices = math.prod(len(v.values) for v in space.values() if not isinstance(v, Range))
    steps = _FEWEST
    while ranges and (steps + 1) ** ranges * choices <= trials:
        steps += 1
    return steps


def _spaced(values: Range, steps: int) -> list[Value]:
    ratio = values.high / values.low
    inner = [values.low * ratio ** (step / (steps - 1)) for step in range(1, steps - 1)]
    # Not reckoned: rounding must not put an end outside of the range.
    return [values.low, *inner, values.high]

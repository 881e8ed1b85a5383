"""Samplers whose draws come from the seed, the trial's number and the history, and the points of a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from tracker.config.search_space import Range, Space
from tracker.errors import TuningError
from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.records import Value

# TPE is multivariate and reckons with trials that still run (the constant liar) unless told otherwise.
# The points of a grid are not drawn, they wait in the study's queue: whatever sampler is there never draws.
_SAMPLERS: Mapping[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
    "gp": lambda seed: GPSampler(seed=seed),
    "grid": lambda seed: RandomSampler(seed=seed),
}
SAMPLERS = tuple(_SAMPLERS)

Point = dict[str, Value]
"""A point of a grid: the value of each searched setting."""
_FEWEST = 2


class SeededSampler(BaseSampler):
    """A sampler made anew for every trial, with a seed of the trial's own.

    One that lives as long as its process draws the same again after a restart, and several processes with
    one seed draw the same at once. What a sampler keeps between trials would let draws depend on the process.

    Args:
        name: One of `SAMPLERS`.
        seed: The study's seed.
        started: Called with a trial's number before anything is drawn for it.

    Raises:
        TuningError: There is no such sampler.
    """

    def __init__(self, name: str, seed: int, started: Callable[[int], None]) -> None:
        if name not in _SAMPLERS:
            raise TuningError(
                f"the sampler must be one of {', '.join(SAMPLERS)}",
                but=f"got {name!r}",
                do="Name one of them.",
            )
        self._make = _SAMPLERS[name]
        self._seed = seed
        self._started = started
        self._sampler = self._make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Make the trial's sampler; Optuna calls this before it draws."""
        self._started(trial.number)
        with suppress_warnings():
            self._sampler = self._make(seed_of(self._seed, trial.number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the settings that are drawn together."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw settings together."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one setting."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


def seed_of(seed: int, number: int) -> int:
    """Return the seed of one trial, from 0 to 2**32 - 1.

    Args:
        seed: The study's seed.
        number: The trial's number.
    """
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def distributions_of(space: Space) -> dict[str, BaseDistribution]:
    """Return what Optuna draws from.

    Args:
        space: What is searched.
    """
    return {
        name: FloatDistribution(values.low, values.high, log=True)
        if isinstance(values, Range)
        else CategoricalDistribution(values.values)
        for name, values in space.items()
    }


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

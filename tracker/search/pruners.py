"""Pruners: who ends a trial that will not be among the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner

from tracker.errors import TuningError

# A loss says little after the first few epochs: nobody is judged by them.
_HYPERBAND_FIRST = 9
_MEDIAN_WARMUP = 10

_PRUNERS: Mapping[str, Callable[[int], BasePruner]] = {
    "hyperband": lambda epochs: HyperbandPruner(
        min_resource=max(1, epochs // _HYPERBAND_FIRST), max_resource=epochs
    ),
    "median": lambda epochs: MedianPruner(n_warmup_steps=epochs // _MEDIAN_WARMUP),
    "none": lambda _: NopPruner(),
}
PRUNERS = tuple(_PRUNERS)


def make_pruner(name: str, epochs: int) -> BasePruner:
    """Return a pruner.

    Args:
        name: One of `PRUNERS`.
        epochs: The epochs of a whole trial.

    Raises:
        TuningError: There is no such pruner.
    """
    if name not in _PRUNERS:
        raise TuningError(
            f"the pruner must be one of {', '.join(PRUNERS)}", but=f"got {name!r}", do="Name one of them."
        )
    return _PRUNERS[name](epochs)

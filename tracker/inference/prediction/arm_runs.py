"""The trained networks of an arm: all its runs that have finished, seeds and folds."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from tracker.compare.selection import is_ours
from tracker.compare.together import differences, newest_of_recipes
from tracker.errors import TrackingError, UsageError, counted
from tracker.records import RunRecord, RunState
from tracker.tracking.backend.stored_networks import stored_networks

_log = logging.getLogger(__name__)


def runs_of_arm(uri: str, runs: Sequence[RunRecord], arm: str, *, experiment: str) -> list[RunRecord]:
    """Return the finished runs of an arm that stored their networks, of each recipe the newest.

    Args:
        uri: The store's address.
        runs: All runs of the experiment.
        arm: MODEL/MODE, such as `resnet152/feature-extractor`.
        experiment: What they are of.

    Raises:
        UsageError: It is not MODEL/MODE.
        TrackingError: None has finished; the arms of which some have are named. Or they were trained in
            several ways.
    """
    model, slash, mode = arm.partition("/")
    if not (model and slash and mode):
        raise UsageError(
            "--arm must be MODEL/MODE", but=f"it is {arm!r}", do="Such as --arm resnet152/feature-extractor."
        )
    ended = [run for run in runs if is_ours(run) and run.status == RunState.FINISHED]
    found = [run for run in ended if run.arm == (model, mode)]
    if found:
        return _trained_in_one_way(_with_networks(uri, found, arm), arm)
    arms = {f"{one.model}/{one.mode}": None for one in (run.arm for run in ended)}
    raise TrackingError(
        f"{arm} must be an arm of experiment {experiment} with a finished run",
        but=f"{counted(len(arms), 'arm')} of it {'has' if len(arms) == 1 else 'have'} one"
        if arms
        else "none has",
        do="Name one of them:" if arms else "Train it: tracker run.",
        choices=[("--arm", name) for name in arms],
    )


def _with_networks(uri: str, runs: Sequence[RunRecord], arm: str) -> list[RunRecord]:
    having = stored_networks(uri, runs)
    found = [run for run in runs if run.run_id in having]
    if not found:
        raise TrackingError(
            f"a run of {arm} must have stored its network",
            but=f"{counted(len(runs), 'run')} finished without",
            do="Train them again with --log-model all --rerun.",
        )
    found, recipes = newest_of_recipes(found), newest_of_recipes(runs)
    if len(found) < len(recipes):
        _log.warning(
            "%d of %d runs of %s stored their network: all do with --log-model all",
            len(found),
            len(recipes),
            arm,
        )
    return found


def _trained_in_one_way(runs: list[RunRecord], arm: str) -> list[RunRecord]:
    """Refuse runs whose answers have no common meaning: other settings, another split, fewer images."""
    if found := differences(runs):
        told = "; ".join(f"{name} is {' and '.join(values)}" for name, values in found.items())
        raise TrackingError(
            f"runs of {arm} that answer together must differ in seed and fold alone",
            but=f"their {told}",
            do="Name those that are meant: --model RUN_ID --model RUN_ID.",
            details=[f"{run.run_id}  {run.in_words}" for run in runs],
        )
    return runs

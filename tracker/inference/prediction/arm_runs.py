"""The trained networks of an arm: all its runs that have finished, seeds and folds."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from tracker.errors import TrackingError, UsageError, counted
from tracker.records import RunRecord, RunState
from tracker.tracking.backend.trained_models import runs_with_networks

_log = logging.getLogger(__name__)


def runs_of_arm(uri: str, runs: Sequence[RunRecord], arm: str, *, experiment: str) -> list[RunRecord]:
    """Return the finished runs of an arm that stored their networks, those of trials left out.

    Args:
        uri: The store's address.
        runs: All runs of the experiment.
        arm: MODEL/MODE, such as `resnet152/feature-extractor`.
        experiment: What they are of.

    Raises:
        UsageError: It is not MODEL/MODE.
        TrackingError: None has finished; the arms of which some have are named.
    """
    model, slash, mode = arm.partition("/")
    if not (model and slash and mode):
        raise UsageError(
            "--arm must be MODEL/MODE", but=f"it is {arm!r}", do="Such as --arm resnet152/feature-extractor."
        )
    ended = [
        run
        for run in runs
        if run.tags.get("tracker.kind") == "run" and run.status == RunState.FINISHED and "mode" in run.params
    ]
    found = [run for run in ended if run.arm == (model, mode)]
    if found:
        return _with_networks(uri, found, arm)
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
    having = runs_with_networks(uri, runs[0].experiment_id)
    found = [run for run in runs if run.run_id in having]
    if not found:
        raise TrackingError(
            f"a run of {arm} must have stored its network",
            but=f"{counted(len(runs), 'run')} finished without",
            do="Train them again with --log-model all --rerun.",
        )
    if len(found) < len(runs):
        _log.warning(
            "%d of %d runs of %s stored their network: all do with --log-model all",
            len(found),
            len(runs),
            arm,
        )
    return found

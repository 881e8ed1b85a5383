"""Which runs of an arm answer together: each recipe once, and all trained in one way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tracker.compare.comparability import split_digest_of
from tracker.compare.settings import (
    SHORT_DIGEST,
    TRAIN_FRACTION,
    canonical,
    oldest_first,
    settings_of,
    value_of,
)
from tracker.records import Arm, RunRecord


def newest_of_recipes(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Return the runs without those that a newer one of the same recipe stands for, the oldest first.

    Args:
        runs: Runs of arms.
    """
    newest = {run.tags.get("tracker.fingerprint", run.run_id): run for run in oldest_first(runs)}
    return oldest_first(newest.values())


def arms_of(runs: Sequence[RunRecord]) -> dict[Arm, list[RunRecord]]:
    """Return runs by arm, in their order."""
    arms: dict[Arm, list[RunRecord]] = defaultdict(list)
    for run in runs:
        arms[run.arm].append(run)
    return dict(arms)


def differences(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Return in what runs of one arm differ besides seed and fold: their mean would be of no one arm.

    Args:
        runs: Of one arm.

    Returns:
        The values, by the setting's name; what an earlier version did not record is no difference.
    """
    values: dict[str, dict[str, str]] = {}
    for run in runs:
        digest = split_digest_of(run)[:SHORT_DIGEST]
        told = settings_of(run) | ({"split": digest} if digest else {})
        told |= {TRAIN_FRACTION: value_of(run, TRAIN_FRACTION) or "1"}
        for name, value in told.items():
            values.setdefault(name, {}).setdefault(canonical(value), value)
    return {name: [*known.values()] for name, known in values.items() if len(known) > 1}

"""The note under a table that says how its arms were tuned, and first where they were not tuned alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tracker.compare.settings import is_tuned, without_meaning
from tracker.figures.labels import order_arms
from tracker.records import Arm, RunRecord


def tuning_note(runs: Sequence[RunRecord]) -> str:
    """Return how the arms of a table were tuned; empty where none was.

    Args:
        runs: The runs of the table.
    """
    # A mode without settings to search was as well made as it can be.
    runs = [run for run in runs if not without_meaning(run)]
    if not any(is_tuned(run) for run in runs):
        return ""
    arms: dict[str, list[Arm]] = defaultdict(list)
    for arm, how in _by_arm(runs).items():
        arms[how].append(arm)
    if len(arms) == 1:
        (how,) = arms
        return f"Every arm was tuned on validation images alone: {how}."
    named = "; ".join(f"{', '.join(map(str, several))}: {how}" for how, several in arms.items())
    return f"Arms were not tuned alike, which a difference between them can come from. {named}."


def _by_arm(runs: Sequence[RunRecord]) -> dict[Arm, str]:
    """Return how each arm was tuned, arms in the order of the table."""
    ways: dict[Arm, dict[str, None]] = defaultdict(dict)
    for run in runs:
        ways[run.arm][_how(run.tags)] = None
    return {arm: " and ".join(ways[arm]) for arm in order_arms(ways)}


def _how(tags: Mapping[str, str]) -> str:
    if "tracker.tuned" not in tags:
        return "not tuned"
    how = tags.get("tracker.tuned_how", tags["tracker.tuned"])
    return f"{how}, {tags.get('tracker.tuned_trials', 'an unknown number of')} trials"

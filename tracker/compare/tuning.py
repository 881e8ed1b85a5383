"""What a comparison says of tuning: which arms were tuned, over how many trials, and whether that is fair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tracker.compare.names import order_models, order_modes
from tracker.compare.settings import Arm, arm_of, is_tuned
from tracker.errors import ComparisonError
from tracker.records import RunRecord

_NOT_TUNED = "not tuned"


def tuning_note(runs: Sequence[RunRecord]) -> str:
    """Return how the arms of a table were tuned; empty where none was.

    Args:
        runs: The runs of the table.
    """
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


def refuse_tuned_beside_untuned(runs: Sequence[RunRecord]) -> None:
    """Refuse arms with runs that were tuned and runs that were not.

    Raises:
        ComparisonError: Names the two tables that can be made.
    """
    found: dict[Arm, set[bool]] = defaultdict(set)
    for run in runs:
        found[arm_of(run)].add(is_tuned(run))
    both = [str(arm) for arm, kinds in found.items() if len(kinds) > 1]
    if both:
        raise ComparisonError(
            "the runs of one arm must be all tuned or all not",
            but=f"{both[0]} has both" + (f", like {len(both) - 1} other arms" if len(both) > 1 else ""),
            do="Make a table of each: --where tuned=yes, and --where tuned=no.",
        )


def _by_arm(runs: Sequence[RunRecord]) -> dict[Arm, str]:
    ways: dict[Arm, dict[str, None]] = defaultdict(dict)
    for run in runs:
        ways[arm_of(run)][_how(run.tags)] = None
    models, modes = (order([getattr(arm, axis) for arm in ways]) for axis, order in _ORDERS)
    ordered = [Arm(model, mode) for model in models for mode in modes if Arm(model, mode) in ways]
    return {arm: " and ".join(ways[arm]) for arm in ordered}


_ORDERS = (("model", order_models), ("mode", order_modes))


def _how(tags: Mapping[str, str]) -> str:
    if "tracker.tuned" not in tags:
        return _NOT_TUNED
    how = tags.get("tracker.tuned_how", tags["tracker.tuned"])
    return f"{how}, {tags.get('tracker.tuned_trials', 'an unknown number of')} trials"

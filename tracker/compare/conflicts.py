"""Runs of one arm that differ in more than their seed are never averaged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.compare.settings import Arm, arm_of, by_age, canonical, settings_of
from tracker.errors import ComparisonError
from tracker.records import RunRecord


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting in which the runs of one arm differ.

    Attributes:
        arm: The arm.
        name: The setting.
        counts: The number of runs by value, the value of the newest run first.
    """

    arm: Arm
    name: str
    counts: dict[str, int]

    def __str__(self) -> str:
        values = ", ".join(f"{value} ({n} run{'' if n == 1 else 's'})" for value, n in self.counts.items())
        return f"{self.arm}: {self.name} {values}"


def refuse_conflicts(runs: Sequence[RunRecord]) -> None:
    """Refuse runs of one arm that differ in another setting than their seed.

    Raises:
        ComparisonError: Names the arms, the settings and their values, and a `--where` that chooses.
    """
    arms: dict[Arm, list[RunRecord]] = defaultdict(list)
    for run in sorted(runs, key=by_age, reverse=True):
        arms[arm_of(run)].append(run)
    conflicts = [conflict for arm, members in arms.items() for conflict in _conflicts(arm, members)]
    if conflicts:
        first = conflicts[0]
        raise ComparisonError(
            "runs of one arm must differ in their seed alone",
            but=f"{first.arm} has runs with {first.name} {' and '.join(first.counts)}",
            do=f"Choose, for example with {_suggestion(first, runs)}.",
            details=[str(conflict) for conflict in conflicts],
        )


def _conflicts(arm: Arm, runs: Sequence[RunRecord]) -> list[Conflict]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    spelling: dict[str, str] = {}
    for run in runs:
        for name, value in settings_of(run).items():
            counts[name][spelling.setdefault(canonical(value), value)] += 1
    return [Conflict(arm, name, dict(values)) for name, values in counts.items() if len(values) > 1]


def _suggestion(conflict: Conflict, runs: Sequence[RunRecord]) -> str:
    value = next(iter(conflict.counts))
    arms = {arm_of(run) for run in runs}
    having = {
        arm_of(run) for run in runs if canonical(settings_of(run).get(conflict.name, "")) == canonical(value)
    }
    # The narrowest words that leave every other arm at least one run.
    if arms == having:
        scope = ""
    elif {arm for arm in arms if arm.mode == conflict.arm.mode} <= having:
        scope = f"@{conflict.arm.mode}"
    else:
        scope = f"@{conflict.arm.model}@{conflict.arm.mode}"
    return f"--where {conflict.name}={value}{scope}"

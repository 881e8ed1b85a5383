"""The `--where NAME=VALUE` filter over recorded runs."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.compare.settings import (
    POSITIVE,
    TRAIN_FRACTION,
    TUNED,
    TUNED_HOW,
    TUNED_STUDY,
    canonical,
    distinct,
    is_tuned,
    value_of,
    without_meaning,
)
from tracker.errors import ComparisonError, UsageError
from tracker.records import POSITIVE_CLASS, RunRecord


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that a setting must have.

    Attributes:
        name: A parameter, or a tag without its `tracker.`.
        value: Compared as text and as a number; digests by their beginning.
        scope: Models and modes that the condition is limited to; none: it holds for every run.
    """

    name: str
    value: str
    scope: frozenset[str] = frozenset()

    def concerns(self, run: RunRecord) -> bool:
        """Return whether the run is in the condition's scope, and the setting means something in it."""
        if self.name in without_meaning(run):
            return False
        return self.scope <= {run.params.get("model"), run.params.get("mode")}

    def holds(self, run: RunRecord) -> bool:
        """Return whether the run has the value."""
        value = value_of(run, self.name)
        if value is None:
            return False
        if self.name.endswith("_digest"):
            return value.startswith(self.value)
        return canonical(value) == canonical(self.value)


def filter_runs(runs: Sequence[RunRecord], where: Sequence[str]) -> list[RunRecord]:
    """Return the runs that meet the conditions.

    Args:
        runs: The runs of an experiment.
        where: Conditions as `NAME=VALUE`, limited to a model or mode as `NAME=VALUE@MODE`. Of several
            values for one name (and scope) any may hold; different names must all hold.

    Raises:
        UsageError: A condition is not of that form, or its name is no setting of any run.
        ComparisonError: No run meets the conditions.
    """
    choices: dict[tuple[str, frozenset[str]], list[Condition]] = defaultdict(list)
    for condition in (_parse(text, runs) for text in where):
        choices[condition.name, condition.scope].append(condition)
    kept = [run for run in runs if all(_meets(run, choice) for choice in choices.values())]
    if runs and not kept:
        raise _nothing_left(runs, where, [name for name, _ in choices])
    return kept


def _meets(run: RunRecord, choice: Sequence[Condition]) -> bool:
    return not choice[0].concerns(run) or any(condition.holds(run) for condition in choice)


def _parse(text: str, runs: Sequence[RunRecord]) -> Condition:
    setting, *scope = text.split("@")
    name, equals, value = (piece.strip() for piece in setting.partition("="))
    if not (name and equals and value):
        raise UsageError(
            "--where must be NAME=VALUE, or NAME=VALUE@MODE",
            but=f"it was {text!r}",
            do="Try --where lr=0.01.",
        )
    _check(
        name,
        sorted({TUNED, TRAIN_FRACTION, *(key for run in runs for key in _names(run))}),
        "a setting of some run",
    )
    arms = {run.params.get(key, "") for run in runs for key in ("model", "mode")} - {""}
    for limit in scope:
        _check(limit, sorted(arms), "followed after the @ by a model or mode of some run")
    return Condition(name, value, frozenset(scope))


def _names(run: RunRecord) -> list[str]:
    """Return what a condition can name of a run; its finding and tuning, too, which nobody had to say."""
    tuned = [TUNED_HOW, TUNED_STUDY] if is_tuned(run) else []
    return [*run.params, *tuned, *([POSITIVE] if POSITIVE_CLASS in run.tags else [])]


def _check(name: str, known: Sequence[str], what: str) -> None:
    if not known or name in known or name.endswith("_digest"):
        return
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    raise UsageError(
        f"--where must name {what}" if what.startswith("a setting") else f"--where must be {what}",
        but=f"no run has {name!r}",
        do=f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}.",
    )


def _nothing_left(runs: Sequence[RunRecord], where: Sequence[str], names: Sequence[str]) -> ComparisonError:
    details = []
    for name in dict.fromkeys(names):
        values = distinct(value for run in runs if (value := value_of(run, name)) is not None)
        details.append(f"{name}: {', '.join(sorted(values))}")
    return ComparisonError(
        "some run must meet the conditions",
        but=f"none of {len(runs)} meets --where {' --where '.join(where)}",
        do="Choose among the values that the runs have.",
        details=details,
    )

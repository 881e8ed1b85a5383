"""Which runs of an experiment go into one comparison, and why the others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from tracker.compare.comparability import (
    pick_split,
    refuse_conflicts,
    refuse_other_images,
    refuse_other_pixels,
    refuse_other_shares,
    refuse_tuned_beside_untuned,
    refuse_two_studies_of_a_fold,
    split_digest_of,
)
from tracker.compare.filters import filter_runs
from tracker.compare.settings import counted_by, is_tuned, oldest_first, repetition_of
from tracker.errors import ComparisonError
from tracker.figures.labels import natural_key
from tracker.records import NOT_OF_AN_ARM, Arm, NotSent, RunRecord

_NAMING_PARAMS = ("model", "mode", "seed")
_REASONS = {
    "FAILED": "training stopped with an error",
    "KILLED": "ended before its last epoch",
    "RUNNING": "has not finished",
    "SCHEDULED": "has not started",
}


@dataclass(frozen=True, slots=True)
class Excluded:
    """A run that is not in the comparison, and why."""

    run_id: str
    name: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The runs of one comparison: one a model, mode, seed and fold, all on the same split or folds.

    Attributes:
        runs: The runs that count.
        excluded: The runs that do not, each with its reason.
        split_digest: The digest of the split, or of the folds, that all runs share.
        unsent: What of the experiment is known to be still on its way to MLflow.
    """

    runs: tuple[RunRecord, ...]
    excluded: tuple[Excluded, ...]
    split_digest: str
    unsent: NotSent = field(default_factory=NotSent)

    @property
    def is_synthetic(self) -> bool:
        """Whether a program drew the images of some run."""
        return any(run.is_synthetic for run in self.runs)

    def arms(self) -> dict[Arm, dict[str, RunRecord]]:
        """Return the runs by arm and repetition (`repetition_of`), these in order."""
        arms: dict[Arm, dict[str, RunRecord]] = defaultdict(dict)
        for run in sorted(self.runs, key=lambda run: natural_key(repetition_of(run))):
            arms[run.arm][repetition_of(run)] = run
        return dict(arms)


def select_runs(
    runs: Sequence[RunRecord], *, split: str | None = None, where: Sequence[str] = ()
) -> Selection:
    """Choose the runs that can stand in one table.

    Args:
        runs: All runs of an experiment.
        split: The beginning of the digest of the split to compare on; needed where there are several.
        where: Conditions on the runs' parameters, as `tracker.compare.filters.filter_runs` takes them.

    Raises:
        UsageError: A condition cannot be read.
        ComparisonError: No run has finished, or the runs do not belong in one table.
    """
    ours = [run for run in runs if "tracker.run_uid" in run.tags]
    excluded = [_exclude(run, "not a tracker run") for run in runs if "tracker.run_uid" not in run.tags]
    ours = filter_runs(list(filter(is_of_an_arm, ours)), where)
    complete = [run for run in ours if _fault(run) is None]
    excluded += [_exclude(run, fault) for run in ours if (fault := _fault(run)) is not None]
    if not complete:
        raise _nothing_finished(excluded)
    digest = pick_split(complete, split)
    excluded = [entry for entry in excluded if _is_of_split(entry, ours, digest)]
    chosen, older = _newest(
        _of_split(complete, digest),
        lambda run: (run.tags.get("tracker.fingerprint", run.run_id), is_tuned(run)),
    )
    refuse_other_images(chosen)
    refuse_other_pixels(chosen)
    refuse_other_shares(chosen)
    refuse_tuned_beside_untuned(chosen)
    # A study that went on can have found better values since.
    chosen, outdone = _newest(
        chosen, lambda run: (run.arm, repetition_of(run), _tuned_by(run)), rank=_trials_before
    )
    older += outdone
    refuse_two_studies_of_a_fold(chosen)
    refuse_conflicts(chosen)
    chosen, equal = _newest(chosen, lambda run: (run.arm, repetition_of(run)))
    excluded += [
        _exclude(run, "superseded by a newer run of the same recipe or study") for run in older + equal
    ]
    return Selection(tuple(chosen), tuple(excluded), digest)


def is_of_an_arm(run: RunRecord) -> bool:
    """Return whether a run of tracker is one of an arm, and not of a study, a comparison or an evaluation."""
    return run.tags.get("tracker.kind") not in NOT_OF_AN_ARM


def is_ours(run: RunRecord) -> bool:
    """Return whether tracker made a run, and it is one of an arm."""
    return "tracker.run_uid" in run.tags and is_of_an_arm(run)


def _tuned_by(run: RunRecord) -> str:
    """Return the study that a run was tuned by; of a run that was not, what no other run has."""
    return run.tags.get("tracker.tuned_study", run.run_id)


def _trials_before(run: RunRecord) -> int:
    """Return after how many trials the study of a run had found its values."""
    return counted_by(run, "tracker.tuned_trials")


def _fault(run: RunRecord) -> str | None:
    if run.status != "FINISHED":
        return _REASONS.get(run.status, "has not finished")
    missing = [name for name in _NAMING_PARAMS if name not in run.params]
    if missing:
        return f"has no parameter {' and no '.join(missing)}"
    return None if split_digest_of(run) else "does not say on which split it was trained"


def _newest(
    runs: Iterable[RunRecord],
    key: Callable[[RunRecord], Hashable],
    rank: Callable[[RunRecord], int] = lambda _: 0,
) -> tuple[list[RunRecord], list[RunRecord]]:
    equal: dict[Hashable, list[RunRecord]] = defaultdict(list)
    for run in runs:
        equal[key(run)].append(run)
    in_order = [sorted(oldest_first(several), key=rank) for several in equal.values()]
    return [several[-1] for several in in_order], [run for several in in_order for run in several[:-1]]


def _of_split(runs: Iterable[RunRecord], digest: str) -> list[RunRecord]:
    return [run for run in runs if split_digest_of(run) == digest]


def _is_of_split(entry: Excluded, runs: Iterable[RunRecord], digest: str) -> bool:
    elsewhere = {run.run_id for run in runs if split_digest_of(run) not in ("", digest)}
    return entry.run_id not in elsewhere


def _exclude(run: RunRecord, reason: str) -> Excluded:
    return Excluded(run.run_id, run.in_words, run.status, reason)


def _nothing_finished(excluded: Sequence[Excluded]) -> ComparisonError:
    return ComparisonError(
        "a comparison needs finished runs",
        but=f"none of {len(excluded)} can be used" if excluded else "there are no runs",
        do="Train them first: tracker run.",
        details=[f"{entry.name}  {entry.status}  {entry.reason}" for entry in excluded],
    )

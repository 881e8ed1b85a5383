"""Whether runs can stand in one table: same split, same images, all tuned or none, same settings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from tracker.compare.settings import (
    SHORT_DIGEST,
    TRAIN_FRACTION,
    TUNED,
    TUNED_HOW,
    TUNED_STUDY,
    canonical,
    common,
    condition_of,
    distinct,
    found_by_folds,
    is_tuned,
    oldest_first,
    repetition_of,
    settings_of,
    shortened_digest,
    value_of,
)
from tracker.errors import ComparisonError, counted
from tracker.records import PIXELS_DIGEST, Arm, RunRecord

_Key = TypeVar("_Key")

_SIZING = ("image_size", "resize")


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
        values = ", ".join(f"{value} ({counted(n, 'run')})" for value, n in self.counts.items())
        return f"{self.arm}: {self.name} {values}"


def split_digest_of(run: RunRecord) -> str:
    """Return the digest of the split that a run was trained on, or of all folds of its cross-validation.

    Empty where it was not recorded.
    """
    return run.tags.get("tracker.folds_digest") or run.tags.get("tracker.split_digest", "")


def pick_split(runs: Sequence[RunRecord], prefix: str | None) -> str:
    """Return the digest of the one split to compare on.

    Args:
        runs: Finished runs.
        prefix: The beginning of a digest; None where there is no choice to make.

    Raises:
        ComparisonError: There are several splits and none was chosen, or not exactly one was.
    """
    digests = list(_newest_first(runs, split_digest_of))
    found = [digest for digest in digests if digest.startswith(prefix or "")]
    if len(found) == 1:
        return found[0]
    if prefix is None:
        raise _not_one_split(runs, "all runs of a table must share one split", f"these have {len(digests)}")
    count = f"{len(found)} of the {len(digests)} splits do" if found else "no split does"
    raise _not_one_split(
        runs, "exactly one split must begin with what --split says", f"{count} with {prefix!r}"
    )


def refuse_other_images(runs: Sequence[RunRecord]) -> None:
    """Refuse runs that were trained on images of different content under the same names.

    Raises:
        ComparisonError: The runs carry more than one manifest digest.
    """
    groups = _newest_first(runs, lambda run: run.tags.get("tracker.manifest_digest", ""))
    if len(groups) > 1:
        raise ComparisonError(
            "all runs of a table must have seen the same images",
            but=f"the images behind this split changed between runs ({len(groups)} manifests)",
            do=f"Choose one, for example --where manifest_digest={next(iter(groups))[:SHORT_DIGEST]}.",
            details=[_line(digest, members) for digest, members in groups.items()],
            choices=[("--where", f"manifest_digest={shortened_digest(digest, groups)}") for digest in groups],
        )


def refuse_other_pixels(runs: Sequence[RunRecord]) -> None:
    """Refuse runs that were trained on other pixels, of the same images brought to the same size.

    Raises:
        ComparisonError: The runs of one size carry more than one digest of their pixels.
    """
    known = [run for run in runs if PIXELS_DIGEST in run.tags]
    for sized in _newest_first(known, lambda run: tuple(map(run.params.get, _SIZING))).values():
        groups = _newest_first(sized, lambda run: run.tags[PIXELS_DIGEST])
        if len(groups) > 1:
            raise ComparisonError(
                "all runs of a table must have seen the same pixels",
                but=f"the images were decoded in {len(groups)} ways, by other versions of tracker or Pillow",
                do="Make the older runs again with --rerun, or choose, for example "
                f"--where pixels_digest={shortened_digest(next(iter(groups)), groups)}.",
                details=[_line(digest, members) for digest, members in groups.items()],
                choices=[
                    ("--where", f"pixels_digest={shortened_digest(digest, groups)}") for digest in groups
                ],
            )


def refuse_other_shares(runs: Sequence[RunRecord]) -> None:
    """Refuse runs that were trained on different shares of the training part.

    Raises:
        ComparisonError: Names a `--where` for each share, that of the newest run first.
    """
    newest_first = reversed(oldest_first(runs))
    values = distinct(value_of(run, TRAIN_FRACTION) or "" for run in newest_first)
    if len(values) > 1:
        raise ComparisonError(
            "all runs of a table must be trained on the same share of the training part",
            but=f"these are on {', '.join(values)} of it",
            do=f"Choose, for example --where {TRAIN_FRACTION}={values[0]}, or see all of them with --curve.",
            choices=[("--where", f"{TRAIN_FRACTION}={value}") for value in values],
        )


def refuse_tuned_beside_untuned(runs: Sequence[RunRecord]) -> None:
    """Refuse arms with runs that were tuned and runs that were not.

    Raises:
        ComparisonError: Names the two tables that can be made.
    """
    found: dict[Arm, set[bool]] = defaultdict(set)
    for run in runs:
        found[run.arm].add(is_tuned(run))
    both = [str(arm) for arm, kinds in found.items() if len(kinds) > 1]
    if both:
        raise ComparisonError(
            "the runs of one arm must be all tuned or all not",
            but=f"{both[0]} has both" + (f", like {len(both) - 1} other arms" if len(both) > 1 else ""),
            do="Make a table of each: --where tuned=yes, and --where tuned=no.",
            choices=[("--where", f"{TUNED}={either}") for either in ("yes", "no")],
        )


def refuse_two_studies_of_a_fold(runs: Sequence[RunRecord]) -> None:
    """Refuse runs of the same fold that were tuned by different studies: what these found is no setting.

    Raises:
        ComparisonError: Names a `--where` for each way of tuning, where there are several.
    """
    ways: dict[tuple[Arm, str], dict[str, str]] = defaultdict(dict)
    for run in reversed(oldest_first(run for run in runs if found_by_folds(run))):
        study, how = (run.tags.get(f"tracker.{name}", "") for name in (TUNED_STUDY, TUNED_HOW))
        ways[run.arm, repetition_of(run)][study] = how
    both = [(arm, its) for (arm, _), its in ways.items() if len(its) > 1]
    if both:
        arm, its = both[0]
        hows = list(dict.fromkeys(its.values()))
        raise ComparisonError(
            "the runs of one fold must be tuned by one study",
            but=f"{arm} has runs of {len(its)} studies on one fold",
            do="Choose one way of tuning."
            if len(hows) > 1
            else "Delete the runs of one of them in MLflow, or make them in another --experiment.",
            details=list(its),
            choices=[("--where", f"{TUNED_HOW}={how}") for how in hows] if len(hows) > 1 else [],
        )


def refuse_conflicts(runs: Sequence[RunRecord]) -> None:
    """Refuse runs of one arm that differ in another setting than their seed.

    Raises:
        ComparisonError: Names the arms, the settings and their values, and a `--where` that chooses.
    """
    arms = _newest_first(runs, lambda run: run.arm)
    conflicts = [conflict for arm, members in arms.items() for conflict in _conflicts(arm, members)]
    if conflicts:
        first = conflicts[0]
        raise ComparisonError(
            "runs of one arm must differ in their seed alone",
            but=f"{first.arm} has runs with {first.name} {' and '.join(first.counts)}",
            do=f"Choose, for example with --where {_condition(first, next(iter(first.counts)), runs)}.",
            details=[str(conflict) for conflict in conflicts],
            choices=[("--where", _condition(first, value, runs)) for value in first.counts],
        )


def _newest_first(runs: Sequence[RunRecord], key: Callable[[RunRecord], _Key]) -> dict[_Key, list[RunRecord]]:
    """Return the runs in groups, the groups and their runs with the newest first."""
    groups: dict[_Key, list[RunRecord]] = defaultdict(list)
    for run in reversed(oldest_first(runs)):
        groups[key(run)].append(run)
    return dict(groups)


def _not_one_split(runs: Sequence[RunRecord], must: str, but: str) -> ComparisonError:
    groups = _newest_first(runs, split_digest_of)
    details = [_line(digest, members) for digest, members in groups.items()]
    choices = [("--split", shortened_digest(digest, groups)) for digest in groups]
    return ComparisonError(must, but=but, do="Choose one: --split DIGEST.", details=details, choices=choices)


def _line(digest: str, runs: Sequence[RunRecord]) -> str:
    """Return the runs of one digest in a line, for a user to choose by."""
    names = ("split", "split_seed", "dataset", "folds")
    rule, seed, dataset, folds = (common(runs, name) for name in names)
    newest = datetime.fromtimestamp(max(run.start_time for run in runs) / 1000, UTC)
    facts = [
        digest[:SHORT_DIGEST] or "not recorded",
        counted(len(runs), "run"),
        dataset and f"images {dataset}",
        f"{folds} folds" if folds else rule and f"split {rule}",
        seed and f"split seed {seed}",
        f"newest {newest:%Y-%m-%d %H:%M} UTC",
    ]
    return "  ".join(fact for fact in facts if fact)


def _conflicts(arm: Arm, runs: Sequence[RunRecord]) -> list[Conflict]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    spelling: dict[str, str] = {}
    for run in runs:
        for name, value in settings_of(run).items():
            counts[name][spelling.setdefault(canonical(value), value)] += 1
    return [Conflict(arm, name, dict(values)) for name, values in counts.items() if len(values) > 1]


def _condition(conflict: Conflict, value: str, runs: Sequence[RunRecord]) -> str:
    """Return a condition that runs with a value meet, as narrow as leaves every other arm a run."""
    arms = {run.arm for run in runs}
    having = {
        run.arm for run in runs if canonical(settings_of(run).get(conflict.name, "")) == canonical(value)
    }
    if arms == having:
        scope = ""
    elif {arm for arm in arms if arm.mode == conflict.arm.mode} <= having:
        scope = f"@{conflict.arm.mode}"
    else:
        scope = f"@{conflict.arm.model}@{conflict.arm.mode}"
    return f"{condition_of(conflict.name, value, runs)}{scope}"

"""What can be added to `tracker compare` so that the runs that are left belong in one table.

An error of `select_runs` names what to choose by; here a choice becomes a whole one, with which it works.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracker.compare.comparability import split_digest_of
from tracker.compare.filters import filter_runs
from tracker.compare.selection import Selection, select_runs
from tracker.errors import ComparisonError
from tracker.records import RunRecord

_MOST_ADDED = 20

Arguments = Sequence[str]
"""Options and their values: `--split DIGEST`, `--where NAME=VALUE`."""


def select_or_offer(
    runs: Sequence[RunRecord], *, split: str | None = None, where: Sequence[str] = ()
) -> Selection:
    """Choose the runs that can stand in one table, or offer whole choices.

    Args:
        runs: All runs of an experiment.
        split: The beginning of the digest of the split to compare on; needed where there are several.
        where: Conditions on the runs' parameters, as `tracker.compare.filters.filter_runs` takes them.

    Raises:
        UsageError: A condition cannot be read.
        ComparisonError: No run has finished, or the runs do not belong in one table; with any of the
            error's choices added, they do.
    """
    given = [*(["--split", split] if split is not None else []), *_options("--where", where)]
    try:
        return _select(runs, given)
    except ComparisonError as error:
        whole = [_completed(runs, given, choice) for choice in error.choices]
        error.choices = tuple(dict.fromkeys(tuple(choice) for choice in whole if choice is not None))
        raise


def arguments_for(runs: Sequence[RunRecord], wanted: Collection[str], *, given: Arguments = ()) -> Arguments:
    """Return arguments with which the table of an experiment has certain runs.

    Args:
        runs: All runs of the experiment that are known.
        wanted: The ids of those that must stay.
        given: Arguments that hold anyway.

    Returns:
        The given ones and what else is needed; the given ones alone where nothing helps.
    """
    mine = [run for run in runs if run.run_id in wanted]
    added = _completed(runs, given, (), mine)
    return given if added is None else [*given, *added]


def _completed(
    runs: Sequence[RunRecord], given: Arguments, choice: Arguments, mine: Sequence[RunRecord] = ()
) -> Arguments | None:
    """Add to a choice until the runs that it leaves belong in one table; None where that cannot be."""
    for _ in range(_MOST_ADDED):
        try:
            _select(runs, [*given, *choice])
        except ComparisonError as error:
            more = next((one for one in error.choices if _keeps(one, runs, mine)), None)
            if more is None:
                return None
            choice = [*choice, *more]
        else:
            return choice
    return None


def _select(runs: Sequence[RunRecord], arguments: Arguments) -> Selection:
    # Of several splits the last one counts, as on a command line.
    split = next(reversed(_values("--split", arguments)), None)
    return select_runs(runs, split=split, where=_values("--where", arguments))


def _keeps(choice: Arguments, runs: Sequence[RunRecord], mine: Sequence[RunRecord]) -> bool:
    """Say whether a choice leaves all runs that must stay."""
    splits = _values("--split", choice)
    if not all(split_digest_of(run).startswith(split) for run in mine for split in splits):
        return False
    left = {run.run_id for run in filter_runs(runs, _values("--where", choice))}
    return all(run.run_id in left for run in mine)


def _values(name: str, arguments: Arguments) -> list[str]:
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return [value for option, value in pairs if option == name]


def _options(name: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (name, value)]

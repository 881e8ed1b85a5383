"""Runs on several shares of the training part: a selection for each, all tested on the same images."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.choices import select_or_offer
from tracker.compare.comparability import (
    pick_split,
    refuse_other_images,
    refuse_other_pixels,
    refuse_tuned_beside_untuned,
    split_digest_of,
)
from tracker.compare.filters import filter_runs
from tracker.compare.selection import Selection, is_ours
from tracker.compare.settings import TRAIN_FRACTION, value_of
from tracker.errors import ComparisonError, UsageError
from tracker.records import RunRecord


def share_of(run: RunRecord) -> float:
    """Return the share of the training part that a run was trained on; of one that does not say it, 1."""
    return float(value_of(run, TRAIN_FRACTION) or 1)


def select_shares(
    runs: Sequence[RunRecord], *, split: str | None = None, where: Sequence[str] = ()
) -> list[Selection]:
    """Choose the runs that can stand in one learning curve: a table for each share.

    Args:
        runs: All runs of an experiment.
        split: The beginning of the digest of the split to compare on; needed where there are several.
        where: Conditions on the runs' parameters, as `tracker.compare.filters.filter_runs` takes them.

    Returns:
        The selections, the smallest share first; shares of which no run has finished are left out.

    Raises:
        UsageError: A condition cannot be read, or chooses a share.
        ComparisonError: There are fewer than two shares, or the runs of one do not belong in one table.
    """
    _refuse_a_share(where)
    ours = filter_runs([run for run in runs if is_ours(run)], where)
    finished = [run for run in ours if run.status == "FINISHED" and split_digest_of(run)]
    if not finished:
        return [select_or_offer(ours, split=split)]
    digest = pick_split(finished, split)
    ours = [run for run in ours if split_digest_of(run) == digest]
    shares = sorted({share_of(run) for run in finished if split_digest_of(run) == digest})
    if len(shares) < 2:
        raise _one_share(shares[0])
    chosen = [
        select_or_offer([run for run in ours if share_of(run) == share], split=digest) for share in shares
    ]
    _refuse_mixtures([run for selection in chosen for run in selection.runs])
    return chosen


def _refuse_a_share(where: Sequence[str]) -> None:
    chosen = [text for text in where if text.partition("=")[0].strip() == TRAIN_FRACTION]
    if chosen:
        raise UsageError(
            "--curve must have all shares of the training part",
            but=f"--where {chosen[0]} chooses one",
            do="Leave one of the two out.",
        )


def _one_share(share: float) -> ComparisonError:
    return ComparisonError(
        "--curve must have runs on several shares of the training part",
        but=f"all of these are on {100 * share:g} % of it",
        do="Train on others, too: tracker run --train-fraction 0.25 --train-fraction 0.5 --train-fraction 1.",
    )


def _refuse_mixtures(runs: Sequence[RunRecord]) -> None:
    """Refuse what a table of one share refuses, for all shares together."""
    refuse_other_images(runs)
    refuse_other_pixels(runs)
    refuse_tuned_beside_untuned(runs)

"""Runs on different splits or images are never put into one table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from tracker.compare.settings import by_age, common
from tracker.errors import ComparisonError
from tracker.records import RunRecord

SHORT_DIGEST = 12


def digest_of(run: RunRecord) -> str:
    """Return the digest of the split that a run was trained on; empty where it was not recorded."""
    return run.tags.get("tracker.split_digest", "")


def pick_split(runs: Sequence[RunRecord], prefix: str | None) -> str:
    """Return the digest of the one split to compare on.

    Args:
        runs: Finished runs.
        prefix: The beginning of a digest; None where there is no choice to make.

    Raises:
        ComparisonError: There are several splits and none was chosen, or not exactly one was.
    """
    digests = list(_by_digest(runs))
    found = [digest for digest in digests if digest.startswith(prefix or "")]
    if len(found) == 1:
        return found[0]
    if prefix is None:
        raise _several(runs, "all runs of a table must share one split", f"these have {len(digests)}")
    count = f"{len(found)} of the {len(digests)} splits do" if found else "no split does"
    raise _several(runs, "exactly one split must begin with what --split says", f"{count} with {prefix!r}")


def refuse_other_images(runs: Sequence[RunRecord]) -> None:
    """Refuse runs that were trained on images of different content under the same names.

    Raises:
        ComparisonError: The runs carry more than one manifest digest.
    """
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in sorted(runs, key=by_age, reverse=True):
        groups[run.tags.get("tracker.manifest_digest", "")].append(run)
    if len(groups) > 1:
        raise ComparisonError(
            "all runs of a table must have seen the same images",
            but=f"the images behind this split changed between runs ({len(groups)} manifests)",
            do=f"Choose one, for example --where manifest_digest={next(iter(groups))[:SHORT_DIGEST]}.",
            details=[_line(digest, members) for digest, members in groups.items()],
        )


def _by_digest(runs: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in sorted(runs, key=by_age, reverse=True):
        groups[digest_of(run)].append(run)
    return dict(groups)


def _several(runs: Sequence[RunRecord], must: str, but: str) -> ComparisonError:
    groups = _by_digest(runs)
    return ComparisonError(
        must,
        but=but,
        do="Choose one: --split DIGEST.",
        details=[_line(digest, members) for digest, members in groups.items()],
    )


def _line(digest: str, runs: Sequence[RunRecord]) -> str:
    rule, seed, dataset = (common(runs, name) for name in ("split", "split_seed", "dataset"))
    newest = datetime.fromtimestamp(max(run.start_time for run in runs) / 1000, UTC)
    facts = [
        digest[:SHORT_DIGEST] or "not recorded",
        f"{len(runs)} run{'' if len(runs) == 1 else 's'}",
        dataset and f"images {dataset}",
        rule and f"split {rule}",
        seed and f"split seed {seed}",
        f"newest {newest:%Y-%m-%d %H:%M} UTC",
    ]
    return "  ".join(fact for fact in facts if fact)

"""What several runs answered to images that they were not trained on, fetched at once and kept.

A copy is known by the digest that its run recorded, so that the next comparison asks nothing for it; runs of
earlier versions recorded none, and are asked every time.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import DataError, TrackingError
from tracker.io.atomic import write_whole
from tracker.io.cache import cache_dir
from tracker.records import PREDICTIONS, SPLIT_TABLE, HeldOut, RunRecord, digest_tag
from tracker.tracking.backend.artifacts import fetch_artifact
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.predictions import parse_predictions

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient

_AT_ONCE = 8
_SHORT = 12
_SPLIT_DIGEST = "tracker.split_digest"


def read_held_out(uri: str, runs: Sequence[RunRecord]) -> dict[str, HeldOut]:
    """Read what runs answered, and whose images these are.

    Args:
        uri: As `resolve_uri` gives it.
        runs: The runs; those of one split hold the same table of patients, which is read once.

    Returns:
        By run id; a run without these artifacts is not in it.

    Raises:
        TrackingError: The server does not answer, or an artifact is not what its run stored.
    """
    with reading(uri) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
        of_split: dict[str, list[RunRecord]] = defaultdict(list)
        for run in runs:
            of_split[_split(run)].append(run)
        tables = pool.map(lambda several: _patients(client, several), of_split.values())
        texts = pool.map(lambda run: _text(client, run, PREDICTIONS), runs)
        patients = dict(zip(of_split, tables, strict=True))
        return {
            run.run_id: HeldOut(parse_predictions(text), patients[_split(run)])
            for run, text in zip(runs, texts, strict=True)
            if text is not None
        }


def read_table(uri: str, run: RunRecord, name: str) -> str | None:
    """Read a table that a run stored; None where it stored none.

    Args:
        uri: As `resolve_uri` gives it.
        run: The run.
        name: The artifact's name, such as `split.csv`.

    Raises:
        TrackingError: The server does not answer, or the artifact is not what the run stored.
    """
    with reading(uri) as client:
        return _text(client, run, name)


def _split(run: RunRecord) -> str:
    return run.tags.get(_SPLIT_DIGEST, run.run_id)


def _text(client: MlflowClient, run: RunRecord, name: str) -> str | None:
    """Return an artifact, from the cache where a copy is there; None where the run has none."""
    digest = run.tags.get(digest_tag(name), "")
    kept = cache_dir() / "artifacts" / f"{run.run_id}-{digest[:16]}-{name}"
    if digest and (copy := _copy(kept, digest)) is not None:
        return copy.decode()
    content = fetch_artifact(client, run.run_id, name)
    if content is not None and digest:
        _check(content, digest, run, name)
        _keep(kept, content)
    # What is no text of tracker is refused by those who read it.
    return content.decode(errors="replace") if content is not None else None


def _copy(path: Path, digest: str) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def _keep(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except (OSError, DataError):
        # The next comparison fetches it again.
        return


def _check(content: bytes, digest: str, run: RunRecord, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise TrackingError(
            f"{name} of a run must be what the run stored",
            but=f"that of {run.in_words} ({run.run_id}) was changed since "
            f"(digest {found[:_SHORT]} instead of {digest[:_SHORT]})",
            do="Bring the stored file back, or make the run again with --rerun.",
        )


def _patients(client: MlflowClient, runs: Sequence[RunRecord]) -> Mapping[str, str]:
    """Return the patient of each image of a split, from the first of its runs that says it; else nothing."""
    tables = (_text(client, run, SPLIT_TABLE) for run in runs)
    return next((patients_of_table(table) for table in tables if table), {})


def patients_of_table(table: str) -> Mapping[str, str]:
    """Return the patient of each image; images of unknown patients hang together by their content.

    Args:
        table: What `split.csv` holds.

    Raises:
        TrackingError: It lacks a column.
    """
    try:
        return {
            row["sample"]: f"patient {row['patient']}" if row.get("patient") else f"content {row['sha256']}"
            for row in csv.DictReader(io.StringIO(table, newline=""))
        }
    except (KeyError, csv.Error) as error:
        raise TrackingError(
            f"{SPLIT_TABLE} must have the columns sample, patient and sha256",
            but=f"it lacks {error}" if isinstance(error, KeyError) else str(error),
            do="Run the arm again, or leave the run out.",
        ) from None

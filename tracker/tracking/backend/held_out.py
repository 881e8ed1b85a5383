"""What several runs answered to images that they were not trained on, fetched at once and kept.

A copy is known by the digest that its run recorded, so that the next comparison asks nothing for it; runs of
earlier versions recorded none, and are asked every time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import DataError, TrackingError
from tracker.io.atomic import write_whole
from tracker.io.cache import cache_dir
from tracker.records import PREDICTIONS, SPLIT_TABLE, HeldOut, RunRecord, digest_tag
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
        of_split = {run.tags.get(_SPLIT_DIGEST, run.run_id): run for run in runs}
        tables = pool.map(lambda run: _text(client, run, SPLIT_TABLE), of_split.values())
        texts = pool.map(lambda run: _text(client, run, PREDICTIONS), runs)
        patients = {digest: _patients(table) for digest, table in zip(of_split, tables, strict=True) if table}
        return {
            run.run_id: HeldOut(
                parse_predictions(text), patients.get(run.tags.get(_SPLIT_DIGEST, run.run_id), {})
            )
            for run, text in zip(runs, texts, strict=True)
            if text is not None
        }


def _text(client: MlflowClient, run: RunRecord, name: str) -> str | None:
    """Return an artifact, from the cache where a copy is there; None where the run has none."""
    digest = run.tags.get(digest_tag(name), "")
    kept = cache_dir() / "artifacts" / f"{run.run_id}-{digest[:16]}-{name}"
    if digest and (copy := _copy(kept, digest)) is not None:
        return copy.decode()
    content = _fetched(client, run.run_id, name)
    if content is not None and digest:
        _check(content, digest, run, name)
        _keep(kept, content)
    return content.decode() if content is not None else None


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


def _fetched(client: MlflowClient, run_id: str, name: str) -> bytes | None:
    from tracker.tracking.backend.failures import FAILURES

    with tempfile.TemporaryDirectory(prefix="tracker-") as scratch:
        try:
            return Path(client.download_artifacts(run_id, name, scratch)).read_bytes()
        except FAILURES:
            # MLflow's stores say in different ways that there is no such artifact.
            if name in [artifact.path for artifact in client.list_artifacts(run_id)]:
                raise
            return None


def _check(content: bytes, digest: str, run: RunRecord, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise TrackingError(
            f"{name} of a run must be what the run stored",
            but=f"that of {run.in_words} ({run.run_id}) was changed since "
            f"(digest {found[:_SHORT]} instead of {digest[:_SHORT]})",
            do="Bring the stored file back, or make the run again with --rerun.",
        )


def _patients(table: str) -> Mapping[str, str]:
    """Return the patient of each image; images of unknown patients hang together by their content."""
    return {
        row["sample"]: f"patient {row['patient']}" if row.get("patient") else f"content {row['sha256']}"
        for row in csv.DictReader(io.StringIO(table, newline=""))
    }

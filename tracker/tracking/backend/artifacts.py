"""One artifact of a run, fetched into memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient


def fetch_artifact(client: MlflowClient, run_id: str, name: str) -> bytes | None:
    """Return an artifact's content; None where the run has none of that name.

    Args:
        client: Of the store or server.
        run_id: MLflow's id of the run.
        name: The artifact's path, in no folder.

    Raises:
        Exception: One of `failures.FAILURES`: there is no such run, or the artifact cannot be fetched.
    """
    from tracker.tracking.backend.failures import FAILURES

    with tempfile.TemporaryDirectory(prefix="tracker-") as scratch:
        try:
            return Path(client.download_artifacts(run_id, name, scratch)).read_bytes()
        except FAILURES:
            # MLflow's stores say in different ways that there is no such artifact.
            if name in artifact_names(client, run_id):
                raise
            return None


def artifact_names(client: MlflowClient, run_id: str) -> list[str]:
    """Return the paths of a run's artifacts, those in folders left out."""
    return [artifact.path for artifact in client.list_artifacts(run_id)]

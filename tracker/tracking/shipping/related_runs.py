"""Other runs that a run names: the one that it is nested in, and those that its tags link to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities import RunTag

from tracker.tracking.backend.runs import ensure_run, runs_of
from tracker.tracking.journal.entries import EXPERIMENT_ID, RUN_ID, Link
from tracker.tracking.journal.log import JOURNAL
from tracker.tracking.journal.run_folder import creation_of
from tracker.tracking.shipping.cursor import load_position
from tracker.tracking.shipping.lock import sole_sender

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracker.tracking.journal.entries import Creation

_PATIENCE_S = 5.0
_PAUSE_S = 0.05


def ensure_nested_run(client: MlflowClient, folder: Path, creation: Creation) -> str | None:
    """Find or create a run, in the run that it is nested in.

    Args:
        client: MLflow's client.
        folder: The run's folder.
        creation: How the run began.

    Returns:
        MLflow's id of the run; None where a user deleted it.

    Raises:
        BlockingIOError: Another process is about to create the run that it is nested in.
    """
    parent = _run_id_beside(client, folder, creation.parent_uid) if creation.parent_uid else ""
    return ensure_run(client, creation, parent=parent)


def _run_id_beside(client: MlflowClient, folder: Path, run_uid: str) -> str:
    """Return MLflow's id of a run of the same home, created if need be; empty: none, or deleted."""
    other = folder.with_name(run_uid)
    if not (other / JOURNAL).exists():
        return ""
    deadline = time.monotonic() + _PATIENCE_S
    while not (position := load_position(other)).run_id and not position.deleted:
        # Two that create it at once would end with one run, but a child could keep the id of the other.
        with sole_sender(other) as alone:
            creation = creation_of(other) if alone else None
            if creation is not None:
                return ensure_nested_run(client, other, creation) or ""
        if time.monotonic() > deadline:
            raise BlockingIOError(f"the run {run_uid} is being sent by another process")
        time.sleep(_PAUSE_S)
    return "" if position.deleted else position.run_id


def send_link(client: MlflowClient, run_id: str, folder: Path, link: Link) -> None:
    """Set tags that name another run; one that MLflow does not have is named by its `tracker.run_uid`.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run that gets the tags.
        folder: Its folder.
        link: What to say.
    """
    experiment_id = client.get_run(run_id).info.experiment_id
    named = _run_id_beside(client, folder, link.run_uid)
    found = [named] if named else runs_of(client, experiment_id, link.run_uid)
    ids = {RUN_ID: found[0] if found else link.run_uid, EXPERIMENT_ID: experiment_id}
    tags = [RunTag(key, _filled(text, ids)) for key, text in link.tags.items()]
    client.log_batch(run_id, tags=tags)


def _filled(text: str, ids: dict[str, str]) -> str:
    for place, value in ids.items():
        text = text.replace(place, value)
    return text

"""One journal on its way to MLflow: from its position to its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException

from tracker.tracking.backend.failures import SENDING_FAILURES, failure_of
from tracker.tracking.backend.runs import runs_of, without_superseded
from tracker.tracking.journal.log import JOURNAL, read_journal
from tracker.tracking.journal.run_folder import creation_of
from tracker.tracking.shipping.batches import Batch, gather
from tracker.tracking.shipping.cursor import Position, load_position, save_position
from tracker.tracking.shipping.dead_letters import quarantine, release
from tracker.tracking.shipping.refusals import send_or_refuse
from tracker.tracking.shipping.related_runs import ensure_nested_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracker.tracking.journal.entries import Creation


def deliver(client: MlflowClient, folder: Path) -> None:
    """Send what MLflow does not have yet of one journal; what was said yes to stays said.

    Hold `sole_sender` around it wherever another process could do the same.

    Args:
        client: MLflow's client.
        folder: The run's folder.

    Raises:
        MlflowException: Or another one of SENDING_FAILURES: the rest is not sent.
    """
    try:
        _send_rest(client, folder)
    except SENDING_FAILURES as error:
        if failure_of(error) not in ("refused", "missing") or not _look_again(client, folder):
            raise
        _send_rest(client, folder)


def _send_rest(client: MlflowClient, folder: Path) -> None:
    position = _where_it_fits(folder, load_position(folder))
    lines, _ = read_journal(folder / JOURNAL, position.offset)
    creation = creation_of(folder)
    if not lines or creation is None or position.deleted:
        return
    position = _begun(client, folder, creation, position)
    if position.deleted:
        return
    for part in gather(without_superseded(lines)):
        said = part if isinstance(part, Batch) else part.entry
        quarantine(folder, send_or_refuse(client, position.run_id, folder, said))
        if part.end:
            position = replace(position, offset=part.end, problem="")
            save_position(folder, position)


def _where_it_fits(folder: Path, position: Position) -> Position:
    """Begin again where the position is none of this journal: a power cut took lines that MLflow has."""
    if position.offset == 0:
        return position
    with (folder / JOURNAL).open("rb") as file:
        file.seek(position.offset - 1)
        return position if file.read(1) == b"\n" else replace(position, offset=0)


def _begun(client: MlflowClient, folder: Path, creation: Creation, position: Position) -> Position:
    """Return the position of a run that is in MLflow, or is deleted there."""
    if not position.run_id:
        run_id = ensure_nested_run(client, folder, creation)
        position = Position(run_id=run_id or "", deleted=run_id is None)
        save_position(folder, position)
    if position.offset == 0:
        # All of it is sent now: what MLflow takes by now is not to be called refused for ever.
        release(folder)
    return position


def _look_again(client: MlflowClient, folder: Path) -> bool:
    """Find out whether the run is still there; say whether it makes sense to send again.

    It may have lost against the same run by another process (`ensure_run`), a user may have deleted it, or
    the server may have begun again with an empty store.
    """
    position, creation = load_position(folder), creation_of(folder)
    if not position.run_id or creation is None:
        return False
    try:
        run = client.get_run(position.run_id)
    except MlflowException as error:
        if failure_of(error) != "missing":
            raise
        save_position(folder, Position())
        return True
    if run.info.lifecycle_stage == LifecycleStage.ACTIVE:
        return False
    kept = runs_of(client, run.info.experiment_id, creation.run_uid)
    save_position(folder, Position() if kept else replace(position, deleted=True))
    return True

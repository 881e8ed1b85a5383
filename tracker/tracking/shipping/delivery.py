"""One journal on its way to MLflow: from its cursor to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.records import ENDED
from tracker.tracking.backend.failures import SENDING_FAILURES, failure_of
from tracker.tracking.backend.runs import experiment_of, is_disowned, lifecycle_of, runs_of
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.batches import Batch, gather, without_superseded
from tracker.tracking.shipping.cursor import Cursor, load_cursor, save_cursor
from tracker.tracking.shipping.dead_letters import clear_dead_letters, keep_dead_letters
from tracker.tracking.shipping.refusals import send_or_refuse
from tracker.tracking.shipping.related_runs import ensure_nested_run

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient
    from tracker.tracking.journal.entries import Creation


def deliver(client: MlflowClient, run: RunFolder, *, goes_on: bool = False) -> None:
    """Send what MLflow does not have yet of one journal; what it has taken is not sent again.

    Hold `sole_sender` around it wherever another process could do the same.

    Args:
        client: MLflow's client.
        run: The run's folder.
        goes_on: Whether this process has sent some of it before.

    Raises:
        Exception: One of SENDING_FAILURES: the rest is not sent.
    """
    try:
        if not goes_on:
            _leave_disowned(client, run)
        _send_rest(client, run)
        # Another process may have been slower than our first look: nobody looks at a run that is sent whole.
        if run.state() in ENDED and _leave_disowned(client, run):
            _send_rest(client, run)
    except SENDING_FAILURES as error:
        may_be_gone = failure_of(error) in ("refused", "missing", "forbidden")
        if not may_be_gone or not _look_again(client, run):
            raise
        _send_rest(client, run)


def _leave_disowned(client: MlflowClient, run: RunFolder) -> bool:
    """Begin again where MLflow's run is none of ours any more; say whether it is not."""
    cursor, creation = load_cursor(run), run.creation()
    if not cursor.run_id or cursor.deleted or creation is None:
        return False
    if disowned := is_disowned(client, cursor.run_id, creation):
        save_cursor(run, Cursor())
    return disowned


def _send_rest(client: MlflowClient, run: RunFolder) -> None:
    cursor = _where_it_fits(run, load_cursor(run))
    lines = run.lines(cursor.offset)
    creation = run.creation()
    if not lines or creation is None or cursor.deleted:
        return
    cursor = _begun(client, run, creation, cursor)
    if cursor.deleted:
        return
    for part in gather(without_superseded(lines)):
        request = part if isinstance(part, Batch) else part.entry
        keep_dead_letters(run, send_or_refuse(client, cursor.run_id, run, request))
        if part.end:
            cursor = replace(cursor, offset=part.end, problem="")
            save_cursor(run, cursor)


def _where_it_fits(run: RunFolder, cursor: Cursor) -> Cursor:
    """Begin again where the cursor is none of this journal: a power cut took lines that MLflow has."""
    if cursor.offset == 0:
        return cursor
    with run.journal.open("rb") as file:
        file.seek(cursor.offset - 1)
        return cursor if file.read(1) == b"\n" else replace(cursor, offset=0)


def _begun(client: MlflowClient, run: RunFolder, creation: Creation, cursor: Cursor) -> Cursor:
    """Return the cursor of a run that is in MLflow, or is deleted there."""
    if not cursor.run_id:
        run_id = ensure_nested_run(client, run, creation)
        cursor = Cursor(run_id=run_id or "", deleted=run_id is None)
        save_cursor(run, cursor)
    if cursor.offset == 0:
        # All of it is sent now: what MLflow takes by now is not to be called refused for ever.
        clear_dead_letters(run)
    return cursor


def _look_again(client: MlflowClient, run: RunFolder) -> bool:
    """Find out whether the run is still there; say whether it makes sense to send again.

    It may have lost against the same run by another process (`ensure_run`), a user may have deleted it, or
    the server may have begun again with an empty store.
    """
    cursor, creation = load_cursor(run), run.creation()
    if not cursor.run_id or creation is None:
        return False
    lifecycle = lifecycle_of(client, cursor.run_id, creation.experiment)
    if lifecycle == "active":
        return False
    gone_for_good = lifecycle == "deleted" and not runs_of(
        client, experiment_of(client, cursor.run_id), creation.run_uid
    )
    save_cursor(run, replace(cursor, deleted=True) if gone_for_good else Cursor())
    return True

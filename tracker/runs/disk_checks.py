"""Whether the disks of journals and of the embedded store can do what training needs, before it begins."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import TrackingError
from tracker.io.probes import why_no_locks, why_no_rights, why_not_writable
from tracker.tracking.backend.uri import database_file, is_there
from tracker.tracking.journal.run_folder import tracker_home


def require_disks(tracking_uri: str) -> None:
    """Refuse disks on which no run could be recorded; nothing is created.

    Args:
        tracking_uri: Where runs are tracked, as `resolve_uri` gives it.

    Raises:
        TrackingError: One cannot be written, or has no locks between processes.
    """
    _require(tracker_home(), "journals", "Set TRACKER_HOME to a folder on a local disk.")
    database = database_file(tracking_uri)
    if database is not None:
        _require_store(database, is_there=is_there(tracking_uri))


def _require_store(database: Path, *, is_there: bool) -> None:
    folder, do = database.parent, "Name one on a local disk: --tracking-uri sqlite:////FOLDER/mlflow.db."
    if not is_there:
        _require(folder, database.name, do)
    elif why_not_writable(folder):
        # Runs train all the same, and are sent when it can be written again.
        return
    if problem := why_no_rights(folder):
        raise TrackingError(
            f"the rights of files must be settable in {folder}, where MLflow sets those of artifacts",
            but=f"on that disk they are not ({problem})",
            do=do,
        )


def _require(folder: Path, what: str, do: str) -> None:
    if problem := why_not_writable(folder):
        raise TrackingError(f"{folder} must be a folder that {what} can be written to", but=problem, do=do)
    if problem := why_no_locks(folder):
        raise TrackingError(
            f"locks between processes must work in {folder}, for {what}",
            but=f"on that disk they do not ({problem})",
            do=do,
        )

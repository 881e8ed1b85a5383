"""What this folder's journals hold: how far its runs are, and what MLflow does not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.tracking.shipping.unsent import Unsent
    from tracker.tracking.status import RunSummary


def status(*, experiment: str | None = None, tracking_uri: str | None = None) -> list[RunSummary]:
    """Return how this folder's runs stand, in the order in which they began; MLflow is not asked.

    Args:
        experiment: Only runs of this MLflow experiment; None: of all.
        tracking_uri: Only runs that are meant for this server or store; None: for any.

    Returns:
        Also runs whose journals cannot be read: nobody can say whether they were meant.

    Raises:
        TrackingError: The address is none, or the folder of journals cannot be read.
    """
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import require_listed, tracker_home
    from tracker.tracking.status import run_summaries

    server = resolve_uri(tracking_uri) if tracking_uri else None
    require_listed(tracker_home())
    return [
        run
        for run in run_summaries(tracker_home())
        if run.creation is None or (experiment in (None, run.experiment) and server in (None, run.goes_to))
    ]


def sync(
    *, tracking_uri: str | None = None, again: bool = False, moved: tuple[str, str] | None = None
) -> Unsent:
    """Send the journals of this folder's runs to MLflow; sending something again changes nothing.

    Args:
        tracking_uri: Only runs that are meant for this server or store; None: all.
        again: Send everything, as for a server that was restored from an old backup.
        moved: An address that journals wait for, and the one that they are to go to from now on; then only
            theirs are sent.

    Returns:
        What could not be sent, and why.

    Raises:
        TrackingError: An address is none, no journal of this folder can be given the other one, or the folder
            of journals cannot be read.
    """
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import require_listed, tracker_home
    from tracker.tracking.shipping.flush import sync as send
    from tracker.tracking.shipping.redirection import redirect

    require_listed(tracker_home())
    if moved is not None:
        uri: str | None = redirect(tracker_home(), *moved)
    else:
        uri = resolve_uri(tracking_uri) if tracking_uri else None
    return send(tracker_home(), tracking_uri=uri, again=again)

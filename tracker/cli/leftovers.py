"""Before a command reads from MLflow, it sends what earlier ones could not."""

from __future__ import annotations

import typer

_PATIENCE_S = 8.0


def send_what_is_left(tracking_uri: str) -> None:
    """Send what is left for a store or server, and say so if it cannot be sent.

    Args:
        tracking_uri: As `resolve_uri` gives it.
    """
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping.flush import send_leftovers

    unsent = send_leftovers(tracker_home(), tracking_uri, _PATIENCE_S)
    if unsent:
        typer.echo(str(unsent), err=True)

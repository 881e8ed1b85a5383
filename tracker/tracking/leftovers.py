"""What earlier commands could not send: the next one sends it."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.home import local_run
from tracker.tracking.position import Unsent, folders_for, is_sent
from tracker.tracking.shipper import start_shipper


def send_leftovers(home: Path, tracking_uri: str, timeout_s: float) -> Unsent:
    """Send what is left of runs whose process is gone; where nothing is, this takes milliseconds.

    Args:
        home: The folder that holds all journals.
        tracking_uri: The MLflow store or server that is about to be asked.
        timeout_s: How long to wait at most, seconds.

    Returns:
        What could not be sent, and why.
    """
    if not any(_is_left(folder) for folder in folders_for(home, tracking_uri)):
        return Unsent(0, 0)
    with start_shipper(home, tracking_uri) as shipper:
        return shipper.drain(timeout_s)


def _is_left(folder: Path) -> bool:
    """Say whether a run has something to send that no living process sends."""
    try:
        run = local_run(folder)
    except TrackingError:
        # A damaged journal, which `tracker status` and `tracker sync` tell of.
        return False
    if run is None or run.state == "RUNNING":
        return False
    return run.state == "UNFINISHED" or not is_sent(folder)

"""Sends the journals of a home to MLflow, in this process: once, for a few seconds, or again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.tracking.backend.environment import prepare
from tracker.tracking.journal.run_folder import creation_of, local_run, run_folders
from tracker.tracking.shipping.cursor import Unsent, count_unsent, folders_for, is_sent
from tracker.tracking.shipping.process import start_shipper

if TYPE_CHECKING:
    from tracker.tracking.shipping.sender import Shipping


_PAUSE_S = 1.0
_BUSY_PATIENCE_S = 30.0

Tell = Callable[[Unsent], None]


def sync(home: Path, *, tracking_uri: str | None = None, again: bool = False) -> Unsent:
    """Send what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.
        again: Send everything, also what MLflow said yes to before: it may have been restored from a backup.

    Returns:
        What could not be sent, and why.
    """
    for shipping in _shippings(home, _addresses(home, tracking_uri)):
        if again:
            shipping.send_again()
        deadline = time.monotonic() + _BUSY_PATIENCE_S
        while shipping.send() == "busy" and time.monotonic() < deadline:
            time.sleep(_PAUSE_S / 5)
    return count_unsent(home, tracking_uri)


def watch(home: Path, tell: Tell, *, tracking_uri: str | None = None) -> Unsent:
    """Send what there is and what comes, until Ctrl-C.

    Args:
        home: The folder that holds all journals.
        tell: Told what is left, whenever that changes.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.

    Returns:
        What could not be sent, and why.
    """
    shippings: dict[str, Shipping] = {}
    left: Unsent | None = None
    try:
        while True:
            uris = [uri for uri in _addresses(home, tracking_uri) if uri not in shippings]
            shippings |= dict(zip(uris, _shippings(home, uris), strict=True))
            for shipping in shippings.values():
                shipping.send_due()
            before, left = left, count_unsent(home, tracking_uri)
            if left != before:
                tell(left)
            time.sleep(_PAUSE_S)
    except KeyboardInterrupt:
        return count_unsent(home, tracking_uri)


def _shippings(home: Path, uris: Sequence[str]) -> Iterator[Shipping]:
    prepare()
    from tracker.tracking.shipping.sender import Shipping

    return (Shipping(home, uri) for uri in uris)


def _addresses(home: Path, tracking_uri: str | None) -> Sequence[str]:
    if tracking_uri is not None:
        return [tracking_uri]
    creations = [creation_of(folder) for folder in run_folders(home)]
    return sorted({creation.tracking_uri for creation in creations if creation is not None})


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

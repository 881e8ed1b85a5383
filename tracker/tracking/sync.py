"""Sends the journals of a home to MLflow, in this process: once, or again and again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.tracking.environment import prepare
from tracker.tracking.home import creation_of, run_folders
from tracker.tracking.position import Unsent, count_unsent

if TYPE_CHECKING:
    from tracker.tracking.shipping import Shipping

_PAUSE_S = 1.0


def sync(home: Path, *, watch: bool = False, tracking_uri: str | None = None) -> Unsent:
    """Send what MLflow does not have yet.

    Args:
        home: The folder that holds all journals.
        watch: Go on until Ctrl-C, instead of one pass.
        tracking_uri: Only runs that are meant for this MLflow store or server; None: all.

    Returns:
        What could not be sent, and why.
    """
    prepare()
    from tracker.tracking.shipping import Shipping

    shippings: dict[str, Shipping] = {}
    try:
        while True:
            for uri in _addresses(home, tracking_uri):
                shippings.setdefault(uri, Shipping(home, uri)).send_due()
            if not watch:
                break
            time.sleep(_PAUSE_S)
    except KeyboardInterrupt:
        if not watch:
            raise
    return count_unsent(home, tracking_uri)


def _addresses(home: Path, tracking_uri: str | None) -> Sequence[str]:
    if tracking_uri is not None:
        return [tracking_uri]
    creations = [creation_of(folder) for folder in run_folders(home)]
    return sorted({creation.tracking_uri for creation in creations if creation is not None})

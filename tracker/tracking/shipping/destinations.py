"""Which runs of a home are meant for which MLflow store or server."""

from __future__ import annotations

from pathlib import Path

from tracker.tracking.journal.run_folder import RunFolder, run_folders


def runs_for(home: Path, tracking_uri: str | None) -> list[RunFolder]:
    """List the runs that are meant for an MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is; None: anywhere.
    """
    return [
        run
        for run in run_folders(home)
        if (creation := run.creation()) is not None and tracking_uri in (None, creation.tracking_uri)
    ]


def destinations(home: Path) -> list[str]:
    """List the addresses of the stores and servers that the runs of a home are meant for.

    Args:
        home: The folder that holds all journals.
    """
    creations = [run.creation() for run in run_folders(home)]
    return sorted({creation.tracking_uri for creation in creations if creation is not None})
